// Text that knows, byte by byte, which bytes of which file made it.
//
// A flag reaches the kubelet through quotes, escapes, continued lines and variables. Carried along
// from the file to the command line, the origin says where the flag can be changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::install {

// Bytes [begin, end) of the file with this number.
struct Origin {
  uint32_t source = 0;
  uint32_t begin = 0;
  uint32_t end = 0;

  friend bool operator==(const Origin&, const Origin&) = default;

  bool Holds(const Origin& other) const {
    return source == other.source && begin <= other.begin && other.end <= end;
  }
};

class TracedText {
 public:
  TracedText() = default;
  // Bytes [begin, end) of a file.
  static TracedText Of(std::string_view file, size_t begin, size_t end, uint32_t source);
  // Text that comes from no file.
  static TracedText Untraced(std::string_view text);

  const std::string& text() const { return text_; }
  size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }
  char operator[](size_t i) const { return text_[i]; }
  const Origin& origin(size_t i) const { return origins_[i]; }

  void Append(char c, Origin origin);
  void Append(const TracedText& other);
  TracedText Slice(size_t begin, size_t end) const;
  // Without blanks at both ends.
  TracedText Stripped() const;

  // The bytes of the one file that this text is, when they stand there without anything between
  // them; nothing for text that was put together from pieces, and for none.
  std::optional<Origin> Extent() const;
  bool Touches(const std::vector<Origin>& places) const;
  // This text, had the bytes at `places` been `replacement`.
  std::string Replaced(const std::vector<Origin>& places, std::string_view replacement) const;

 private:
  std::string text_;
  std::vector<Origin> origins_;
};

// What separates words and may stand around values, for systemd.
bool IsBlank(char c);

}  // namespace sekisho::install

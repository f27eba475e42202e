// JSON as text, for the lines that are written with every decision: a tree of the same values takes
// longer to build than the decision takes.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace sekisho::audit {

// Appends `text` as a JSON string. Bytes that are no UTF-8 become U+FFFD: what a request holds must
// not make a line unreadable.
void AppendQuoted(std::string_view text, std::string& out);

template <std::integral Number>
void AppendNumber(Number value, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<size_t>(end - digits.data()));
}

// Writes an object, or an array of what has no key: a bracket or comma before each value.
class JsonList {
 public:
  // `open` is '{' or '['.
  JsonList(char open, std::string& out) : out_(out), open_(open), before_(open) {}

  // What the next value is appended to.
  std::string& Next() {
    out_ += before_;
    before_ = ',';
    return out_;
  }
  // The same, after the key, which needs no escapes.
  std::string& Next(std::string_view key) {
    out_ += before_;
    before_ = ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
    return out_;
  }
  void Put(std::string_view key, std::string_view text) { AppendQuoted(text, Next(key)); }
  void PutBool(std::string_view key, bool value) { Next(key) += value ? "true" : "false"; }
  void PutIf(std::string_view key, std::string_view text) {
    if (!text.empty()) {
      Put(key, text);
    }
  }
  // After the last value.
  void Close() {
    if (before_ == open_) {
      out_ += open_;
    }
    out_ += open_ == '{' ? '}' : ']';
  }

 private:
  std::string& out_;
  const char open_;
  char before_;
};

}  // namespace sekisho::audit

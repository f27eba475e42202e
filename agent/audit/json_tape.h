// A JSON document as a flat list of events, to be walked once from its beginning to its end.
//
// The library's DOM allocates for each member, which is most of the time that it takes to read a
// line of the audit log. Here memory is used again from document to document, and the reader of a
// line is a plain recursive walk. A scanner of our own reads what the agent itself writes (nothing
// but ASCII, no blanks, whole numbers); it gives up on all else, right or wrong, and then the
// library's event parser has the word. With it alone a day's log takes twice as long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::audit {

class JsonTape {
 public:
  enum class Kind : uint8_t { kNull, kBool, kInteger, kFraction, kString, kObject, kArray, kEnd };

  // False when it is no JSON; never throws.
  bool Parse(std::string_view json);
  // The two ways; after false the tape holds nothing. For tests, which compare them.
  bool ParsePlain(std::string_view json);
  bool ParseByLibrary(std::string_view json);

  friend bool operator==(const JsonTape&, const JsonTape&) = default;

 private:
  friend class JsonCursor;
  friend struct TapeWriter;
  friend class PlainScanner;

  struct Event {
    Kind kind = Kind::kNull;
    // kInteger: the number; kBool: 0 or 1; kString and the key of a member: where in text_ it
    // begins; kObject and kArray: the index of the event behind their kEnd.
    int64_t number = 0;
    uint32_t size = 0;  // kString

    friend bool operator==(const Event&, const Event&) = default;
  };

  void Clear();

  std::vector<Event> events_;
  std::vector<size_t> open_;
  std::string text_;
};

// A place on a tape. Every call that takes a value moves behind it, also when it is of another kind
// than was asked for: then the answer is "nothing".
class JsonCursor {
 public:
  // The tape must hold a document, and outlive the cursor; what it gives away lives as long as the
  // tape is not used for another one.
  explicit JsonCursor(const JsonTape& tape) : tape_(&tape) {}

  // When the next value is an object (an array), goes into it. Its members are then asked for until
  // there is none left.
  bool EnterObject() { return Enter(JsonTape::Kind::kObject); }
  bool EnterArray() { return Enter(JsonTape::Kind::kArray); }
  // The key of the next member; nothing at the object's end, which is left by that.
  std::optional<std::string_view> NextKey();
  // Whether there is another element; false at the array's end, which is left by that.
  bool NextElement();

  std::optional<bool> Bool();
  // Whole numbers that fit.
  std::optional<int64_t> Integer();
  std::optional<std::string_view> Text();
  bool IsText() const { return Next().kind == JsonTape::Kind::kString; }
  void Skip();

 private:
  const JsonTape::Event& Next() const { return tape_->events_[at_]; }
  bool Enter(JsonTape::Kind kind);
  std::string_view TextOf(const JsonTape::Event& event) const {
    return std::string_view(tape_->text_).substr(static_cast<size_t>(event.number), event.size);
  }

  const JsonTape* tape_;
  size_t at_ = 0;
};

}  // namespace sekisho::audit

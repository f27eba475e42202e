#include "audit/json_tape.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace sekisho::audit {

// What nlohmann::json::sax_parse calls, by its names.
struct TapeWriter {
  using Kind = JsonTape::Kind;
  using Json = nlohmann::json;

  JsonTape& tape;

  bool Put(Kind kind, int64_t number = 0, uint32_t size = 0) {
    tape.events_.push_back({kind, number, size});
    return true;
  }
  bool PutText(const std::string& text) {
    const auto begin = static_cast<int64_t>(tape.text_.size());
    tape.text_ += text;
    return Put(Kind::kString, begin, static_cast<uint32_t>(text.size()));
  }
  bool Open(Kind kind) {
    tape.open_.push_back(tape.events_.size());
    return Put(kind);
  }
  bool Close() {
    Put(Kind::kEnd);
    tape.events_[tape.open_.back()].number = static_cast<int64_t>(tape.events_.size());
    tape.open_.pop_back();
    return true;
  }

  bool null() { return Put(Kind::kNull); }
  bool boolean(bool value) { return Put(Kind::kBool, value ? 1 : 0); }
  bool number_integer(Json::number_integer_t value) { return Put(Kind::kInteger, value); }
  bool number_unsigned(Json::number_unsigned_t value) {
    constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    return value <= kMax ? Put(Kind::kInteger, static_cast<int64_t>(value)) : Put(Kind::kFraction);
  }
  bool number_float(Json::number_float_t /*value*/, const std::string& /*text*/) {
    return Put(Kind::kFraction);
  }
  bool string(const std::string& text) { return PutText(text); }
  bool binary(const Json::binary_t& /*value*/) { return false; }
  bool start_object(size_t /*count*/) { return Open(Kind::kObject); }
  bool key(const std::string& text) { return PutText(text); }
  bool end_object() { return Close(); }
  bool start_array(size_t /*count*/) { return Open(Kind::kArray); }
  bool end_array() { return Close(); }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) {
    return false;
  }
};

// Writes the same events for what is plain. False: somebody else must read it.
class PlainScanner {
 public:
  PlainScanner(std::string_view json, JsonTape& tape)
      : at_(json.data()), end_(json.data() + json.size()), writer_{tape}, open_(tape.open_) {}

  bool Document() {
    while (Value()) {
      switch (AfterValue()) {
        case Then::kValue:
          continue;
        case Then::kEnd:
          return at_ == end_;
        case Then::kGiveUp:
          return false;
      }
    }
    return false;
  }

 private:
  enum class Then { kValue, kEnd, kGiveUp };

  bool IsAt(char c) const { return at_ != end_ && *at_ == c; }
  bool Take(char c) {
    const bool is_at = IsAt(c);
    at_ += is_at ? 1 : 0;
    return is_at;
  }
  bool IsIn(JsonTape::Kind kind) const { return writer_.tape.events_[open_.back()].kind == kind; }

  // One that has no parts, or the beginning of one up to its first part.
  bool Value() {
    // Down to the first value that is not the beginning of another one.
    while (at_ != end_ && (*at_ == '{' || *at_ == '[')) {
      const bool is_object = *at_++ == '{';
      writer_.Open(is_object ? JsonTape::Kind::kObject : JsonTape::Kind::kArray);
      if (Take(is_object ? '}' : ']')) {
        return writer_.Close();
      }
      if (is_object && !Key()) {
        return false;
      }
    }
    if (at_ == end_) {
      return false;
    }
    switch (*at_) {
      case '"':
        return Text();
      case 't':
        return Word("true") && writer_.boolean(true);
      case 'f':
        return Word("false") && writer_.boolean(false);
      case 'n':
        return Word("null") && writer_.null();
      default:
        return Number();
    }
  }

  Then AfterValue() {
    while (!open_.empty()) {
      const bool in_object = IsIn(JsonTape::Kind::kObject);
      if (Take(',')) {
        return !in_object || Key() ? Then::kValue : Then::kGiveUp;
      }
      if (!Take(in_object ? '}' : ']')) {
        return Then::kGiveUp;
      }
      writer_.Close();
    }
    return Then::kEnd;
  }

  bool Key() { return IsAt('"') && Text() && Take(':'); }

  bool Word(std::string_view word) {
    if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  bool Number() {
    constexpr std::ptrdiff_t kDigitsMax = 18;  // these always fit
    const bool negative = Take('-');
    const char* const begin = at_;
    int64_t number = 0;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9' && at_ - begin < kDigitsMax) {
      number = number * 10 + (*at_++ - '0');
    }
    const bool leads_with_zero = at_ - begin > 1 && *begin == '0';
    // Minus nothing is a fraction to the library; a number that goes on is no whole one.
    const bool ends_here = at_ == end_ || *at_ == ',' || *at_ == '}' || *at_ == ']';
    if (at_ == begin || leads_with_zero || !ends_here) {
      return false;
    }
    return writer_.Put(JsonTape::Kind::kInteger, negative ? -number : number);
  }

  static bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

  bool Text() {
    std::string& text = writer_.tape.text_;
    const size_t begin = text.size();
    ++at_;
    while (true) {
      const char* const run = at_;
      while (at_ != end_ && IsPlain(*at_)) {
        ++at_;
      }
      text.append(run, at_);
      if (Take('"')) {
        return writer_.Put(JsonTape::Kind::kString, static_cast<int64_t>(begin),
                           static_cast<uint32_t>(text.size() - begin));
      }
      // Only what is written most often: a quotation mark or a backslash.
      if (!Take('\\') || !(IsAt('"') || IsAt('\\'))) {
        return false;
      }
      text += *at_++;
    }
  }

  const char* at_;
  const char* const end_;
  TapeWriter writer_;
  std::vector<size_t>& open_;
};

void JsonTape::Clear() {
  events_.clear();
  open_.clear();
  text_.clear();
}

bool JsonTape::ParsePlain(std::string_view json) {
  Clear();
  if (json.size() > std::numeric_limits<uint32_t>::max()) {
    return false;
  }
  text_.reserve(json.size());
  if (!PlainScanner(json, *this).Document()) {
    Clear();
    return false;
  }
  return true;
}

bool JsonTape::ParseByLibrary(std::string_view json) {
  Clear();
  if (json.size() > std::numeric_limits<uint32_t>::max()) {
    return false;
  }
  TapeWriter writer{*this};
  if (!nlohmann::json::sax_parse(json.data(), json.data() + json.size(), &writer)) {
    Clear();
    return false;
  }
  return true;
}

bool JsonTape::Parse(std::string_view json) {
  return ParsePlain(json) || ParseByLibrary(json);
}

bool JsonCursor::Enter(JsonTape::Kind kind) {
  if (Next().kind != kind) {
    Skip();
    return false;
  }
  ++at_;
  return true;
}

std::optional<std::string_view> JsonCursor::NextKey() {
  if (Next().kind != JsonTape::Kind::kString) {
    ++at_;  // the object's end
    return std::nullopt;
  }
  return TextOf(tape_->events_[at_++]);
}

bool JsonCursor::NextElement() {
  if (Next().kind == JsonTape::Kind::kEnd) {
    ++at_;
    return false;
  }
  return true;
}

std::optional<bool> JsonCursor::Bool() {
  const JsonTape::Event& event = Next();
  Skip();
  return event.kind == JsonTape::Kind::kBool ? std::optional(event.number != 0) : std::nullopt;
}

std::optional<int64_t> JsonCursor::Integer() {
  const JsonTape::Event& event = Next();
  Skip();
  return event.kind == JsonTape::Kind::kInteger ? std::optional(event.number) : std::nullopt;
}

std::optional<std::string_view> JsonCursor::Text() {
  const JsonTape::Event& event = Next();
  Skip();
  return event.kind == JsonTape::Kind::kString ? std::optional(TextOf(event)) : std::nullopt;
}

void JsonCursor::Skip() {
  const JsonTape::Event& event = Next();
  const bool is_compound =
      event.kind == JsonTape::Kind::kObject || event.kind == JsonTape::Kind::kArray;
  at_ = is_compound ? static_cast<size_t>(event.number) : at_ + 1;
}

}  // namespace sekisho::audit

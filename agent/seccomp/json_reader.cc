#include "seccomp/json_reader.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/str_cat.h"
#include "base/utf8.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;
using yaml::Location;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Where lines begin, to make a line and a column of an offset.
class Lines {
 public:
  explicit Lines(std::string_view bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] == '\n') {
        starts_.push_back(i + 1);
      }
    }
  }

  Location At(size_t offset) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const size_t start = *std::prev(after);
    return {static_cast<int>(after - starts_.begin()), static_cast<int>(offset - start) + 1};
  }

 private:
  std::vector<size_t> starts_ = {0};
};

// An iterator over the bytes that keeps count, for all of its copies, of what was taken: nlohmann's
// SAX events say what was read, but not where.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;  // NOLINT(readability-identifier-naming)
  using value_type = char;                            // NOLINT(readability-identifier-naming)
  using difference_type = std::ptrdiff_t;             // NOLINT(readability-identifier-naming)
  using pointer = const char*;                        // NOLINT(readability-identifier-naming)
  using reference = const char&;                      // NOLINT(readability-identifier-naming)

  CountingIterator(const char* at, size_t* taken) : at_(at), taken_(taken) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*taken_;
    return *this;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  size_t* taken_;
};

// What nlohmann says of a fault, without its prefix ("[json.exception…] parse error at line …:
// syntax error while parsing value - unexpected '}'"): the place is said in our own way.
std::string FaultText(std::string_view what) {
  std::string_view fault = what;
  for (const std::string_view before : {std::string_view("] "), std::string_view(" - ")}) {
    if (const size_t at = fault.find(before); at != std::string_view::npos) {
      fault.remove_prefix(at + before.size());
    }
  }
  // "; last read: …" can be as long as the file.
  fault = fault.substr(0, fault.find("; last read"));
  constexpr size_t kLongest = 200;
  return base::Printable(fault.substr(0, kLongest));
}

// Builds the tree out of SAX events. The names of the events are nlohmann's.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view bytes, const std::string& file, const JsonLimits& limits)
      : bytes_(bytes), file_(file), limits_(limits), lines_(bytes) {}

  size_t* taken() { return &taken_; }
  JsonNode TakeRoot() { return std::move(root_); }
  const std::optional<yaml::Diagnostic>& fault() const { return fault_; }

  bool null() { return Add(JsonNode::Kind::kNull); }
  bool boolean(bool /*value*/) { return Add(JsonNode::Kind::kBoolean); }
  bool number_integer(int64_t /*value*/) { return AddNumber(std::nullopt); }
  bool number_unsigned(uint64_t value) { return AddNumber(value); }
  bool number_float(double /*value*/, const std::string& /*text*/) {
    return AddNumber(std::nullopt);
  }
  bool string(std::string& value) { return Add(JsonNode::Kind::kString, std::move(value)); }
  bool binary(nlohmann::json::binary_t& /*value*/) { return false; }  // no such thing in JSON text
  bool start_object(size_t /*count*/) { return Open(JsonNode::Kind::kObject); }
  bool start_array(size_t /*count*/) { return Open(JsonNode::Kind::kList); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }

  bool key(std::string& value) {
    open_.back()->entries.push_back({std::move(value), TakeToken(), {}});
    return true;
  }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& error) {
    const std::string_view what = error.what();
    if (done_) {
      return Fail(lines_.At(SkipBetween(token_end_)), "more text after the end of the profile",
                  "a file holds one profile");
    }
    if (what.find("unexpected end of input") != std::string_view::npos) {
      return Fail(lines_.At(bytes_.size()), "not JSON: the file ends in the middle of a value");
    }
    // The reader stands behind what it did not like: a whole token, or the byte of one.
    const size_t last = position == 0 ? 0 : std::min(position - 1, bytes_.size());
    const bool whole = what.find("unexpected") != std::string_view::npos ||
                       what.find("overflow") != std::string_view::npos;
    const bool token = whole && last < bytes_.size() &&
                       std::string_view("{}[],:").find(bytes_[last]) == std::string_view::npos;
    const size_t at = token ? std::min(SkipBetween(token_end_), last) : last;
    return Fail(lines_.At(at), StrCat("not JSON: ", FaultText(what)));
  }

 private:
  // The first offset from `offset` on that is neither white space nor a separator: between two
  // events there is nothing else.
  size_t SkipBetween(size_t offset) const {
    const size_t found = bytes_.find_first_not_of(" \t\r\n,:", offset);
    return found == std::string_view::npos ? bytes_.size() : found;
  }

  // The place of the token that the current event is about.
  Location TakeToken() {
    const size_t start = SkipBetween(token_end_);
    token_end_ = taken_;
    return lines_.At(start);
  }

  bool Fail(Location where, std::string message, std::string fix = {}) {
    fault_ = yaml::MakeDiagnostic(file_, where, {}, std::move(message), std::move(fix));
    return false;
  }

  // The place that the next value goes to.
  JsonNode* Place() {
    if (open_.empty()) {
      return &root_;
    }
    JsonNode* const parent = open_.back();
    return parent->kind == JsonNode::Kind::kObject ? &parent->entries.back().value
                                                   : &parent->items.emplace_back();
  }

  bool Add(JsonNode::Kind kind, std::string text = {}) {
    const Location where = TakeToken();
    if (++nodes_ > limits_.nodes) {
      return Fail(where, StrCat("more than ", limits_.nodes, " values"));
    }
    JsonNode* const node = Place();
    node->kind = kind;
    node->where = where;
    node->text = std::move(text);
    last_ = node;
    done_ = open_.empty();
    return true;
  }

  bool AddNumber(std::optional<uint64_t> integer) {
    // A number ends where something else begins, so its reader has looked one byte too far, unless
    // the file ends there.
    const size_t start = SkipBetween(token_end_);
    const size_t end = std::min(bytes_.find_first_not_of("0123456789+-.eE", start), bytes_.size());
    if (!Add(JsonNode::Kind::kNumber, std::string(bytes_.substr(start, end - start)))) {
      return false;
    }
    token_end_ = end;
    last_->integer = integer;
    return true;
  }

  bool Open(JsonNode::Kind kind) {
    if (!Add(kind)) {
      return false;
    }
    done_ = false;
    // Stays valid while it is open: nothing is added to its parent meanwhile.
    open_.push_back(last_);
    return open_.size() <= limits_.nesting ||
           Fail(last_->where, StrCat("nested deeper than ", limits_.nesting, " levels"));
  }

  bool Close() {
    TakeToken();
    open_.pop_back();
    done_ = open_.empty();
    return true;
  }

  std::string_view bytes_;
  const std::string& file_;
  const JsonLimits& limits_;
  Lines lines_;
  size_t taken_ = 0;      // bytes that the reader has taken
  size_t token_end_ = 0;  // of the token of the last event
  size_t nodes_ = 0;
  JsonNode root_;
  JsonNode* last_ = nullptr;
  std::vector<JsonNode*> open_;
  bool done_ = false;  // the value is complete
  std::optional<yaml::Diagnostic> fault_;
};

// What makes the bytes no text of ours, before they are looked at as JSON.
std::optional<yaml::Diagnostic> BadBytes(std::string_view bytes, const std::string& file,
                                         const JsonLimits& limits) {
  if (bytes.size() > limits.bytes) {
    return yaml::AboutFile(file, StrCat("is larger than ", limits.bytes, " bytes"));
  }
  if (bytes.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return yaml::AboutFile(file, "is empty",
                           "write a profile; one that allows everything is "
                           "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}");
  }
  if (bytes.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    return yaml::MakeDiagnostic(file, {1, 1}, {}, "begins with a byte order mark",
                                "save the file as UTF-8 without one");
  }
  // With that no NUL reaches nlohmann, which takes one for the end of the text.
  if (const std::optional<base::BadText> bad = base::FindBadText(bytes); bad.has_value()) {
    return yaml::MakeDiagnostic(file, Lines(bytes).At(bad->offset), {},
                                StrCat("contains ", bad->what), "save the file as UTF-8 text");
  }
  return std::nullopt;
}

}  // namespace

std::string_view KindName(JsonNode::Kind kind) {
  switch (kind) {
    case JsonNode::Kind::kNull:
      return "null";
    case JsonNode::Kind::kBoolean:
      return "true or false";
    case JsonNode::Kind::kNumber:
      return "a number";
    case JsonNode::Kind::kString:
      return "text";
    case JsonNode::Kind::kList:
      return "a list";
    case JsonNode::Kind::kObject:
      return "an object";
  }
  return "nothing";
}

std::optional<JsonNode> ReadJson(std::string_view bytes, const std::string& file,
                                 const JsonLimits& limits, std::vector<yaml::Diagnostic>* errors) {
  if (std::optional<yaml::Diagnostic> bad = BadBytes(bytes, file, limits); bad.has_value()) {
    errors->push_back(*std::move(bad));
    return std::nullopt;
  }
  TreeBuilder builder(bytes, file, limits);
  const CountingIterator begin(bytes.data(), builder.taken());
  const CountingIterator end(bytes.data() + bytes.size(), builder.taken());
  if (!nlohmann::json::sax_parse(begin, end, &builder)) {
    errors->push_back(builder.fault().value_or(yaml::AboutFile(file, "not JSON")));
    return std::nullopt;
  }
  return builder.TakeRoot();
}

}  // namespace sekisho::seccomp

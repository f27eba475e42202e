#include "kube/object_stream.h"

#include <utility>

#include "base/str_cat.h"
#include "kube/api_object.h"

namespace sekisho::kube {
namespace {

// The depth between two objects of `items`: in the document and in the array.
constexpr size_t kDepthOfItems = 2;

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

absl::Status TooLong(std::string_view what, size_t most) {
  return absl::ResourceExhaustedError(base::StrCat(what, " of more than ", most, " bytes"));
}

}  // namespace

void JsonNesting::Take(char c) {
  if (in_string_) {
    in_string_ = escaped_ || c != '"';
    escaped_ = !escaped_ && c == '\\';
    return;
  }
  if (c == '"') {
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    ++depth_;
  } else if ((c == '}' || c == ']') && depth_ > 0) {
    --depth_;
  }
}

ListSplitter::ListSplitter(size_t object_bytes_max, OnObject on_object)
    : object_bytes_max_(object_bytes_max), on_object_(std::move(on_object)) {}

void ListSplitter::Refuse(absl::Status status) {
  if (status_.ok()) {
    status_ = std::move(status);
  }
}

absl::Status ListSplitter::Feed(std::string_view bytes) {
  while (!bytes.empty() && status_.ok()) {
    if (place_ == Place::kObject) {
      bytes.remove_prefix(TakeObject(bytes));
    } else {
      TakeByte(bytes.front());
      bytes.remove_prefix(1);
    }
    if (nesting_.depth() > kDepthMost) {
      Refuse(absl::InvalidArgumentError("JSON that is nested too deeply"));
    }
  }
  return status_;
}

// How many of the bytes belong to the object that has begun.
size_t ListSplitter::TakeObject(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && nesting_.depth() > kDepthOfItems &&
         nesting_.depth() <= kDepthMost) {
    nesting_.Take(bytes[taken++]);
  }
  if (object_.size() + taken > object_bytes_max_) {
    Refuse(TooLong("an object", object_bytes_max_));
    return taken;
  }
  object_.append(bytes.substr(0, taken));
  if (nesting_.depth() == kDepthOfItems) {
    place_ = Place::kAfterObject;
    Refuse(on_object_(object_));
  }
  return taken;
}

void ListSplitter::TakeByte(char c) {
  switch (place_) {
    case Place::kStart:
      if (c == '{') {
        place_ = Place::kRest;
        key_expected_ = true;
        TakeRest(c);
      } else if (!IsSpace(c)) {
        Refuse(absl::InvalidArgumentError("the answer is no JSON object"));
      }
      return;
    case Place::kRest:
      TakeRest(c);
      return;
    case Place::kEnd:
      if (!IsSpace(c)) {
        Refuse(absl::InvalidArgumentError("something follows the list"));
      }
      return;
    default:
      if (!IsSpace(c)) {
        TakeInItems(c);
      }
      return;
  }
}

// Anything but white space in or before `items`, between its objects.
void ListSplitter::TakeInItems(char c) {
  const bool is_null = place_ == Place::kItemsValue && c == 'n';  // the parser will tell
  const bool may_end = place_ == Place::kFirstObject || place_ == Place::kAfterObject;
  if (is_null || (may_end && c == ']')) {
    place_ = Place::kRest;
    TakeRest(c);
  } else if (place_ == Place::kItemsValue && c == '[') {
    place_ = Place::kFirstObject;
    nesting_.Take(c);
    rest_ += c;
  } else if ((place_ == Place::kFirstObject || place_ == Place::kNextObject) && c == '{') {
    place_ = Place::kObject;
    nesting_.Take(c);
    object_ = c;
  } else if (place_ == Place::kAfterObject && c == ',') {
    place_ = Place::kNextObject;
  } else {
    Refuse(absl::InvalidArgumentError(place_ == Place::kItemsValue
                                          ? "the list's items are no array"
                                          : "the list's items are not objects with commas"));
  }
}

void ListSplitter::TakeRest(char c) {
  if (rest_.size() >= kRestMost) {
    Refuse(TooLong("a list's own part", kRestMost));
    return;
  }
  const bool was_in_string = nesting_.in_string();
  nesting_.Take(c);
  // Pretty-printed white space would fill it up.
  if (was_in_string || !IsSpace(c) || rest_.empty() || !IsSpace(rest_.back())) {
    rest_ += c;
  }
  if (nesting_.depth() == 0) {
    place_ = Place::kEnd;
  } else if (nesting_.depth() == 1) {
    TakeKey(c, was_in_string);
  }
}

// A byte of the top-level object itself.
void ListSplitter::TakeKey(char c, bool was_in_string) {
  if (in_key_) {
    if (nesting_.in_string()) {
      key_ += c;
    } else {
      in_key_ = false;
      EndKey();
    }
  } else if (was_in_string) {
    return;
  } else if (c == '"' && key_expected_) {
    key_expected_ = false;
    in_key_ = true;
    key_.clear();
  } else if (c == ',') {
    key_expected_ = true;
  } else if (c == ':' && key_ == "items") {
    place_ = Place::kItemsValue;
  }
}

void ListSplitter::EndKey() {
  if (key_.find('\\') != std::string::npos) {
    // No server writes one, and it would be another way to say "items".
    Refuse(absl::InvalidArgumentError("an escaped key in the list"));
  } else if (!keys_.insert(key_).second) {
    // Which of the two holds would be a guess.
    Refuse(absl::InvalidArgumentError("a key comes twice in the list"));
  }
}

absl::StatusOr<ListRest> ListSplitter::End() const {
  if (!status_.ok()) {
    return status_;
  }
  if (place_ != Place::kEnd) {
    return absl::DataLossError("the answer was cut short");
  }
  absl::StatusOr<nlohmann::json> document = ParseObject(rest_);
  if (!document.ok()) {
    return document.status();
  }
  const auto items = document->find("items");
  return ListRest{.has_items = items != document->end() && (items->is_array() || items->is_null()),
                  .document = std::move(*document)};
}

LineSplitter::LineSplitter(size_t line_bytes_max, OnLine on_line)
    : line_bytes_max_(line_bytes_max), on_line_(std::move(on_line)) {}

absl::Status LineSplitter::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (begun_.size() + part.size() > line_bytes_max_) {
      return TooLong("a message", line_bytes_max_);
    }
    if (end == std::string_view::npos) {
      begun_.append(part);
      return absl::OkStatus();
    }
    bytes.remove_prefix(end + 1);
    // Moved out, so that the memory of a long line goes with it.
    const std::string begun = std::exchange(begun_, {}).append(part);
    if (IsBlank(begun)) {
      continue;
    }
    if (absl::Status status = on_line_(begun); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace sekisho::kube

// Takes the API server's long answers apart while they come, so that no answer is ever in memory as
// a whole: a list of ten thousand objects is read in the memory of one.
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sekisho::kube {

// Follows JSON's strings and brackets, byte by byte. It sees where a value ends; whether it is
// valid is for a parser to say.
class JsonNesting {
 public:
  void Take(char c);
  size_t depth() const { return depth_; }  // how many objects and arrays are open
  bool in_string() const { return in_string_; }

 private:
  size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

// A list answer without its objects.
struct ListRest {
  bool has_items = false;   // `items` was there, as an array or null
  nlohmann::json document;  // all but the objects: kind, metadata, or a Status; `items` is empty
};

// Splits a list's body into the objects of its top-level "items".
class ListSplitter {
 public:
  // Gets the text of one object, complete by its brackets but not parsed. An error ends it all.
  using OnObject = std::function<absl::Status(std::string_view text)>;

  // What is not in `items` may have this many bytes.
  static constexpr size_t kRestMost = size_t{64} << 10;

  ListSplitter(size_t object_bytes_max, OnObject on_object);

  // The next bytes. The first error stays: nothing is taken any more.
  absl::Status Feed(std::string_view bytes);

  // At the end of the body: DATA_LOSS when it was cut, INVALID_ARGUMENT when it was no JSON.
  absl::StatusOr<ListRest> End() const;

 private:
  enum class Place {
    kStart,        // before the document
    kRest,         // in it, but not in `items`
    kItemsValue,   // after "items":
    kFirstObject,  // after [
    kNextObject,   // after a comma
    kObject,       // inside an object
    kAfterObject,
    kEnd,  // after the document
  };

  size_t TakeObject(std::string_view bytes);
  void TakeByte(char c);
  void TakeInItems(char c);
  void TakeRest(char c);
  void TakeKey(char c, bool was_in_string);
  void EndKey();
  void Refuse(absl::Status status);

  const size_t object_bytes_max_;
  const OnObject on_object_;
  absl::Status status_;
  Place place_ = Place::kStart;
  JsonNesting nesting_;
  std::string object_;  // what has come of it
  std::string rest_;
  // Of the top-level object's keys.
  bool key_expected_ = false;
  bool in_key_ = false;
  std::string key_;  // the one that is being read, or was read last
  std::set<std::string> keys_;
};

// Splits a watch's body into lines.
class LineSplitter {
 public:
  using OnLine = std::function<absl::Status(std::string_view line)>;

  LineSplitter(size_t line_bytes_max, OnLine on_line);

  // Calls for each line that is now complete and not blank, without its end. The first error ends
  // it and comes back; the splitter is of no more use then.
  absl::Status Feed(std::string_view bytes);

 private:
  const size_t line_bytes_max_;
  const OnLine on_line_;
  std::string begun_;
};

}  // namespace sekisho::kube

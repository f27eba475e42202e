// Reads one list into a store, page by page.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kube/object_stream.h"
#include "kube/reflector.h"
#include "kube/request_failure.h"

namespace sekisho::kube {

class ListReader {
 public:
  // Both outlive it.
  ListReader(const ReflectorOptions& options, ObjectStore& store)
      : options_(options), store_(store) {}
  ListReader(const ListReader&) = delete;
  ListReader& operator=(const ListReader&) = delete;

  void Begin();
  void BeginPage();
  // A part of the page's body. The first error stays.
  absl::Status Feed(std::string_view bytes);
  // After a page's body: what is wrong with it. Otherwise continue_token() says whether it was the
  // last one.
  std::optional<RequestFailure> EndPage();
  // Of the list: exactly one of the two.
  void End();
  void Abandon();

  // Of the next page; empty at the first and after the last one.
  const std::string& continue_token() const { return continue_token_; }
  // Of the whole list, from its first page.
  const std::string& resource_version() const { return resource_version_; }

 private:
  absl::Status OnObject(std::string_view text);

  const ReflectorOptions& options_;
  ObjectStore& store_;
  std::optional<ListSplitter> page_;
  size_t objects_ = 0;
  size_t objects_before_page_ = 0;
  std::string continue_token_;
  std::string resource_version_;
};

}  // namespace sekisho::kube

#include "kube/list_reader.h"

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "base/str_cat.h"
#include "kube/api_object.h"

namespace sekisho::kube {
namespace {

// A Status has a kind, too, and code 200 proves nothing.
bool IsList(const ListRest& rest, std::string_view kind) {
  return rest.has_items && kind.ends_with("List");
}

}  // namespace

void ListReader::Begin() {
  objects_ = 0;
  continue_token_.clear();
  resource_version_.clear();
  store_.BeginList();
}

void ListReader::BeginPage() {
  objects_before_page_ = objects_;
  page_.emplace(options_.object_bytes_max,
                [this](std::string_view text) { return OnObject(text); });
}

absl::Status ListReader::Feed(std::string_view bytes) {
  return page_->Feed(bytes);
}

absl::Status ListReader::OnObject(std::string_view text) {
  if (++objects_ > options_.objects_max) {
    return absl::ResourceExhaustedError(base::StrCat("there are more than ", options_.objects_max));
  }
  const absl::StatusOr<nlohmann::json> object = ParseObject(text);
  return object.ok() ? store_.Listed(*object) : object.status();
}

std::optional<RequestFailure> ListReader::EndPage() {
  const absl::StatusOr<ListRest> rest = page_->End();
  if (!rest.ok()) {
    return FailureOf(rest.status());
  }
  const std::string_view kind = TextOf(rest->document, "kind");
  if (kind == "Status") {
    return FailureOf(ApiStatusOf(rest->document));
  }
  if (!IsList(*rest, kind)) {
    return RequestFailure{.text = "the answer is no list"};
  }
  // Later pages show the state of the first one's version.
  if (continue_token_.empty()) {
    resource_version_ = MetadataText(rest->document, "resourceVersion");
  }
  if (!IsWatchable(resource_version_)) {
    return RequestFailure{.text = "the list has no resourceVersion"};
  }
  continue_token_ = MetadataText(rest->document, "continue");
  if (!continue_token_.empty() && objects_ == objects_before_page_) {
    // It could go on so for ever.
    return RequestFailure{.text = "an empty page is not the last one"};
  }
  return std::nullopt;
}

void ListReader::End() {
  page_.reset();
  store_.EndList();
}

void ListReader::Abandon() {
  page_.reset();
  store_.AbandonList();
}

}  // namespace sekisho::kube

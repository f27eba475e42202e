#include "kube/node_store.h"

#include <nlohmann/json.hpp>

#include "base/str_cat.h"

namespace sekisho::kube {

std::optional<std::string> NodeStore::label() const {
  const std::lock_guard lock(mu_);
  return value_;
}

absl::Status NodeStore::Changed(const nlohmann::json& object) {
  try {
    const nlohmann::json& metadata = object.at("metadata");
    if (metadata.at("name").get<std::string>() != node_) {
      return absl::OkStatus();  // a server that knows no field selectors
    }
    std::string value;
    if (const auto labels = metadata.find("labels"); labels != metadata.end()) {
      value = labels->value(label_, "");
    }
    const std::lock_guard lock(mu_);
    value_ = std::move(value);
    return absl::OkStatus();
  } catch (const nlohmann::json::exception& error) {
    return absl::InvalidArgumentError(base::StrCat("no Node: ", error.what()));
  }
}

}  // namespace sekisho::kube

// One label of this node's own Node object, from a reflector.
#pragma once

#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "kube/reflector.h"

namespace sekisho::kube {

// Written by the loop's thread, read by any. A node that is gone keeps the label that it had: its
// last containers are this node's still.
class NodeStore final : public ObjectStore {
 public:
  NodeStore(std::string node, std::string label)
      : node_(std::move(node)), label_(std::move(label)) {}

  // The label's value; "" when the node has no such label. Absent: the API server did not say yet.
  std::optional<std::string> label() const;

  void BeginList() override {}
  absl::Status Listed(const nlohmann::json& object) override { return Changed(object); }
  void EndList() override {}
  void AbandonList() override {}
  absl::Status Changed(const nlohmann::json& object) override;
  absl::Status Deleted(const nlohmann::json& /*object*/) override { return absl::OkStatus(); }
  void Confirmed(const std::string& /*resource_version*/) override {}

 private:
  const std::string node_;
  const std::string label_;
  mutable std::mutex mu_;
  std::optional<std::string> value_;
};

}  // namespace sekisho::kube

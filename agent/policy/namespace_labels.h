// What the labels pod-security.kubernetes.io/* of a pod's namespace say, read as Pod Security
// Admission reads them, and how that goes together with the node's own policy.
//
// Labels can only choose levels and versions. Exemptions, controls and hardening come from the
// node's files alone.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

// The six labels, exactly as they are written on the namespace. One that is not there is absent.
struct PodSecurityLabels {
  std::optional<std::string> enforce = {};
  std::optional<std::string> enforce_version = {};
  std::optional<std::string> audit = {};
  std::optional<std::string> audit_version = {};
  std::optional<std::string> warn = {};
  std::optional<std::string> warn_version = {};

  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  friend auto operator<=>(const PodSecurityLabels&, const PodSecurityLabels&) = default;
};

// A label's key ("pod-security.kubernetes.io/enforce") and the member that holds its value.
struct PodSecurityLabelKey {
  std::string_view key;
  std::optional<std::string> PodSecurityLabels::*value;
};
const std::array<PodSecurityLabelKey, 6>& PodSecurityLabelKeys();

// The levels of one namespace.
struct Levels {
  LevelVersion enforce;
  LevelVersion audit;
  LevelVersion warn;

  friend bool operator==(const Levels&, const Levels&) = default;
};

// What holds in a namespace with these labels, where a label that is missing leaves what
// `defaults` say. As PolicyToEvaluate of k8s.io/pod-security-admission does since Kubernetes 1.26:
// an enforce level that is none is restricted, an audit or warn level that is none is privileged, a
// version that is none is latest; a namespace with a valid enforce level and no warn level warns at
// the enforced level and version, where that is stricter than the default.
Levels LevelsFromLabels(const PodSecurityLabels& labels, const Levels& defaults);

// Every namespace that the API server has named. Never changed after it was made, so that a request
// that has taken it is judged by it to its end.
class NamespaceTable {
 public:
  using LabelsPtr = std::shared_ptr<const PodSecurityLabels>;  // never null
  // Ordered by name; several namespaces may share one LabelsPtr.
  using Map = std::map<std::string, LabelsPtr, std::less<>>;

  NamespaceTable() = default;
  explicit NamespaceTable(Map namespaces) : namespaces_(std::move(namespaces)) {}

  // Null: never heard of.
  const PodSecurityLabels* Find(std::string_view name) const {
    const auto place = namespaces_.find(name);
    return place == namespaces_.end() ? nullptr : place->second.get();
  }
  const Map& namespaces() const { return namespaces_; }

 private:
  Map namespaces_;
};

// What is known of the cluster's namespaces at one instant. Default: the agent asks no API server.
struct NamespaceView {
  // Null: no API server is asked, and the node's file policy decides alone.
  std::shared_ptr<const NamespaceTable> table = {};
  // Whether the API server has confirmed the table since this process started; otherwise it is what
  // was on disk, or empty.
  bool synced = false;
  // How long ago the API server last confirmed the table. Absent: never, or the clock that the time
  // was taken with cannot be believed.
  std::optional<std::chrono::seconds> age = {};
};

// What is enforced, audited and warned about for one pod, and by whose word.
struct LevelChoice {
  Levels levels;
  std::optional<LevelVersion> also_enforce;  // Spec::also_enforce
  LevelSource source = LevelSource::kPolicy;

  friend bool operator==(const LevelChoice&, const LevelChoice&) = default;
};

// The levels of this pod, by the rules that `spec` carries (Spec::labels). In this order:
//   1. no API server is asked, or the rule ignores labels: the spec's own;
//   2. a static pod before the first sync: the spec's own, since the API server can be one;
//   3. the table is older than `staleAfter`: `whenStale` (never `restricted` for a static pod);
//   4. a namespace never heard of: `unknownNamespace`;
//   5. the labels: `floor` takes the stricter of the two, where what is not labelled counts as
//      privileged; `follow` takes the labels, where what is not labelled is as the spec says.
LevelChoice ChooseLevels(const Spec& spec, const NamespaceView& view, const PodIdentity& pod);
// `spec` with these levels.
Spec WithLevels(Spec spec, const LevelChoice& choice);

}  // namespace sekisho::policy

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "check/check.h"
#include "check/judgement_result.h"
#include "cri/facts.h"
#include "enforce/judge.h"
#include "manifest/declared.h"
#include "policy/checks.h"
#include "policy/evaluate.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::check {
namespace {

namespace cri_v1 = runtime::v1;

// The requests of one pod, as facts.
struct PodFacts {
  policy::SandboxFacts sandbox;
  std::vector<policy::ContainerFacts> containers;
};

// What the daemon would do with the requests of one pod.
struct NodePath {
  std::vector<policy::Violation> violations;  // of every request, repaired ones left out
  std::vector<ResultEdit> edits;
  std::vector<ResultViolation> errors;  // refusals that no policy decided
};

void AddNew(const std::vector<policy::Violation>& more, std::vector<policy::Violation>& all) {
  for (const policy::Violation& one : more) {
    if (std::ranges::none_of(all, [&one](const policy::Violation& other) {
          return other.check == one.check && other.reason == one.reason &&
                 other.detail == one.detail;
        })) {
      all.push_back(one);
    }
  }
}

void Add(const enforce::Judgement& judgement, NodePath& path) {
  if (!judgement.error_id.empty()) {
    path.errors.push_back({std::string(judgement.error_id), std::string(judgement.status.message()),
                           "", SeenIn::kRequest});
    return;
  }
  AddNew(RefusalsOf(judgement), path.violations);
  for (ResultEdit& edit : EditsOf(judgement)) {
    path.edits.push_back(std::move(edit));
  }
}

bool IsForLinux(const manifest::PodManifest& pod) {
  return pod.spec.os_name.empty() || pod.spec.os_name == "linux";
}

// What the pods of one namespace are judged by.
struct Basis {
  const policy::Policy& policy;
  std::chrono::sys_seconds now;
  policy::NamespaceView namespaces;

  policy::SpecPtr For(const policy::PodIdentity& pod, const std::string& container) const {
    return policy.ForContainer(pod, container, now, namespaces);
  }
};

NodePath OnTheNode(const Basis& basis, const mounts::Resolver& mounts,
                   const manifest::Requests& requests, const PodFacts& facts) {
  NodePath path;
  const enforce::Judge judge(basis.policy, mounts, basis.now, nullptr, basis.namespaces);
  cri_v1::RunPodSandboxRequest message = requests.sandbox;
  const enforce::Judgement sandbox = judge.Sandbox(message);
  Add(sandbox, path);
  const enforce::SandboxRecord record{facts.sandbox};
  for (size_t i = 0; i < requests.containers.size(); ++i) {
    if (!requests.remarks[i].empty()) {
      continue;  // a kubelet would not send it
    }
    cri_v1::CreateContainerRequest container = requests.containers[i];
    Add(judge.Container(record, container), path);
    if (!sandbox.status.ok()) {
      // The daemon looks no further than the sandbox then. A person wants to hear it all at once.
      const policy::SpecPtr spec = basis.For(facts.sandbox.pod, facts.containers[i].name);
      const policy::Decision alone =
          policy::EvaluateContainer(*spec, facts.sandbox, facts.containers[i]);
      AddNew(policy::Unrepaired(*spec, alone.violations), path.violations);
    }
  }
  return path;
}

// The containers that one and the same spec applies to: mostly all of them.
struct Group {
  policy::Spec spec;
  std::vector<policy::ContainerFacts> containers;
  policy::DeclaredPod declared;
};

std::vector<Group> GroupsOf(const Basis& basis, const PodFacts& pod,
                            const policy::DeclaredPod& declared) {
  std::vector<Group> groups;
  for (size_t i = 0; i < pod.containers.size(); ++i) {
    policy::Spec spec = *basis.For(pod.sandbox.pod, pod.containers[i].name);
    // Every container is at hand, each with its own: the pod's flag has nothing to add.
    spec.privileged_decided_per_container = true;
    auto group = std::ranges::find(groups, spec, &Group::spec);
    if (group == groups.end()) {
      policy::DeclaredPod empty = declared;
      empty.containers.clear();
      group = groups.insert(groups.end(), Group{std::move(spec), {}, std::move(empty)});
    }
    group->containers.push_back(pod.containers[i]);
    group->declared.containers.push_back(declared.containers[i]);
  }
  return groups;
}

policy::Subject SubjectOf(const Group& group, const policy::SandboxFacts& sandbox) {
  return {.sandbox = sandbox,
          .containers = group.containers,
          .declared = &group.declared,
          .scope = policy::Scope::kPod};
}

// What the audit and warn levels say of what it declares.
void AddOtherLevels(const std::vector<Group>& groups, const policy::SandboxFacts& sandbox,
                    Result& result) {
  std::vector<policy::Violation> audit;
  std::vector<policy::Violation> warn;
  for (const Group& group : groups) {
    const policy::Subject subject = SubjectOf(group, sandbox);
    AddNew(policy::ViolationsOf(group.spec, group.spec.audit, subject), audit);
    AddNew(policy::ViolationsOf(group.spec, group.spec.warn, subject), warn);
  }
  if (!groups.empty()) {
    result.audit = policy::WouldViolateText(groups.front().spec.audit, audit);
    result.warn = policy::WouldViolateText(groups.front().spec.warn, warn);
  }
}

// What refuses the pod by what it declares.
std::vector<policy::Violation> DeclaredViolations(const std::vector<Group>& groups,
                                                  const policy::SandboxFacts& sandbox) {
  std::vector<policy::Violation> violations;
  const auto add = [&](const Group& group, const policy::LevelVersion& at) {
    AddNew(policy::Unrepaired(group.spec,
                              policy::ViolationsOf(group.spec, at, SubjectOf(group, sandbox))),
           violations);
  };
  for (const Group& group : groups) {
    add(group, group.spec.enforce);
    if (group.spec.also_enforce.has_value()) {
      add(group, *group.spec.also_enforce);
    }
  }
  return violations;
}

bool Has(const std::vector<policy::Violation>& violations, std::string_view check) {
  return std::ranges::find(violations, check, &policy::Violation::check) != violations.end();
}

void SortAsReported(std::vector<policy::Violation>& violations) {
  const auto rank = [](const policy::Violation& violation) {
    return std::ranges::find(policy::Checks(), violation.check, &policy::Check::id) -
           policy::Checks().begin();
  };
  std::ranges::stable_sort(violations, {}, rank);
}

// Puts together what the manifest and what the requests are refused for. A check that both know is
// told in the manifest's words, which are Kubernetes' own.
void SetViolations(const std::vector<policy::Violation>& declared, const NodePath& path,
                   bool image_user_known, Result& result) {
  std::vector<policy::Violation> all = declared;
  bool image_is_root = false;
  for (const policy::Violation& violation : path.violations) {
    if (Has(declared, violation.check)) {
      continue;
    }
    if (violation.check == "runAsUser" && Has(declared, "runAsNonRoot")) {
      // Nobody declared it: it is the image's user, whom Kubernetes never sees. With runAsNonRoot
      // a kubelet would not get so far.
      image_is_root = true;
    } else {
      all.push_back(violation);
    }
  }
  if (image_is_root) {
    result.remarks.emplace_back(
        image_user_known
            ? "the image runs as root, which the node refuses as runAsUser=0, too"
            : "without --image-user the image is taken to run as root, which the node refuses as "
              "runAsUser=0, too");
  }
  SortAsReported(all);
  for (const policy::Violation& violation : all) {
    result.violations.push_back(
        {std::string(violation.check), violation.reason, violation.detail,
         Has(path.violations, violation.check) ? SeenIn::kRequest : SeenIn::kManifest});
  }
  result.violations.insert(result.violations.end(), path.errors.begin(), path.errors.end());
  result.message = MessageOf(result.violations);
  result.allowed = result.violations.empty();
}

// The containers that something else applies to than to the pod.
void AddSpecs(const std::vector<Group>& groups, Result& result) {
  for (const Group& group : groups) {
    Result own;
    SetSpec(group.spec, own);
    if (own.enforced == result.enforced && own.rule == result.rule) {
      continue;
    }
    std::vector<std::string> names;
    for (const policy::ContainerFacts& container : group.containers) {
      names.push_back(container.name);
    }
    result.remarks.push_back(base::StrCat(
        policy::ContainersText(names), names.size() == 1 ? " is" : " are", " judged at ",
        own.enforced, ", ", own.rule, own.exemption.empty() ? "" : ", exempt: ", own.exemption));
  }
}

void AddRemarks(const manifest::PodManifest& pod, const manifest::Requests& requests,
                Result& result) {
  for (const std::string& remark : requests.sandbox_remarks) {
    result.remarks.push_back(base::StrCat("a kubelet would not run this pod: ", remark));
  }
  for (size_t i = 0; i < requests.remarks.size(); ++i) {
    for (const std::string& remark : requests.remarks[i]) {
      result.remarks.push_back(base::StrCat("a kubelet would not create container \"",
                                            pod.spec.containers[i].name, "\": ", remark));
    }
  }
}

// The pod's volumes are known from its manifest, so that what has the shape of a volume is not
// taken for one.
mounts::Resolver ResolverFor(const manifest::PodManifest& pod, const manifest::Options& kubelet) {
  mounts::Resolver::Options options{.kubelet_root = kubelet.kubelet_root, .look_at_node = false};
  for (const manifest::NodeVolume& volume : manifest::VolumesOnNode(pod, kubelet)) {
    options.known_volumes[volume.name] = {
        .plugin = volume.plugin, .host_path = volume.host_path, .csi_driver = volume.csi_driver};
  }
  return mounts::Resolver(std::move(options));
}

}  // namespace

policy::Policy PolicyOfLevel(const policy::LevelVersion& level, const policy::NodeFacts& node) {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = level;
  spec.on_violation.fill(policy::OnViolation::kDeny);
  spec.node = node;
  spec.labels.mode = policy::LabelMode::kIgnore;
  spec.origin = kLevelOption;
  return {std::move(spec), {}, {}};
}

policy::NamespaceView ViewOf(const std::vector<manifest::NamespaceManifest>& namespaces) {
  policy::NamespaceTable::Map table;
  for (const manifest::NamespaceManifest& one : namespaces) {
    policy::PodSecurityLabels labels;
    for (const policy::PodSecurityLabelKey& label : policy::PodSecurityLabelKeys()) {
      if (const auto found = one.labels.find(std::string(label.key)); found != one.labels.end()) {
        labels.*label.value = found->second;
      }
    }
    table[one.name] = std::make_shared<const policy::PodSecurityLabels>(std::move(labels));
  }
  return {.table = std::make_shared<const policy::NamespaceTable>(std::move(table)),
          .synced = true,
          .age = std::chrono::seconds(0)};
}

Checker::Checker(const policy::Policy& policy, manifest::Options kubelet,
                 std::chrono::sys_seconds now, policy::NamespaceView namespaces)
    : policy_(policy),
      kubelet_(std::move(kubelet)),
      mounts_({.kubelet_root = kubelet_.kubelet_root, .look_at_node = false}),
      now_(now),
      namespaces_(std::move(namespaces)) {}

Result Checker::CheckPod(const manifest::PodManifest& pod) const {
  const manifest::Requests requests = manifest::Project(pod, kubelet_);
  const mounts::Resolver mounts = ResolverFor(pod, kubelet_);
  PodFacts facts{.sandbox = cri::FactsFrom(requests.sandbox.config(),
                                           requests.sandbox.runtime_handler(), "config"),
                 .containers = {}};
  for (const cri_v1::CreateContainerRequest& request : requests.containers) {
    facts.containers.push_back(
        enforce::LookedUp(mounts, facts.sandbox.pod, cri::FactsFrom(request.config())));
  }

  Result result;
  result.source = base::StrCat(pod.file, ":", pod.where.line);
  result.kind = pod.kind;
  result.namespace_ = facts.sandbox.pod.namespace_;
  result.name = pod.name;
  const bool known = namespaces_.table != nullptr &&
                     namespaces_.table->Find(facts.sandbox.pod.namespace_) != nullptr;
  const Basis basis{policy_, now_, known ? namespaces_ : policy::NamespaceView{}};
  SetSpec(*policy_.ForSandbox(facts.sandbox.pod, now_, basis.namespaces), result);
  const std::string of_policy = policy_.ForSandbox(facts.sandbox.pod, now_)->EnforcedText();
  if (of_policy != result.enforced) {
    result.remarks.push_back(base::StrCat("by the labels of namespace ", result.namespace_,
                                          "; the policy alone says ", of_policy));
  }

  NodePath path;
  // What other systems' pods ask for means nothing to a kubelet on Linux; it refuses them. What it
  // refuses for its own settings alone, another kubelet may run.
  if (IsForLinux(pod)) {
    path = OnTheNode(basis, mounts, requests, facts);
  }
  const std::vector<Group> groups = GroupsOf(basis, facts, manifest::DeclaredFrom(pod));
  AddSpecs(groups, result);
  AddOtherLevels(groups, facts.sandbox, result);
  SetViolations(DeclaredViolations(groups, facts.sandbox), path, kubelet_.image_user.has_value(),
                result);
  result.edits = std::move(path.edits);
  AddRemarks(pod, requests, result);
  return result;
}

}  // namespace sekisho::check

// Controls of PodSecurityPolicy: users and groups.
//
// CRI shows the ids that result. The image's user is among them: the kubelet looks it up and sends
// it where the pod names none. A user that is sent by name is in no range, whatever it is called.
#include <algorithm>
#include <cstdint>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

constexpr int64_t kLargestId = INT32_MAX;  // Kubernetes'; beyond it some runtimes wrap around

bool IsInRange(const IdRule& rule, int64_t id) {
  return id >= 0 && id <= kLargestId &&
         std::ranges::any_of(rule.ranges, [id](const IdRange& range) {
           return range.min <= id && id <= range.max;
         });
}

std::string RangesText(const std::vector<IdRange>& ranges) {
  return base::StrJoin(ranges, ", ", [](const IdRange& range) {
    return range.min == range.max ? base::StrCat(range.min)
                                  : base::StrCat(range.min, "-", range.max);
  });
}

// Whether the pod says so, where a manifest is at hand. Which user the image has is then unknown,
// and the kubelet's to refuse.
bool DeclaresNonRoot(const Subject& subject, size_t index) {
  if (subject.declared == nullptr) {
    return false;
  }
  const DeclaredPod& pod = *subject.declared;
  const std::optional<bool>& own = pod.containers[index].context.run_as_non_root;
  return own.value_or(pod.context.run_as_non_root.value_or(false));
}

bool IsAllowedUser(const IdRule& rule, const Subject& subject, size_t index) {
  const ContainerFacts& container = subject.containers[index];
  const std::optional<int64_t>& user = container.run_as_user;
  // The name counts where both are sent, and may be root's.
  if (!container.run_as_username.empty()) {
    return false;
  }
  if (rule.kind == IdRule::Kind::kMustRunAsNonRoot) {
    return user.has_value() ? *user > 0 && *user <= kLargestId : DeclaresNonRoot(subject, index);
  }
  return user.has_value() && IsInRange(rule, *user);
}

bool IsAllowedGroup(const IdRule& rule, const std::optional<int64_t>& group) {
  return group.has_value() ? IsInRange(rule, *group) : rule.kind == IdRule::Kind::kMayRunAs;
}

bool AreAllowedGroups(const IdRule& rule, const std::vector<int64_t>& groups) {
  if (groups.empty()) {
    return rule.kind == IdRule::Kind::kMayRunAs;
  }
  return std::ranges::all_of(groups, [&rule](int64_t group) { return IsInRange(rule, group); });
}

}  // namespace

std::optional<Finding> ControlRunAsUser(const Question& question) {
  const std::optional<IdRule>& rule = question.spec.controls.run_as_user;
  if (!rule.has_value()) {
    return std::nullopt;
  }
  const Subject& subject = question.subject;
  std::vector<std::string> names;
  for (size_t i = 0; i < subject.containers.size(); ++i) {
    if (!IsAllowedUser(*rule, subject, i)) {
      names.push_back(subject.containers[i].name);
    }
  }
  if (names.empty()) {
    return std::nullopt;
  }
  const std::string wanted =
      rule->kind == IdRule::Kind::kMustRunAsNonRoot
          ? "as a user that is not root"
          : base::StrCat("with a securityContext.runAsUser of ", RangesText(rule->ranges));
  return Finding{"runAsUser", base::StrCat(ContainersText(names), " must run ", wanted)};
}

std::optional<Finding> ControlRunAsGroup(const Question& question) {
  const std::optional<IdRule>& rule = question.spec.controls.run_as_group;
  if (!rule.has_value()) {
    return std::nullopt;
  }
  const std::vector<std::string> names =
      NamesWhere(question.subject, [&rule](const ContainerFacts& container) {
        return !IsAllowedGroup(*rule, container.run_as_group);
      });
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"runAsGroup", base::StrCat(ContainersText(names),
                                            " must run with a securityContext.runAsGroup of ",
                                            RangesText(rule->ranges))};
}

std::optional<Finding> ControlSupplementalGroups(const Question& question) {
  const std::optional<IdRule>& rule = question.spec.controls.supplemental_groups;
  if (!rule.has_value()) {
    return std::nullopt;
  }
  const Subject& subject = question.subject;
  std::string who;
  if (subject.scope == Scope::kSandbox) {
    // The same groups as of each container: refusing here leaves no sandbox behind.
    who = AreAllowedGroups(*rule, subject.sandbox.supplemental_groups) ? "" : "pod";
  } else {
    const std::vector<std::string> names =
        NamesWhere(subject, [&rule](const ContainerFacts& container) {
          return !AreAllowedGroups(*rule, container.supplemental_groups);
        });
    who = names.empty() ? "" : ContainersText(names);
  }
  if (who.empty()) {
    return std::nullopt;
  }
  return Finding{"supplementalGroups",
                 base::StrCat(who, " must run with supplementalGroups (and fsGroup) of ",
                              RangesText(rule->ranges))};
}

std::optional<Finding> ControlSupplementalGroupsPolicy(const Question& question) {
  if (!question.spec.controls.strict_supplemental_groups) {
    return std::nullopt;
  }
  const std::vector<std::string> names =
      NamesWhere(question.subject, [](const ContainerFacts& container) {
        return container.supplemental_groups_policy != SupplementalGroupsPolicy::kStrict;
      });
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"supplementalGroupsPolicy",
                 base::StrCat("pod of ", ContainersText(names),
                              " must set securityContext.supplementalGroupsPolicy to \"Strict\"")};
}

}  // namespace sekisho::policy

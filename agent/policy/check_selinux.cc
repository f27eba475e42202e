// SELinux: the label a container runs under.
#include <algorithm>
#include <array>
#include <set>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

// The options that each container brings along itself: as declared, or as far as the request shows
// it. A kubelet repeats the pod's options where the container has none, and a runtime falls back to
// them where they are empty: either way it is the pod's doing.
const std::optional<SELinuxOptions>& OwnSELinux(const Subject& subject, size_t index) {
  static const std::optional<SELinuxOptions> kNone;
  if (subject.declared != nullptr) {
    return subject.declared->containers[index].context.selinux;
  }
  const std::optional<SELinuxOptions>& options = subject.containers[index].selinux;
  const bool of_the_pod =
      options == subject.sandbox.selinux || options.value_or(SELinuxOptions{}) == SELinuxOptions{};
  return of_the_pod ? kNone : options;
}

// What is wrong with SELinux options, of all setters together.
class SELinuxFindings {
 public:
  explicit SELinuxFindings(int minor) : minor_(minor) {}

  // Whether there is anything wrong with `options`.
  bool Look(const std::optional<SELinuxOptions>& options) {
    if (!options.has_value()) {
      return false;
    }
    const bool bad_type = !IsAllowedSELinuxType(options->type, minor_);
    if (bad_type) {
      types_.insert(options->type);
    }
    user_ = user_ || !options->user.empty();
    role_ = role_ || !options->role.empty();
    return bad_type || !options->user.empty() || !options->role.empty();
  }

  std::string Text() const {
    std::vector<std::string> wrong;
    if (!types_.empty()) {
      wrong.push_back(base::StrCat(types_.size() == 1 ? "type " : "types ",
                                   JoinQuoted({types_.begin(), types_.end()})));
    }
    if (user_) {
      wrong.emplace_back("user may not be set");
    }
    if (role_) {
      wrong.emplace_back("role may not be set");
    }
    return base::StrJoin(wrong, "; ");
  }

 private:
  int minor_;
  std::set<std::string> types_;
  bool user_ = false;
  bool role_ = false;
};

}  // namespace

bool IsAllowedSELinuxType(std::string_view type, int minor) {
  static constexpr auto kTypes =
      std::to_array<std::string_view>({"", "container_init_t", "container_kvm_t", "container_t"});
  constexpr int kEngineSince = 31;
  return std::ranges::binary_search(kTypes, type) ||
         (type == "container_engine_t" && minor >= kEngineSince);
}

std::optional<Finding> SELinux(const Question& question) {
  const Subject& subject = question.subject;
  SELinuxFindings findings(question.minor);
  std::vector<std::string> names;
  bool falls_back = false;
  for (size_t i = 0; i < subject.containers.size(); ++i) {
    const std::optional<SELinuxOptions>& own = OwnSELinux(subject, i);
    if (findings.Look(own)) {
      names.push_back(subject.containers[i].name);
    }
    falls_back = falls_back || !own.has_value();
  }
  std::vector<std::string> setters;
  if ((subject.IncludesPod() || falls_back) && findings.Look(subject.sandbox.selinux)) {
    setters.emplace_back("pod");
  }
  if (!names.empty()) {
    setters.push_back(ContainersText(names));
  }
  if (setters.empty()) {
    return std::nullopt;
  }
  return Finding{"seLinuxOptions",
                 base::StrCat(base::StrJoin(setters, " and "),
                              " set forbidden securityContext.seLinuxOptions: ", findings.Text())};
}

}  // namespace sekisho::policy

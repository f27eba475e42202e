// What the node found out about the file of a Localhost profile, held against what the policy
// demands.
//
// None of these is repaired by another profile: which one, nobody said, and it could be the laxer
// one. Only where a missing file's fallback is named, that is what is attached.
#include <algorithm>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/localhost_profile.h"
#include "policy/paths.h"

namespace sekisho::policy {
namespace {

using base::StrCat;
using seccomp::Floor;
using seccomp::ProfileFacts;
using State = ProfileFacts::State;

// So many system calls are named; of the rest only how many there are.
constexpr size_t kCallsNamed = 8;

// One detail for each container whose profile's file is known and wrong.
template <typename IsWrong, typename DetailOf>
std::optional<Finding> WhereWrong(const Question& question, std::string_view reason,
                                  IsWrong is_wrong, DetailOf detail_of) {
  std::vector<std::string> details;
  for (const ContainerFacts& container : question.subject.containers) {
    if (container.profiles.empty()) {
      continue;  // most containers: not worth finding out which profile counts
    }
    const ProfileFacts* profile = ProfileOf(container, EffectiveSeccomp(container));
    if (profile != nullptr && is_wrong(*profile)) {
      details.push_back(StrCat(ContainersText({container.name}), detail_of(*profile)));
    }
  }
  if (details.empty()) {
    return std::nullopt;
  }
  return Finding{std::string(reason), base::StrJoin(details, "; ")};
}

// "web.json", as a pod names it, or the whole path of a file elsewhere.
std::string NameOf(std::string_view path, std::string_view root) {
  return StrCat("\"", IsBelow(path, root) ? path.substr(root.size() + 1) : path, "\"");
}

std::string With(const Question& question, const ProfileFacts& profile) {
  return StrCat(" with ", NameOf(profile.path, question.spec.node.seccomp_root));
}

// `bpf, clone (arg0 == 1), mount, and 12 more`
std::string CallsText(const std::vector<std::string>& calls) {
  const size_t named = std::min(calls.size(), kCallsNamed);
  const std::vector<std::string> first(calls.begin(),
                                       calls.begin() + static_cast<std::ptrdiff_t>(named));
  const size_t more = calls.size() - named;
  return StrCat(base::StrJoin(first, ", "), more == 0 ? "" : StrCat(", and ", more, " more"));
}

// Where the state alone says it, in the words of who looked.
std::optional<Finding> InState(const Question& question, std::string_view reason, State state) {
  return WhereWrong(
      question, reason, [state](const ProfileFacts& profile) { return profile.state == state; },
      [](const ProfileFacts& profile) { return StrCat(": ", profile.path, " ", profile.fault); });
}

// Where it is about system calls.
std::optional<Finding> OfCalls(const Question& question, std::string_view reason,
                               std::vector<std::string> ProfileFacts::*calls,
                               std::string_view verb) {
  return WhereWrong(
      question, reason, [calls](const ProfileFacts& profile) { return !(profile.*calls).empty(); },
      [&](const ProfileFacts& profile) {
        return StrCat(With(question, profile), " ", verb, " ", CallsText(profile.*calls));
      });
}

std::string FloorName(const Spec& spec) {
  const Floor& floor = spec.localhost.floor;
  switch (floor.kind) {
    case Floor::Kind::kRuntimeDefault:
      return "RuntimeDefault";
    case Floor::Kind::kFile:
      return NameOf(floor.path, spec.node.seccomp_root);
    case Floor::Kind::kNone:
      break;
  }
  return "its floor";
}

}  // namespace

std::optional<Finding> LocalhostProfileMissing(const Question& question) {
  const Spec& spec = question.spec;
  return WhereWrong(
      question, "seccomp profile missing",
      [](const ProfileFacts& profile) { return profile.state == State::kMissing; },
      [&spec](const ProfileFacts& profile) {
        const std::string_view fix =
            spec.missing_profile.has_value()
                ? ""
                : "; install it on the node, or let seccomp.localhost.missing name another";
        return StrCat(" names \"", profile.path, "\", which does not exist", fix);
      });
}

std::optional<Finding> LocalhostProfileUntrusted(const Question& question) {
  return InState(question, "seccomp profile not trusted", State::kUntrusted);
}

std::optional<Finding> LocalhostProfileInvalid(const Question& question) {
  return InState(question, "seccomp profile invalid", State::kInvalid);
}

std::optional<Finding> LocalhostProfileNotPinned(const Question& question) {
  return InState(question, "seccomp profile not pinned", State::kNotPinned);
}

std::optional<Finding> LocalhostProfileDockerFormat(const Question& question) {
  return WhereWrong(
      question, "seccomp profile in Docker's format",
      [](const ProfileFacts& profile) { return profile.refused_docker_format; },
      [&question](const ProfileFacts& profile) {
        return StrCat(With(question, profile),
                      ", whose conditions the runtime would ignore; write it in the OCI format "
                      "(sekisho seccomp resolve)");
      });
}

std::optional<Finding> LocalhostProfileUnconfined(const Question& question) {
  const bool allowed = question.spec.localhost.allow_unconfined_in_disguise;
  return WhereWrong(
      question, "seccomp profile refuses nothing that matters",
      [allowed](const ProfileFacts& profile) { return profile.unconfined_in_disguise && !allowed; },
      [&question](const ProfileFacts& profile) {
        return StrCat(With(question, profile), " would be as good as Unconfined");
      });
}

std::optional<Finding> LocalhostProfileFloor(const Question& question) {
  return OfCalls(question, StrCat("seccomp profile weaker than ", FloorName(question.spec)),
                 &ProfileFacts::beyond_floor, "may also call");
}

std::optional<Finding> LocalhostProfileMustDeny(const Question& question) {
  return OfCalls(question, "seccomp profile allows what must be denied",
                 &ProfileFacts::must_deny_allowed, "may call");
}

std::optional<Finding> LocalhostProfileCannotStart(const Question& question) {
  return OfCalls(question, "seccomp profile lets no container start",
                 &ProfileFacts::refused_but_needed, "could not call");
}

}  // namespace sekisho::policy

// What is set in a container's own security context.
#include <algorithm>

#include "base/str_cat.h"
#include "report/detail.h"
#include "report/fix_makers.h"

namespace sekisho::report {
namespace {

using base::StrCat;

constexpr std::string_view kMustNotInclude = "must not include ";

Patch InContext(std::string_view detail, std::string_view lines) {
  return Patch().ContainerContext(detail::ContainersIn(detail), lines);
}

// The pod's context as well, where it is one of those that set it.
Patch InEachContext(std::string_view detail, std::string_view lines) {
  Patch patch;
  const std::vector<std::string> names = detail::ContainersIn(detail);
  if (detail::NamesPod(detail)) {
    patch.PodContext(lines);
  }
  if (!names.empty() || !detail::NamesPod(detail)) {
    patch.ContainerContext(names, lines);
  }
  return patch;
}

std::string WithoutAdded(const std::vector<std::string>& names) {
  return StrCat("add: []", names.empty() ? "" : "  # or what is there, without ", InComment(names),
                "\n");
}

// "1000" of "1000-2000, 5000": an id that is in the range.
std::string FirstId(std::string_view detail, std::string_view marker) {
  const std::string word = detail::WordAfter(detail, marker);
  const std::string id = word.substr(0, word.find('-'));
  return id.find_first_not_of("0123456789") == std::string::npos ? id : "";
}

}  // namespace

std::optional<Patch> FixPrivileged(std::string_view detail) {
  return InContext(detail, "privileged: false\n");
}

std::optional<Patch> FixAllowPrivilegeEscalation(std::string_view detail) {
  return InContext(detail, "allowPrivilegeEscalation: false\n");
}

std::optional<Patch> FixReadOnlyRootFilesystem(std::string_view detail) {
  return InContext(detail, "readOnlyRootFilesystem: true\n");
}

std::optional<Patch> FixProcMount(std::string_view detail) {
  return InContext(detail, "procMount: Default\n");
}

std::optional<Patch> FixCapabilitiesAdded(std::string_view detail) {
  const std::vector<std::string> names = detail::QuotedAfter(detail, kMustNotInclude);
  return InContext(detail, StrCat("capabilities:\n  ", WithoutAdded(names)));
}

std::optional<Patch> FixCapabilitiesRestricted(std::string_view detail) {
  Patch patch;
  // Those that drop too little, and those that add too much, need not be the same containers.
  std::vector<std::string> undropped;
  std::vector<std::string> adding;
  std::vector<std::string> added;
  for (const std::string_view part : detail::Parts(detail, "; ")) {
    const std::vector<std::string> names = detail::ContainersIn(part);
    if (part.find("capabilities.drop") != std::string_view::npos) {
      undropped = names;
    } else if (part.find(kMustNotInclude) != std::string_view::npos) {
      adding = names;
      added = detail::QuotedAfter(part, kMustNotInclude);
    }
  }
  const std::string drop = "drop: [ALL]\n";
  const std::string add = "add: []  # or [NET_BIND_SERVICE]\n";
  std::vector<std::string> names = undropped;
  for (const std::string& name : adding) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  if (names.empty()) {
    return patch.ContainerContext({}, "capabilities:\n  drop: [ALL]\n  add: []\n");
  }
  for (const std::string& name : names) {
    // Whoever adds too much may drop ALL already: saying so again changes nothing.
    const bool adds = std::find(adding.begin(), adding.end(), name) != adding.end();
    patch.ContainerContext({name},
                           StrCat("capabilities:\n  ", drop, adds ? StrCat("  ", add) : ""));
  }
  return patch;
}

std::optional<Patch> FixDefaultAddCapabilities(std::string_view detail) {
  const std::vector<std::string> names = detail::QuotedAfter(detail, "must include ");
  if (names.empty()) {
    return std::nullopt;
  }
  return InContext(detail,
                   StrCat("capabilities:\n  add: ", FlowList(names), "  # beside what is there\n"));
}

std::optional<Patch> FixRequiredDropCapabilities(std::string_view detail) {
  const std::vector<std::string> names = detail::QuotedAfter(detail, "must include ");
  if (names.empty()) {
    return std::nullopt;
  }
  return InContext(detail, StrCat("capabilities:\n  drop: ", FlowList(names),
                                  "  # beside what is there\n  ", WithoutAdded(names)));
}

std::optional<Patch> FixNonRoot(std::string_view detail) {
  const std::string lines =
      "runAsNonRoot: true\nrunAsUser: 1000  # any but 0, unless the image has one\n";
  return detail.find("pod or ") == 0 ? InContext(detail, lines) : InEachContext(detail, lines);
}

std::optional<Patch> FixRunAsUser(std::string_view detail) {
  return InEachContext(detail, "runAsUser: 1000  # any but 0\n");
}

std::optional<Patch> FixRunAsUserInRange(std::string_view detail) {
  const std::string user = FirstId(detail, "securityContext.runAsUser of ");
  return user.empty() ? FixNonRoot(detail) : InContext(detail, StrCat("runAsUser: ", user, "\n"));
}

std::optional<Patch> FixRunAsGroup(std::string_view detail) {
  const std::string group = FirstId(detail, "securityContext.runAsGroup of ");
  if (group.empty()) {
    return std::nullopt;
  }
  return InContext(detail, StrCat("runAsGroup: ", group, "\n"));
}

std::optional<Patch> FixWindowsHostProcess(std::string_view detail) {
  return InEachContext(detail, "windowsOptions:\n  hostProcess: false\n");
}

}  // namespace sekisho::report

// What is set once for the pod: namespaces, sysctls, volumes, groups; and ports and probes.
#include <algorithm>
#include <array>

#include "base/str_cat.h"
#include "report/detail.h"
#include "report/fix_makers.h"

namespace sekisho::report {
namespace {

using base::StrCat;

// "8080, 443" behind `marker`; only numbers.
std::vector<std::string> NumbersAfter(std::string_view text, std::string_view marker) {
  std::vector<std::string> numbers;
  const size_t at = text.find(marker);
  if (at == std::string_view::npos) {
    return numbers;
  }
  std::string_view rest = text.substr(at + marker.size());
  while (numbers.size() < detail::kListMax) {
    const size_t end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (end == 0 || end > 5) {
      break;
    }
    numbers.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
    if (!rest.starts_with(", ")) {
      break;
    }
    rest.remove_prefix(2);
  }
  return numbers;
}

// Volumes that are to be other ones.
class Volumes {
 public:
  void Add(const std::string& name, std::string_view comment = "") {
    lines_ += StrCat("- name: ", Scalar(name), comment, "\n  emptyDir: {}\n");
  }
  // CRI does not have the volume's name: `which` says what is known of it.
  void AddUnnamed(std::string_view which, const std::string& path) {
    ++unnamed_;
    Add(unnamed_ == 1 ? "data" : StrCat("data-", unnamed_),
        StrCat("  # the volume ", which, " ", InComment({path})));
  }
  const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
  size_t unnamed_ = 0;
};

// The quoted texts behind every `marker`.
std::vector<std::string> EachQuotedAfter(std::string_view text, std::string_view marker) {
  std::vector<std::string> found;
  for (size_t at = text.find(marker); at != std::string_view::npos;
       at = text.find(marker, at + marker.size())) {
    const std::vector<std::string> items = detail::QuotedAfter(text.substr(at), marker);
    for (const std::string& item : items) {
      if (found.size() < detail::kListMax &&
          std::find(found.begin(), found.end(), item) == found.end()) {
        found.push_back(item);
      }
    }
  }
  return found;
}

}  // namespace

std::optional<Patch> FixHostNamespaces(std::string_view detail) {
  std::string lines;
  for (const std::string_view field : {"hostNetwork", "hostPID", "hostIPC"}) {
    if (detail.find(StrCat(field, "=true")) != std::string_view::npos) {
      lines += StrCat(field, ": false\n");
    }
  }
  if (lines.empty()) {
    return std::nullopt;
  }
  return Patch().Pod(lines);
}

std::optional<Patch> FixHostPorts(std::string_view detail) {
  std::vector<std::string> ports = NumbersAfter(detail, "hostPort ");
  if (ports.empty()) {
    ports = NumbersAfter(detail, "hostPorts ");
  }
  if (ports.empty()) {
    return std::nullopt;
  }
  std::string lines = "ports:\n";
  for (const std::string& port : ports) {
    lines += StrCat("- containerPort: ", port, "  # without hostPort: ", port, "\n");
  }
  return Patch().Containers(detail::ContainersIn(detail), lines);
}

std::optional<Patch> FixHostProbes(std::string_view detail) {
  std::vector<std::string> hosts = detail::QuotedAfter(detail, "lifecycle host ");
  if (hosts.empty()) {
    hosts = detail::QuotedAfter(detail, "lifecycle hosts ");
  }
  // The node sees no other handler than this one.
  return Patch().Containers(
      detail::ContainersIn(detail),
      StrCat("lifecycle:\n  preStop:  # or whichever handler or probe has it\n"
             "    httpGet:  # or tcpSocket\n      host: \"\"  # the pod itself",
             hosts.empty() ? "" : ", in place of ", InComment(hosts), "\n"));
}

std::optional<Patch> FixSysctls(std::string_view detail) {
  std::vector<std::string> names;
  for (const std::string_view marker : {"sysctl ", "sysctls "}) {
    const std::vector<std::string> quoted = detail::QuotedAfter(detail, marker);
    names.insert(names.end(), quoted.begin(), quoted.end());
  }
  if (names.empty()) {
    for (const std::string_view part : detail::Parts(detail, ", ")) {
      names.emplace_back(part);
    }
  }
  return Patch().PodContext(
      StrCat("sysctls: []  # or what is there, without ", InComment(names), "\n"));
}

std::optional<Patch> FixVolumes(std::string_view detail) {
  Volumes volumes;
  for (const std::string_view marker : {"volume ", "volumes "}) {
    for (const std::string& name : EachQuotedAfter(detail, marker)) {
      volumes.Add(name);
    }
  }
  for (const std::string_view marker : {"mounts host path ", "must not mount host path "}) {
    for (const std::string& path : EachQuotedAfter(detail, marker)) {
      volumes.AddUnnamed("whose hostPath is", path);
    }
  }
  for (const std::string& path : EachQuotedAfter(detail, "must not mount ")) {
    volumes.AddUnnamed("that is mounted at", path);
  }
  if (volumes.lines().empty()) {
    return std::nullopt;
  }
  return Patch().Pod(StrCat("volumes:\n", volumes.lines()));
}

std::optional<Patch> FixSupplementalGroups(std::string_view detail) {
  const std::string word = detail::WordAfter(detail, "(and fsGroup) of ");
  const std::string group = word.substr(0, word.find('-'));
  if (group.empty() || group.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return Patch().PodContext(StrCat("supplementalGroups: [", group, "]\nfsGroup: ", group, "\n"));
}

std::optional<Patch> FixSupplementalGroupsPolicy(std::string_view /*detail*/) {
  return Patch().PodContext("supplementalGroupsPolicy: Strict\n");
}

}  // namespace sekisho::report

// What several checks share.
#include <algorithm>
#include <array>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

constexpr auto kMaskedPaths = std::to_array<std::string_view>(
    {"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys",
     "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
     "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"});
constexpr auto kReadonlyPaths = std::to_array<std::string_view>(
    {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
// Older kubelets send a shorter masked list; these are in all of them.
constexpr auto kMaskedCore = std::to_array<std::string_view>(
    {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/sys/firmware"});

// A kubelet hands out host ids from 65536 on; what is below belongs to the node.
constexpr uint32_t kFirstUserNamespaceHostId = 65536;

bool MapsAboveTheNode(const std::vector<IdMapping>& mappings) {
  return !mappings.empty() && std::ranges::all_of(mappings, [](const IdMapping& mapping) {
    return mapping.host_id >= kFirstUserNamespaceHostId && mapping.length > 0;
  });
}

bool HasAll(const std::vector<std::string>& paths, std::span<const std::string_view> wanted) {
  return std::ranges::all_of(wanted, [&paths](std::string_view path) {
    return std::ranges::find(paths, path) != paths.end();
  });
}

}  // namespace

std::string ContainersText(const std::vector<std::string>& names) {
  return base::StrCat(names.size() == 1 ? "container " : "containers ", JoinQuoted(names));
}

std::string JoinQuoted(const std::vector<std::string>& names) {
  return base::StrJoin(names, ", ",
                       [](const std::string& name) { return base::StrCat("\"", name, "\""); });
}

bool InUserNamespace(const SandboxFacts& sandbox) {
  const std::optional<UserNamespace>& userns = sandbox.namespaces.userns;
  return userns.has_value() && userns->mode == NamespaceMode::kPod &&
         MapsAboveTheNode(userns->uids) && MapsAboveTheNode(userns->gids);
}

bool InUserNamespace(const SandboxFacts& sandbox, const ContainerFacts& container) {
  return InUserNamespace(sandbox) && container.namespaces.userns == sandbox.namespaces.userns;
}

bool IsExemptWindowsPod(const Question& question) {
  constexpr int kSince = 25;
  const DeclaredPod* declared = question.subject.declared;
  return declared != nullptr && declared->windows && question.minor >= kSince;
}

std::span<const std::string_view> DefaultMaskedPaths() {
  return kMaskedPaths;
}

std::span<const std::string_view> DefaultReadonlyPaths() {
  return kReadonlyPaths;
}

bool IsProcMasked(const ContainerFacts& container) {
  return HasAll(container.masked_paths, kMaskedCore) &&
         HasAll(container.readonly_paths, kReadonlyPaths);
}

}  // namespace sekisho::policy

#include "manifest/resources.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "manifest/quantity.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;

constexpr int64_t kNodeMemory = int64_t{16} << 30;
constexpr int64_t kCpuPeriod = 100'000;  // microseconds

// What one container, or a pod, asks for. Nothing and 0 are told apart for the CPU request alone,
// where the limit then counts instead.
struct Amounts {
  std::optional<int64_t> cpu_request;  // thousandths of a CPU
  int64_t cpu_limit = 0;
  int64_t memory_request = 0;  // bytes
  int64_t memory_limit = 0;
};

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

void Add(Amounts& to, const Amounts& more) {
  if (more.cpu_request.has_value()) {
    to.cpu_request = SaturatingAdd(to.cpu_request.value_or(0), *more.cpu_request);
  }
  to.cpu_limit = SaturatingAdd(to.cpu_limit, more.cpu_limit);
  to.memory_request = SaturatingAdd(to.memory_request, more.memory_request);
  to.memory_limit = SaturatingAdd(to.memory_limit, more.memory_limit);
}

Amounts Larger(const Amounts& a, const Amounts& b) {
  return {.cpu_request = std::max(a.cpu_request, b.cpu_request),
          .cpu_limit = std::max(a.cpu_limit, b.cpu_limit),
          .memory_request = std::max(a.memory_request, b.memory_request),
          .memory_limit = std::max(a.memory_limit, b.memory_limit)};
}

using Quantities = std::map<std::string, std::string>;

std::optional<int64_t> Amount(const Quantities& quantities, const std::string& resource) {
  const auto found = quantities.find(resource);
  if (found == quantities.end()) {
    return std::nullopt;
  }
  return resource == "cpu" ? ParseMilli(found->second) : ParseWhole(found->second);
}

// The API server's default: what has a limit and no request, requests its limit.
std::optional<int64_t> Request(const Resources& resources, const std::string& resource) {
  const std::optional<int64_t> request = Amount(resources.requests, resource);
  return request.has_value() ? request : Amount(resources.limits, resource);
}

Amounts AmountsOf(const Container& container) {
  const Resources& resources = container.resources;
  return {.cpu_request = Request(resources, "cpu"),
          .cpu_limit = Amount(resources.limits, "cpu").value_or(0),
          .memory_request = Request(resources, "memory").value_or(0),
          .memory_limit = Amount(resources.limits, "memory").value_or(0)};
}

bool IsSidecar(const Container& container) {
  return container.role == ContainerRole::kInit && container.restart_policy == "Always";
}

// All that run together, or the largest moment of initialisation: init containers run one after the
// other, with the sidecars that were started before them.
Amounts AmountsOf(const PodSpec& spec) {
  Amounts together;
  Amounts sidecars;
  Amounts largest;
  for (const Container& container : spec.containers) {
    Amounts own = AmountsOf(container);
    if (container.role == ContainerRole::kRegular || IsSidecar(container)) {
      Add(together, own);
    }
    if (container.role == ContainerRole::kInit) {
      if (IsSidecar(container)) {
        Add(sidecars, own);
        own = sidecars;
      } else {
        Add(own, sidecars);
      }
      largest = Larger(largest, own);
    }
  }
  return Larger(together, largest);
}

int64_t Shares(int64_t milli_cpu) {
  constexpr int64_t kLeast = 2;
  constexpr int64_t kMost = 262'144;
  return std::clamp(std::clamp<int64_t>(milli_cpu, 0, kMost * 1000) * 1024 / 1000, kLeast, kMost);
}

int64_t Quota(int64_t milli_cpu) {
  constexpr int64_t kLeast = 1000;
  constexpr int64_t kMost = INT64_MAX / kCpuPeriod;
  if (milli_cpu <= 0) {
    return 0;
  }
  return std::max(std::min(milli_cpu, kMost) * kCpuPeriod / 1000, kLeast);
}

void ProjectAmounts(const Amounts& amounts, cri::LinuxContainerResources& out) {
  out.set_cpu_period(kCpuPeriod);
  out.set_cpu_shares(Shares(amounts.cpu_request.value_or(amounts.cpu_limit)));
  out.set_cpu_quota(Quota(amounts.cpu_limit));
  out.set_memory_limit_in_bytes(amounts.memory_limit);
}

int64_t OomScoreAdjust(const PodSpec& spec, const Container& container) {
  constexpr int64_t kGuaranteed = -997;
  constexpr int64_t kBestEffort = 1000;
  if (spec.priority_class_name == "system-node-critical") {
    return kGuaranteed;
  }
  switch (QosClassOf(spec)) {
    case QosClass::kGuaranteed:
      return kGuaranteed;
    case QosClass::kBestEffort:
      return kBestEffort;
    case QosClass::kBurstable:
      break;
  }
  // The less of the node's memory a container asks for, the sooner it goes.
  const int64_t request = std::clamp<int64_t>(AmountsOf(container).memory_request, 0, kNodeMemory);
  return std::clamp<int64_t>(1000 - 1000 * request / kNodeMemory, 1000 + kGuaranteed,
                             kBestEffort - 1);
}

}  // namespace

QosClass QosClassOf(const PodSpec& spec) {
  bool any = false;
  bool every_limit = true;
  Amounts sum;
  for (const Container& container : spec.containers) {
    if (container.role == ContainerRole::kEphemeral) {
      continue;
    }
    const Amounts own = AmountsOf(container);
    any = any || own.cpu_request.value_or(0) > 0 || own.memory_request > 0 || own.cpu_limit > 0 ||
          own.memory_limit > 0;
    every_limit = every_limit && own.cpu_limit > 0 && own.memory_limit > 0;
    Add(sum, own);
  }
  if (!any) {
    return QosClass::kBestEffort;
  }
  const bool equal =
      sum.cpu_request.value_or(0) == sum.cpu_limit && sum.memory_request == sum.memory_limit;
  return every_limit && equal ? QosClass::kGuaranteed : QosClass::kBurstable;
}

void ProjectPodResources(const PodSpec& spec, cri::LinuxContainerResources& out) {
  ProjectAmounts(AmountsOf(spec), out);
}

void ProjectContainerResources(const PodSpec& spec, const Container& container,
                               cri::LinuxContainerResources& out) {
  ProjectAmounts(AmountsOf(container), out);
  out.set_oom_score_adj(OomScoreAdjust(spec, container));
  // Memory and swap together: no swap.
  out.set_memory_swap_limit_in_bytes(out.memory_limit_in_bytes());
  for (const auto& [page_size, name] :
       {std::pair("2MB", "hugepages-2Mi"), std::pair("1GB", "hugepages-1Gi")}) {
    cri::HugepageLimit& limit = *out.add_hugepage_limits();
    limit.set_page_size(page_size);
    limit.set_limit(static_cast<uint64_t>(
        std::max<int64_t>(Amount(container.resources.limits, name).value_or(0), 0)));
  }
}

std::string CgroupParent(const PodSpec& spec, const std::string& uid) {
  switch (QosClassOf(spec)) {
    case QosClass::kGuaranteed:
      return base::StrCat("/kubepods/pod", uid);
    case QosClass::kBurstable:
      return base::StrCat("/kubepods/burstable/pod", uid);
    case QosClass::kBestEffort:
      return base::StrCat("/kubepods/besteffort/pod", uid);
  }
  return {};
}

}  // namespace sekisho::manifest

// procMount: on the wire two lists of paths, and an absent list masks nothing.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

constexpr CheckCase kBaselineRows[] = {
    {"absent lists mask nothing", Unmask, "procMount",
     R"(procMount (container "container1" must not set securityContext.procMount to "Unmasked"))"},
    {"nothing masked, all read-only", [](Request& r) { r.container.masked_paths.clear(); },
     "procMount"},
    {"all masked, nothing read-only", [](Request& r) { r.container.readonly_paths.clear(); },
     "procMount"},
    {"half of the masked paths",
     [](Request& r) {
       r.container.masked_paths = {"/proc/kcore", "/sys/firmware"};
     },
     "procMount"},
    {"a path that only looks like one of them",
     [](Request& r) { r.container.masked_paths[0] = "/proc/kcore/"; }, "procMount"},
    {"an empty path for one of them", [](Request& r) { r.container.readonly_paths[3] = ""; },
     "procMount"},
    {"masked where read-only is meant",
     [](Request& r) { r.container.masked_paths.swap(r.container.readonly_paths); }, "procMount"},
    {"the longer list of a newer kubelet",
     [](Request& r) {
       for (const char* path :
            {"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/latency_stats",
             "/proc/timer_stats", "/proc/scsi", "/sys/devices/virtual/powercap",
             "/sys/devices/system/cpu/cpu0/thermal_throttle"}) {
         r.container.masked_paths.insert(r.container.masked_paths.begin(), path);
       }
     }},
    {"more read-only than needed, and some twice",
     [](Request& r) {
       r.container.readonly_paths.insert(r.container.readonly_paths.end(),
                                         {"/proc/sys", "/proc/bus", "/etc"});
     }},
    {"in a user namespace of its own",
     [](Request& r) {
       EnterUserNamespace(r);
       Unmask(r);
     }},
};

constexpr CheckCase kRestrictedRows[] = {
    {"the core lists", [](Request&) {}},
    {"absent lists", Unmask, "procMount_restricted",
     R"(procMount (container "container1" must not set securityContext.procMount to "Unmasked"))"},
    {"in a user namespace: baseline lets it pass, restricted never",
     [](Request& r) {
       EnterUserNamespace(r);
       Unmask(r);
     },
     "procMount_restricted",
     R"(procMount (container "container1" must not set securityContext.procMount to "Unmasked"))"},
    {"one list", [](Request& r) { r.container.masked_paths.clear(); }, "procMount_restricted"},
};

}  // namespace

std::vector<CheckTable> ProcMountTables() {
  return {{"baseline", Level::kBaseline, Judged::kContainer, kBaselineRows},
          {"restricted", Level::kRestricted, Judged::kContainer, kRestrictedRows}};
}

TEST(ChecksProcMount, Rows) {
  for (const CheckTable& table : ProcMountTables()) {
    ExpectRows(table);
  }
}

// Each single path counts: one that is missing opens what it hid.
TEST(ChecksProcMount, EveryPathOfTheCoreIsNeeded) {
  const Request legal = LegalRequest(Level::kBaseline);
  for (Names ContainerFacts::*const list :
       {&ContainerFacts::masked_paths, &ContainerFacts::readonly_paths}) {
    for (const std::string& path : legal.container.*list) {
      Request request = legal;
      std::erase(request.container.*list, path);
      const Decision decision = OfContainer(request);
      EXPECT_EQ(Ids(decision.violations), "procMount") << "without " << path;
    }
  }
}

}  // namespace sekisho::policy

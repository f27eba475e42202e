#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <span>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "caps/cri_caps.h"
#include "verify/verifier.h"

namespace sekisho::verify {
namespace {

using procfs::Process;
using procfs::SeccompMode;

std::string Text(const std::vector<Difference>& differences) {
  return base::StrJoin(differences, "\n", [](const Difference& difference) {
    return base::StrCat(difference.what, ": ", difference.expected, " / ", difference.found);
  });
}

// A container as restricted demands it, as it runs, and a process of the host.
struct Case {
  Expected expected{.seccomp_filter = true,
                    .bounding = caps::CapSet::Of({"NET_BIND_SERVICE"}),
                    .no_new_privs = true,
                    .uid = 1000,
                    .non_root = true,
                    .own_namespaces = {"ipc", "mnt", "net", "pid", "uts"},
                    .root_read_only = true};
  Process process{.pid = 71,
                  .seccomp = SeccompMode::kFilter,
                  .seccomp_filters = 1,
                  .permitted = caps::CapSet::Of({"NET_BIND_SERVICE"}),
                  .effective = caps::CapSet::Of({"NET_BIND_SERVICE"}),
                  .bounding = caps::CapSet::Of({"NET_BIND_SERVICE"}),
                  .no_new_privs = true,
                  .uid = {.real = 1000, .effective = 1000, .saved = 1000, .filesystem = 1000},
                  .namespaces = {{"cgroup", 1},
                                 {"ipc", 12},
                                 {"mnt", 13},
                                 {"net", 14},
                                 {"pid", 15},
                                 {"user", 6},
                                 {"uts", 17}},
                  .root_read_only = true};
  Process host{
      .pid = 1,
      .namespaces =
          {{"cgroup", 1}, {"ipc", 2}, {"mnt", 3}, {"net", 4}, {"pid", 5}, {"user", 6}, {"uts", 7}},
      .root_read_only = false};

  std::string Differences() const { return Text(Compare(expected, process, host)); }
};

struct Row {
  const char* why;
  void (*edit)(Case&);
  const char* differences;  // "" for none
};

void ExpectRows(std::span<const Row> rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    Case one;
    row.edit(one);
    EXPECT_EQ(one.Differences(), row.differences);
  }
}

TEST(Compare, WhatIsWeakerIsNamed) {
  static constexpr auto kRows = std::to_array<Row>({
      {"no filter", [](Case& one) { one.process.seccomp = SeccompMode::kOff; },
       "seccomp: filter / off"},
      {"a mode without a filter", [](Case& one) { one.process.seccomp_filters = 0; },
       "seccompFilters: at least 1 / 0"},
      {"a capability more in one set",
       [](Case& one) {
         one.process.bounding = caps::CapSet::Of({"NET_BIND_SERVICE", "NET_RAW"});
       },
       "capabilities.bounding: at most NET_BIND_SERVICE / NET_RAW"},
      {"several in each set",
       [](Case& one) {
         const auto more = caps::CapSet::Of({"NET_BIND_SERVICE", "NET_RAW", "SYS_ADMIN"});
         one.process.effective = one.process.permitted = one.process.bounding = more;
         one.process.ambient = one.process.inheritable = caps::CapSet::Of({"KILL"});
       },
       "capabilities.effective: at most NET_BIND_SERVICE / NET_RAW, SYS_ADMIN\n"
       "capabilities.permitted: at most NET_BIND_SERVICE / NET_RAW, SYS_ADMIN\n"
       "capabilities.bounding: at most NET_BIND_SERVICE / NET_RAW, SYS_ADMIN\n"
       "capabilities.ambient: at most NET_BIND_SERVICE / KILL\n"
       "capabilities.inheritable: at most NET_BIND_SERVICE / KILL"},
      {"none are allowed", [](Case& one) { one.expected.bounding = caps::CapSet(); },
       "capabilities.effective: none / NET_BIND_SERVICE\n"
       "capabilities.permitted: none / NET_BIND_SERVICE\n"
       "capabilities.bounding: none / NET_BIND_SERVICE"},
      {"all but one are",
       [](Case& one) {
         one.expected.bounding = caps::CapSet(~uint64_t{0}).Without(*caps::NumberOf("SYS_ADMIN"));
         one.process.effective = caps::CapSet::Of({"SYS_ADMIN", "NET_RAW"});
       },
       "capabilities.effective: all but SYS_ADMIN / SYS_ADMIN"},
      {"one that has no name yet",
       [](Case& one) { one.process.permitted = caps::CapSet().With(60); },
       "capabilities.permitted: at most NET_BIND_SERVICE / 60"},
      {"may gain privileges", [](Case& one) { one.process.no_new_privs = false; },
       "noNewPrivileges: set / not set"},
      {"root",
       [](Case& one) {
         one.process.uid = {0, 0, 0, 0};
       },
       "user: not root / uid 0"},
      {"root in one of four places", [](Case& one) { one.process.uid.saved = 0; },
       "user: not root / uid 1000 (effective 1000, saved 0, file system 1000)"},
      {"the host's network", [](Case& one) { one.process.namespaces["net"] = 4; },
       "namespaces.net: of its own / the host's"},
      {"all of the host's", [](Case& one) { one.process.namespaces = one.host.namespaces; },
       "namespaces.ipc: of its own / the host's\n"
       "namespaces.mnt: of its own / the host's\n"
       "namespaces.net: of its own / the host's\n"
       "namespaces.pid: of its own / the host's\n"
       "namespaces.uts: of its own / the host's"},
      {"a writable root", [](Case& one) { one.process.root_read_only = false; },
       "readOnlyRootFilesystem: read-only / writable"},
  });
  ExpectRows(kRows);
}

TEST(Compare, WhatIsAsExpectedOrTighterIsNoDifference) {
  static constexpr auto kRows = std::to_array<Row>({
      {"as expected", [](Case&) {}, ""},
      {"the strict mode", [](Case& one) { one.process.seccomp = SeccompMode::kStrict; }, ""},
      {"more filters", [](Case& one) { one.process.seccomp_filters = 7; }, ""},
      {"a kernel that does not count", [](Case& one) { one.process.seccomp_filters.reset(); }, ""},
      {"fewer capabilities",
       [](Case& one) {
         one.process.effective = one.process.permitted = one.process.bounding = caps::CapSet();
       },
       ""},
      {"a filter nobody asked for", [](Case& one) { one.expected.seccomp_filter = false; }, ""},
      {"another user",
       [](Case& one) {
         one.process.uid = {7, 8, 9, 10};
       },
       ""},
      {"more than was asked for",
       [](Case& one) { one.expected = {.bounding = one.expected.bounding}; }, ""},
      {"a namespace nobody asked for", [](Case& one) { one.process.namespaces["user"] = 16; }, ""},
      {"root as asked for",
       [](Case& one) {
         one.expected.uid = 0;
         one.expected.non_root = false;
         one.process.uid = {0, 0, 0, 0};
       },
       ""},
  });
  ExpectRows(kRows);
}

TEST(Compare, WhatTheKernelDoesNotTellIsNoDifference) {
  static constexpr auto kRows = std::to_array<Row>({
      {"of the process",
       [](Case& one) {
         one.process.namespaces.clear();
         one.process.root_read_only.reset();
         one.process.unseen = {"ns/net: Permission denied", "mountinfo: Permission denied"};
       },
       ""},
      {"of the host", [](Case& one) { one.host.namespaces.clear(); }, ""},
      {"of neither",
       [](Case& one) {
         one.process.namespaces.clear();
         one.host.namespaces.clear();
       },
       ""},
      {"of one namespace alone",
       [](Case& one) {
         one.process.namespaces = one.host.namespaces;
         one.process.namespaces.erase("net");
         one.host.namespaces.erase("ipc");
         one.expected.own_namespaces = {"ipc", "net", "uts"};
       },
       "namespaces.uts: of its own / the host's"},
  });
  ExpectRows(kRows);
}

// Users are the numbers out here. The container's root is a number like any other, and is known.
TEST(Compare, RootInAUserNamespaceIsTheUserItIsMappedTo) {
  Case one;
  one.expected.own_namespaces.insert("user");
  one.expected.root_uid = 131072;
  one.process.namespaces["user"] = 16;
  one.process.uid = {132072, 132072, 132072, 132072};  // its 1000
  EXPECT_EQ(one.Differences(), "");
  one.process.uid = {131072, 131072, 131072, 131072};
  EXPECT_EQ(one.Differences(), "user: not root / uid 131072; 131072 is the container's root");
  one.expected.non_root = false;
  EXPECT_EQ(one.Differences(), "");
  // The namespace is missing: its numbers are the host's.
  one.expected.non_root = true;
  one.process.namespaces["user"] = 6;
  one.process.uid = {0, 0, 0, 0};
  EXPECT_EQ(one.Differences(), "user: not root / uid 0\nnamespaces.user: of its own / the host's");
}

TEST(Compare, AnAppArmorProfileMustBeInForceWhereTheHostHasAppArmor) {
  struct Labels {
    const char* wanted;
    const char* process;
    const char* host;
    const char* difference;
  };
  for (const Labels& row : std::to_array<Labels>({
           {"", "unconfined", "unconfined", ""},
           {"*", "cri-containerd.apparmor.d (enforce)", "unconfined", ""},
           {"*", "unconfined", "unconfined", "appArmor: a profile (enforce) / unconfined"},
           {"*", "web (complain)", "unconfined", "appArmor: a profile (enforce) / web (complain)"},
           {"*", "web (unconfined)", "unconfined",
            "appArmor: a profile (enforce) / web (unconfined)"},
           {"*", "web (kill)", "unconfined", ""},
           {"web", "web (enforce)", "unconfined", ""},
           {"web", "web (complain)", "unconfined", "appArmor: web (enforce) / web (complain)"},
           {"web", "unconfined", "unconfined", "appArmor: web (enforce) / unconfined"},
           {"web", "web2 (enforce)", "unconfined", "appArmor: web (enforce) / web2 (enforce)"},
           {"web", "web//worker (enforce)", "unconfined", ""},
           {"web", "other//&web (enforce)", "unconfined", ""},
           {"web", "web//&other (mixed)", "unconfined", ""},
           {"web", "other//&another (enforce)", "unconfined",
            "appArmor: web (enforce) / other//&another (enforce)"},
           {"*", "unconfined//&web (mixed)", "unconfined", ""},
           {"a (b)", "a (b) (enforce)", "unconfined", ""},
           // A label is always there where AppArmor is.
           {"web", "", "unconfined", "appArmor: web (enforce) / none"},
           {"web", "", "init (enforce)", "appArmor: web (enforce) / none"},
           {"web", "", "", ""},
           {"*", "", "", ""},
           {"web", "unconfined", "", "appArmor: web (enforce) / unconfined"},
           // SELinux.
           {"*", "system_u:system_r:container_t:s0:c1,c2", "system_u:system_r:init_t:s0", ""},
           {"*", "", "system_u:system_r:init_t:s0", ""},
       })) {
    SCOPED_TRACE(base::StrCat(row.wanted, " / ", row.process, " / ", row.host));
    Case one;
    one.expected.apparmor = row.wanted;
    one.process.lsm_label = row.process;
    one.host.lsm_label = row.host;
    EXPECT_EQ(one.Differences(), row.difference);
  }
}

TEST(Compare, ALabelThatCannotBeReadIsNoDifference) {
  Case one;
  one.expected.apparmor = "web";
  one.host.lsm_label = "unconfined";
  one.process.unseen = {"attr/current: Permission denied"};
  EXPECT_EQ(one.Differences(), "");
}

}  // namespace
}  // namespace sekisho::verify

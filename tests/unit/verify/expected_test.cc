#include "verify/expected.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "caps/cri_caps.h"

namespace sekisho::verify {
namespace {

using policy::ContainerFacts;
using policy::NamespaceMode;
using policy::ProfileType;
using policy::SandboxFacts;
using ::testing::ElementsAre;

struct Pod {
  SandboxFacts sandbox;
  ContainerFacts container;

  Expected MustBe() const { return ExpectedOf(sandbox, container); }
  void MapUsers(std::vector<policy::IdMapping> uids) {
    const policy::UserNamespace userns{
        .mode = NamespaceMode::kPod, .uids = uids, .gids = std::move(uids)};
    sandbox.namespaces.userns = userns;
    container.namespaces.userns = userns;
  }
};

TEST(ExpectedOf, AContainerThatAsksForNothingHasTheRuntimesDefaults) {
  EXPECT_EQ(Pod().MustBe(), (Expected{.bounding = caps::RuntimeDefaultSet(),
                                      .own_namespaces = {"ipc", "mnt", "net", "pid", "uts"}}));
}

TEST(ExpectedOf, WhatARestrictedContainerAsksForMustBeThere) {
  Pod pod;
  pod.container.capabilities_drop = {"ALL"};
  pod.container.no_new_privs = true;
  pod.container.run_as_user = 1000;
  pod.container.readonly_rootfs = true;
  pod.container.seccomp = {ProfileType::kRuntimeDefault, ""};
  pod.container.apparmor = {ProfileType::kRuntimeDefault, ""};
  EXPECT_EQ(pod.MustBe(), (Expected{.seccomp_filter = true,
                                    .bounding = caps::CapSet(),
                                    .no_new_privs = true,
                                    .uid = 1000,
                                    .non_root = true,
                                    .own_namespaces = {"ipc", "mnt", "net", "pid", "uts"},
                                    .root_read_only = true,
                                    .apparmor = "*"}));
}

// A runtime gives a privileged container no filter, no profile and every capability; it still has
// the namespaces, the user and the read-only root that it asked for.
TEST(ExpectedOf, OfAPrivilegedContainerOnlyWhatItKeeps) {
  Pod pod;
  pod.container.privileged = true;
  pod.container.capabilities_drop = {"ALL"};
  pod.container.seccomp = {ProfileType::kRuntimeDefault, ""};
  pod.container.apparmor = {ProfileType::kLocalhost, "web"};
  pod.container.run_as_user = 1000;
  pod.container.readonly_rootfs = true;
  EXPECT_EQ(pod.MustBe(), (Expected{.bounding = caps::CapSet(~uint64_t{0}),
                                    .uid = 1000,
                                    .non_root = true,
                                    .own_namespaces = {"ipc", "mnt", "net", "pid", "uts"},
                                    .root_read_only = true}));
}

TEST(ExpectedOf, AFilterIsExpectedWhereEitherFieldAsksForOneAndNeitherForNone) {
  struct Row {
    policy::SecurityProfile current;
    const char* deprecated;
    bool filter;
  };
  for (const Row& row : std::to_array<Row>({
           {{ProfileType::kAbsent, ""}, "", false},
           {{ProfileType::kUnconfined, ""}, "", false},
           {{ProfileType::kRuntimeDefault, ""}, "", true},
           {{ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/a.json"}, "", true},
           {{ProfileType::kAbsent, ""}, "runtime/default", true},
           {{ProfileType::kAbsent, ""}, "localhost/a.json", true},
           {{ProfileType::kAbsent, ""}, "unconfined", false},
           {{ProfileType::kRuntimeDefault, ""}, "unconfined", false},
       })) {
    SCOPED_TRACE(row.deprecated);
    Pod pod;
    pod.container.seccomp = row.current;
    pod.container.seccomp_profile_path = row.deprecated;
    EXPECT_EQ(pod.MustBe().seccomp_filter, row.filter);
  }
}

TEST(ExpectedOf, CapabilitiesAreThoseOfAnyRuntimesReading) {
  struct Row {
    const char* why;
    std::vector<std::string> add, drop, ambient;
    caps::CapSet bounding;
  };
  const caps::CapSet defaults = caps::RuntimeDefaultSet();
  const auto number = [](const char* name) { return *caps::NumberOf(name); };
  const caps::CapSet every(~uint64_t{0});
  for (const Row& row : {
           Row{"added", {"NET_ADMIN"}, {}, {}, defaults.With(number("NET_ADMIN"))},
           Row{"any case", {"net_admin"}, {}, {}, defaults.With(number("NET_ADMIN"))},
           Row{"with the prefix some give it",
               {"CAP_NET_ADMIN"},
               {},
               {},
               defaults.With(number("NET_ADMIN"))},
           Row{"dropped", {}, {"NET_RAW"}, {}, defaults.Without(number("NET_RAW"))},
           Row{"with the prefix containerd drops nothing", {}, {"CAP_NET_RAW"}, {}, defaults},
           Row{"all, with what has no name yet", {"ALL"}, {}, {}, every},
           Row{"all but one", {"ALL"}, {"SYS_ADMIN"}, {}, every.Without(number("SYS_ADMIN"))},
           Row{"none but one", {"KILL"}, {"ALL"}, {}, caps::CapSet::Of({"KILL"})},
           Row{"ambient ones count as added", {}, {"ALL"}, {"KILL"}, caps::CapSet::Of({"KILL"})},
           Row{"no capability", {"FLY"}, {}, {}, defaults},
       }) {
    SCOPED_TRACE(row.why);
    Pod pod;
    pod.container.capabilities_add = row.add;
    pod.container.capabilities_drop = row.drop;
    pod.container.capabilities_ambient = row.ambient;
    EXPECT_EQ(pod.MustBe().bounding, row.bounding) << pod.MustBe().bounding.ToString();
  }
}

TEST(ExpectedOf, TheUserIsANumberOrNotKnown) {
  struct Row {
    std::optional<int64_t> user;
    const char* username;
    std::optional<int64_t> uid;
    bool non_root;
  };
  for (const Row& row : std::to_array<Row>({
           {std::nullopt, "", std::nullopt, false},
           {0, "", 0, false},
           {1000, "", 1000, true},
           {1000, "root", std::nullopt, false},  // the name wins, and only the image knows it
           {1000, "0", 0, false},
           {1000, "0:0", 0, false},
           {0, "1000", 1000, true},
           {std::nullopt, "1000:100", 1000, true},
           {std::nullopt, "web:100", std::nullopt, false},
           {std::nullopt, "-1", std::nullopt, false},
           {std::nullopt, "99999999999", std::nullopt, false},
           {std::nullopt, "10x", std::nullopt, false},
       })) {
    SCOPED_TRACE(row.username);
    Pod pod;
    pod.container.run_as_user = row.user;
    pod.container.run_as_username = row.username;
    EXPECT_EQ(pod.MustBe().uid, row.uid);
    EXPECT_EQ(pod.MustBe().non_root, row.non_root);
  }
}

TEST(ExpectedOf, NamespacesAreItsOwnUnlessTheNodesWereAskedFor) {
  using Options = policy::NamespaceOptions;
  using Mode = NamespaceMode Options::*;
  struct Row {
    const char* why;
    Mode mode;
    NamespaceMode sandbox, container;
    std::set<std::string> own;
  };
  const std::set<std::string> all = {"ipc", "mnt", "net", "pid", "uts"};
  for (const Row& row : {
           Row{"the host's network has the host's name",
               &Options::network,
               NamespaceMode::kNode,
               NamespaceMode::kNode,
               {"ipc", "mnt", "pid"}},
           Row{"pid",
               &Options::pid,
               NamespaceMode::kNode,
               NamespaceMode::kNode,
               {"ipc", "mnt", "net", "uts"}},
           Row{"ipc",
               &Options::ipc,
               NamespaceMode::kNode,
               NamespaceMode::kNode,
               {"mnt", "net", "pid", "uts"}},
           Row{"a pid namespace of its own", &Options::pid, NamespaceMode::kContainer,
               NamespaceMode::kContainer, all},
           Row{"that of another container", &Options::pid, NamespaceMode::kContainer,
               NamespaceMode::kTarget, all},
           Row{"the sandbox decides what the container joins",
               &Options::network,
               NamespaceMode::kNode,
               NamespaceMode::kPod,
               {"ipc", "mnt", "pid"}},
           Row{"a runtime may read the container's",
               &Options::pid,
               NamespaceMode::kContainer,
               NamespaceMode::kNode,
               {"ipc", "mnt", "net", "uts"}},
       }) {
    SCOPED_TRACE(row.why);
    Pod pod;
    pod.sandbox.namespaces.*row.mode = row.sandbox;
    pod.container.namespaces.*row.mode = row.container;
    EXPECT_EQ(pod.MustBe().own_namespaces, row.own);
  }
}

TEST(ExpectedOf, AUserNamespaceOfItsOwnMovesItsRoot) {
  Pod pod;
  pod.MapUsers({{.host_id = 131072, .container_id = 0, .length = 65536}});
  EXPECT_TRUE(pod.MustBe().own_namespaces.contains("user"));
  EXPECT_EQ(pod.MustBe().root_uid, 131072);

  // Root is not the first that is mapped; and where it is not mapped, there is none.
  pod.MapUsers({{.host_id = 70000, .container_id = 1, .length = 10},
                {.host_id = 90000, .container_id = 0, .length = 1}});
  EXPECT_EQ(pod.MustBe().root_uid, 90000);
  pod.MapUsers({{.host_id = 70000, .container_id = 1, .length = 10}});
  EXPECT_TRUE(pod.MustBe().own_namespaces.contains("user"));
  EXPECT_EQ(pod.MustBe().root_uid, 0);
}

TEST(ExpectedOf, AnEmptyUserNamespaceIsTheHosts) {
  Pod pod;
  EXPECT_FALSE(pod.MustBe().own_namespaces.contains("user"));
  pod.MapUsers({});  // mode POD is the zero value
  EXPECT_FALSE(pod.MustBe().own_namespaces.contains("user"));
  pod.MapUsers({{.host_id = 131072, .container_id = 0, .length = 65536}});
  pod.container.namespaces.userns->mode = NamespaceMode::kNode;
  pod.sandbox.namespaces.userns->mode = NamespaceMode::kNode;
  EXPECT_FALSE(pod.MustBe().own_namespaces.contains("user"));
  pod.MapUsers({{.host_id = 131072, .container_id = 0, .length = 65536}});
  pod.sandbox.namespaces.userns.reset();  // the two say different things
  EXPECT_FALSE(pod.MustBe().own_namespaces.contains("user"));
  EXPECT_EQ(pod.MustBe().root_uid, 0);
}

TEST(ExpectedOf, AnAppArmorProfileIsExpectedWhereOneWasAskedFor) {
  struct Row {
    policy::SecurityProfile current;
    const char* deprecated;
    const char* profile;
  };
  for (const Row& row : std::to_array<Row>({
           {{ProfileType::kAbsent, ""}, "", ""},
           {{ProfileType::kUnconfined, ""}, "", ""},
           {{ProfileType::kRuntimeDefault, ""}, "", "*"},
           {{ProfileType::kLocalhost, "web"}, "", "web"},
           {{ProfileType::kLocalhost, "localhost/web"}, "", "web"},
           {{ProfileType::kAbsent, ""}, "runtime/default", "*"},
           {{ProfileType::kAbsent, ""}, "localhost/web", "web"},
           {{ProfileType::kAbsent, ""}, "unconfined", ""},
           {{ProfileType::kLocalhost, "web"}, "unconfined", ""},
           {{ProfileType::kLocalhost, "web"}, "localhost/other", "web"},
       })) {
    SCOPED_TRACE(row.deprecated);
    Pod pod;
    pod.container.apparmor = row.current;
    pod.container.apparmor_profile = row.deprecated;
    EXPECT_EQ(pod.MustBe().apparmor, row.profile);
  }
}

const std::string kWhole =
    R"({"seccompFilter":true,"bounding":"00000000a80425fb","noNewPrivileges":true,"uid":1000,)"
    R"("nonRoot":true,"rootUid":131072,"ownNamespaces":["mnt","net"],"rootReadOnly":true,)"
    R"("appArmor":"web"})";

TEST(ExpectedJson, IsOneLineThatReadsBack) {
  const Expected expected{.seccomp_filter = true,
                          .bounding = caps::CapSet(0xa80425fb),
                          .no_new_privs = true,
                          .uid = 1000,
                          .non_root = true,
                          .root_uid = 131072,
                          .own_namespaces = {"mnt", "net"},
                          .root_read_only = true,
                          .apparmor = "web"};
  EXPECT_EQ(ToJson(expected), kWhole);
  EXPECT_EQ(ParseExpected(kWhole).value_or(Expected()), expected);
  EXPECT_EQ(ToJson(Expected()),
            R"({"seccompFilter":false,"bounding":"0000000000000000","noNewPrivileges":false,)"
            R"("nonRoot":false,"ownNamespaces":[],"rootReadOnly":false,"appArmor":""})");
  EXPECT_EQ(ParseExpected(ToJson(Expected())).value_or(expected), Expected());
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(ExpectedJson, WhatALaterAgentAddsIsPassedOver) {
  const std::string later = Replaced(kWhole, "{", R"({"later":{"a":[1,null]},)");
  EXPECT_EQ(ParseExpected(later).value_or(Expected()), *ParseExpected(kWhole));
}

TEST(ExpectedJson, WhatIsMissingOrOfAnotherTypeIsNamed) {
  struct Row {
    const char* from;
    const char* to;
    const char* error;
  };
  for (const Row& row : std::to_array<Row>({
           {R"("seccompFilter":true,)", "", "seccompFilter: is not true or false"},
           {R"("seccompFilter":true)", R"("seccompFilter":1)",
            "seccompFilter: is not true or false"},
           {R"("00000000a80425fb")", "2818844155", "bounding: is not a text"},
           {"00000000a80425fb", "a80425fb", "bounding: is not 16 hexadecimal digits"},
           {"00000000a80425fb", "0x000000a80425fb", "bounding: is not 16 hexadecimal digits"},
           {"00000000a80425fb", "-0000000a80425fb", "bounding: is not 16 hexadecimal digits"},
           {R"("noNewPrivileges":true,)", "", "noNewPrivileges: is not true or false"},
           {R"("uid":1000)", R"("uid":"1000")", "uid: is not a whole number of 64 bits"},
           {R"("uid":1000)", R"("uid":1000.5)", "uid: is not a whole number of 64 bits"},
           {R"("uid":1000)", R"("uid":9223372036854775808)",
            "uid: is not a whole number of 64 bits"},
           {R"("uid":1000)", R"("uid":null)", "uid: is not a whole number of 64 bits"},
           {R"("nonRoot":true,)", "", "nonRoot: is not true or false"},
           {R"("rootUid":131072)", R"("rootUid":[])", "rootUid: is not a whole number of 64 bits"},
           {R"(["mnt","net"])", R"({"mnt":1})", "ownNamespaces: is not a list of texts"},
           {R"(["mnt","net"])", R"(["mnt",7])", "ownNamespaces: is not a list of texts"},
           {R"("rootReadOnly":true,)", "", "rootReadOnly: is not true or false"},
           {R"(,"appArmor":"web")", "", "appArmor: is not a text"},
       })) {
    SCOPED_TRACE(row.to);
    const absl::Status status = ParseExpected(Replaced(kWhole, row.from, row.to)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_EQ(std::string(status.message()), row.error);
  }
  for (const char* text : {"", "[]", "null", "{", "{\"seccompFilter\":true", "\xff"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(absl::IsInvalidArgument(ParseExpected(text).status()));
  }
}

TEST(ExpectedJson, AUserMayBeMissing) {
  const Expected read =
      *ParseExpected(Replaced(Replaced(kWhole, R"("uid":1000,)", ""), R"("rootUid":131072,)", ""));
  EXPECT_EQ(read.uid, std::nullopt);
  EXPECT_EQ(read.root_uid, 0);
  EXPECT_THAT(read.own_namespaces, ElementsAre("mnt", "net"));
}

}  // namespace
}  // namespace sekisho::verify

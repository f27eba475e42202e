// Who a CreateContainer says its pod is, against what was recorded.
#include "cri/identity.h"

#include <gmock/gmock.h>

#include "cri/facts.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::NamespaceMode;
using policy::ProfileType;
using policy::SandboxFacts;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// A recorded sandbox with something in every field.
SandboxFacts Recorded() {
  SandboxFacts facts = FactsFrom(testing::SandboxConfig({}), "runc", "config");
  facts.selinux = {"", "", "container_t", "s0:c1,c2"};
  facts.run_as_user = 1000;
  facts.run_as_group = 1000;
  facts.readonly_rootfs = true;
  facts.supplemental_groups = {27, 28};
  facts.sysctls = {{"kernel.shm_rmid_forced", "1"}};
  facts.host_ports = {80, 443};
  facts.namespaces.userns = {NamespaceMode::kPod, {{65536, 0, 65536}}, {{65536, 0, 65536}}};
  return facts;
}

struct Row {
  const char* why;
  void (*claim)(SandboxFacts&);
  const char* field = nullptr;  // that is reported; none: this is not compared
  bool in_status = false;       // PodSandboxStatus has it: compared even when nothing else is known
};

constexpr char kNamespaces[] = "sandbox_config.linux.security_context.namespace_options";

constexpr Row kRows[] = {
    {"name", [](SandboxFacts& f) { f.pod.name = "x"; }, "sandbox_config.metadata.name", true},
    {"namespace", [](SandboxFacts& f) { f.pod.namespace_ = "kube-system"; },
     "sandbox_config.metadata.namespace", true},
    {"uid", [](SandboxFacts& f) { f.pod.uid = "x"; }, "sandbox_config.metadata.uid", true},
    {"attempt", [](SandboxFacts& f) { f.pod.attempt = 1; }, "sandbox_config.metadata.attempt",
     true},
    {"network", [](SandboxFacts& f) { f.namespaces.network = NamespaceMode::kNode; }, kNamespaces,
     true},
    {"pid", [](SandboxFacts& f) { f.namespaces.pid = NamespaceMode::kNode; }, kNamespaces, true},
    {"ipc", [](SandboxFacts& f) { f.namespaces.ipc = NamespaceMode::kNode; }, kNamespaces, true},
    {"target", [](SandboxFacts& f) { f.namespaces.target_id = "x"; }, kNamespaces, true},
    {"no user namespace", [](SandboxFacts& f) { f.namespaces.userns.reset(); }, kNamespaces, true},
    {"the node's user namespace",
     [](SandboxFacts& f) { f.namespaces.userns->mode = NamespaceMode::kNode; }, kNamespaces, true},
    {"another mapping", [](SandboxFacts& f) { f.namespaces.userns->uids[0].host_id = 0; },
     kNamespaces, true},
    {"another mapping of groups", [](SandboxFacts& f) { f.namespaces.userns->gids.clear(); },
     kNamespaces, true},
    {"SELinux", [](SandboxFacts& f) { f.selinux->type = "spc_t"; },
     "sandbox_config.linux.security_context.selinux_options"},
    {"no SELinux", [](SandboxFacts& f) { f.selinux.reset(); },
     "sandbox_config.linux.security_context.selinux_options"},
    {"user", [](SandboxFacts& f) { f.run_as_user = 0; },
     "sandbox_config.linux.security_context.run_as_user"},
    {"no user", [](SandboxFacts& f) { f.run_as_user.reset(); },
     "sandbox_config.linux.security_context.run_as_user"},
    {"group", [](SandboxFacts& f) { f.run_as_group = 0; },
     "sandbox_config.linux.security_context.run_as_group"},
    {"writable root", [](SandboxFacts& f) { f.readonly_rootfs = false; },
     "sandbox_config.linux.security_context.readonly_rootfs"},
    {"groups", [](SandboxFacts& f) { f.supplemental_groups.push_back(0); },
     "sandbox_config.linux.security_context.supplemental_groups"},
    {"a kubelet keeps their order",
     [](SandboxFacts& f) {
       f.supplemental_groups = {28, 27};
     },
     "sandbox_config.linux.security_context.supplemental_groups"},
    {"the sandbox's own profile",
     [](SandboxFacts& f) { f.seccomp.type = ProfileType::kUnconfined; },
     "sandbox_config.linux.security_context.seccomp"},
    {"its deprecated spelling", [](SandboxFacts& f) { f.seccomp_profile_path = "unconfined"; },
     "sandbox_config.linux.security_context.seccomp_profile_path"},
    {"a sysctl more", [](SandboxFacts& f) { f.sysctls["kernel.msgmax"] = "1"; },
     "sandbox_config.linux.sysctls"},
    {"a sysctl's value", [](SandboxFacts& f) { f.sysctls["kernel.shm_rmid_forced"] = "0"; },
     "sandbox_config.linux.sysctls"},
    {"cgroup", [](SandboxFacts& f) { f.cgroup_parent = "/system.slice"; },
     "sandbox_config.linux.cgroup_parent"},
    {"logs", [](SandboxFacts& f) { f.log_directory = "/etc"; }, "sandbox_config.log_directory"},
    {"a host port more", [](SandboxFacts& f) { f.host_ports.push_back(22); },
     "sandbox_config.port_mappings"},
    {"the same port twice", [](SandboxFacts& f) { f.host_ports.push_back(80); },
     "sandbox_config.port_mappings"},

    {"not compared: the order of host ports",
     [](SandboxFacts& f) {
       f.host_ports = {443, 80};
     }},
    {"not compared: an ephemeral container that is privileged sets it",
     [](SandboxFacts& f) { f.privileged = true; }},
    {"not compared: users may annotate a running pod",
     [](SandboxFacts& f) { f.annotations["a"] = "b"; }},
    {"not compared: the source, which is an annotation",
     [](SandboxFacts& f) { f.pod.source = policy::PodSource::kStatic; }},
    {"not compared: CreateContainer carries no runtime handler",
     [](SandboxFacts& f) { f.pod.runtime_handler = ""; }},
    {"not compared: judged by itself", [](SandboxFacts& f) { f.windows_present = true; }},
    {"not compared: judged by itself, too", [](SandboxFacts& f) { f.unknown = {{"x"}}; }},
};

std::vector<std::string> Expected(const Row& row, bool complete) {
  const bool reported = row.field != nullptr && (complete || row.in_status);
  return reported ? std::vector<std::string>{row.field} : std::vector<std::string>{};
}

TEST(SandboxMismatches, FieldByField) {
  const SandboxFacts recorded = Recorded();
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.why);
    SandboxFacts claimed = recorded;
    row.claim(claimed);
    ASSERT_FALSE(claimed == recorded) << "the row changes nothing";
    EXPECT_EQ(Mismatches(recorded, true, claimed), Expected(row, true));
    EXPECT_EQ(Mismatches(recorded, false, claimed), Expected(row, false));
    // Whichever of the two is the odd one.
    EXPECT_EQ(Mismatches(claimed, true, recorded), Expected(row, true));
  }
}

TEST(SandboxMismatches, NoneWhenTheSame) {
  EXPECT_THAT(Mismatches(Recorded(), true, Recorded()), IsEmpty());
  EXPECT_THAT(Mismatches(SandboxFacts(), true, SandboxFacts()), IsEmpty());
}

TEST(SandboxMismatches, AllOfThemAreNamed) {
  SandboxFacts claimed = Recorded();
  claimed.pod.name = "x";
  claimed.log_directory = "/etc";
  EXPECT_THAT(Mismatches(Recorded(), true, claimed),
              ElementsAre("sandbox_config.metadata.name", "sandbox_config.log_directory"));
}

TEST(SandboxMismatches, TheNodesUserNamespaceIsNone) {
  SandboxFacts absent = Recorded();
  absent.namespaces.userns.reset();
  SandboxFacts node = absent;
  node.namespaces.userns.emplace().mode = NamespaceMode::kNode;
  EXPECT_THAT(Mismatches(absent, true, node), IsEmpty());
  EXPECT_THAT(Mismatches(node, true, absent), IsEmpty());
  // An empty message is mode POD, and so is not the node's.
  SandboxFacts empty = absent;
  empty.namespaces.userns.emplace();
  EXPECT_THAT(Mismatches(absent, true, empty), ElementsAre(kNamespaces));
  EXPECT_THAT(Mismatches(node, true, empty), ElementsAre(kNamespaces));
}

TEST(ContainerMismatches, AKubeletsOwn) {
  EXPECT_THAT(Mismatches(Recorded(), testing::CreateContainer("id", {}, {}).config()), IsEmpty());
}

TEST(ContainerMismatches, Labels) {
  constexpr const char* kCompared[] = {"io.kubernetes.pod.name", "io.kubernetes.pod.namespace",
                                       "io.kubernetes.pod.uid", "io.kubernetes.container.name"};
  for (const char* key : kCompared) {
    SCOPED_TRACE(key);
    auto request = testing::CreateContainer("id", {}, {});
    auto& labels = *request.mutable_config()->mutable_labels();
    ASSERT_TRUE(labels.contains(key));
    labels[key] = "another";
    EXPECT_THAT(Mismatches(Recorded(), request.config()),
                ElementsAre("config.labels[" + std::string(key) + "]"));
    labels[key] = "";  // an empty one is one
    EXPECT_THAT(Mismatches(Recorded(), request.config()), ElementsAre(StartsWith("config.labels")));
    labels.erase(key);  // no claim, no contradiction
    EXPECT_THAT(Mismatches(Recorded(), request.config()), IsEmpty());
  }
}

TEST(ContainerMismatches, OtherLabelsAndAnnotationsAreNotCompared) {
  auto request = testing::CreateContainer("id", {}, {});
  (*request.mutable_config()->mutable_labels())["app"] = "another";
  (*request.mutable_config()->mutable_annotations())["io.kubernetes.pod.name"] = "another";
  request.mutable_config()->mutable_metadata()->set_attempt(9);
  EXPECT_THAT(Mismatches(Recorded(), request.config()), IsEmpty());
}

struct LogRow {
  const char* name;  // of the container
  std::string log_path;
  bool good = false;
};

TEST(ContainerMismatches, LogPath) {
  const LogRow rows[] = {
      {"web", "web/0.log", true},
      {"web", "web/17.log", true},
      {"web", "", true},  // no log is opened
      {"web", "web/00.log", true},
      {"a.b-c", "a.b-c/0.log", true},
      {"web", "0.log"},
      {"web", "web"},
      {"web", "web/"},
      {"web", "web/.log"},
      {"web", "web/0"},
      {"web", "web/0.txt"},
      {"web", "web/0.log.gz"},
      {"web", "web/0.log/"},
      {"web", "web/0.log/x"},
      {"web", "web/-1.log"},
      {"web", "web/a.log"},
      {"web", "web/0.LOG"},
      {"web", "web/../0.log"},
      {"web", "web/../../../../etc/cron.d/0.log"},
      {"web", "web/0.log/../../../etc/passwd"},
      {"web", "../web/0.log"},
      {"web", "./web/0.log"},
      {"web", "web/./0.log"},
      {"web", "web//0.log"},
      {"web", "/web/0.log"},
      {"web", "/etc/passwd"},
      {"web", ".."},
      {"web", "other/0.log"},
      {"web", "webs/0.log"},
      {"web", "web\\0.log"},
      {"web", std::string("web/0.log\0", 10)},
      {"web", std::string("web/0\0.log", 10)},
      {"web", "web/0.log\n"},
      {"web", "web/ 0.log"},
      // The name is the caller's word as well.
      {"..", "../0.log"},
      {".", "./0.log"},
      {"", "/0.log"},
      {"../../etc", "../../etc/0.log"},
      {"/etc", "/etc/0.log"},
      {"a/b", "a/b/0.log"},
  };
  for (const LogRow& row : rows) {
    SCOPED_TRACE(std::string(row.name) + ": " + row.log_path);
    cri_v1::ContainerConfig config;
    config.mutable_metadata()->set_name(row.name);
    config.set_log_path(row.log_path);
    if (row.good) {
      EXPECT_THAT(Mismatches(Recorded(), config), IsEmpty());
    } else {
      EXPECT_THAT(Mismatches(Recorded(), config), ElementsAre("config.log_path"));
    }
  }
}

}  // namespace
}  // namespace sekisho::cri

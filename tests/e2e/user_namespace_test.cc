// hostUsers: false. What the relaxed rules of such pods stand on: that the kernel really maps the
// container's root to somebody who is nobody on the node.
#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "e2e/node_fixture.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using ::testing::HasSubstr;

constexpr uint32_t kFirstHostId = 655360;  // a multiple of 65536, as the kubelet chooses them
constexpr uint32_t kIds = 65536;

template <typename Mappings>
void MapIds(Mappings& mappings) {
  mappings.Clear();
  cri_v1::IDMapping& mapping = *mappings.Add();
  mapping.set_host_id(kFirstHostId);
  mapping.set_length(kIds);
}

class UserNamespaceTest : public NodeTest {
 protected:
  PodOptions PodInAUserNamespace(const std::string& namespace_) {
    PodOptions pod = PodIn(namespace_);
    pod.edit = [](cri_v1::PodSandboxConfig& config) {
      cri_v1::UserNamespace& users = *config.mutable_linux()
                                          ->mutable_security_context()
                                          ->mutable_namespace_options()
                                          ->mutable_userns_options();
      users.set_mode(cri_v1::POD);
      MapIds(*users.mutable_uids());
      MapIds(*users.mutable_gids());
    };
    return pod;
  }

  // Restricted, and root all the same: the standards allow it in a user namespace.
  static void MakeRestrictedRoot(cri_v1::ContainerConfig& config) {
    MakeRestricted(config);
    auto& context = *config.mutable_linux()->mutable_security_context();
    context.mutable_run_as_user()->set_value(0);
    context.mutable_run_as_group()->set_value(0);
    for (cri_v1::Mount& mount : *config.mutable_mounts()) {  // as the kubelet does
      MapIds(*mount.mutable_uidmappings());
      MapIds(*mount.mutable_gidmappings());
    }
  }

  // By the runtime's own word, which is what the kubelet goes by.
  bool RuntimeHasUserNamespaces() {
    cri_v1::StatusResponse response;
    EXPECT_TRUE(client_->Call("Status", cri_v1::StatusRequest(), response).ok());
    return std::ranges::any_of(response.runtime_handlers(), [](const auto& handler) {
      return handler.name().empty() && handler.features().user_namespaces();
    });
  }

  Finished Verify() const {
    return RunToEnd({SEKISHO_BINARY, "verify", "--config", sekisho_->options().dir + "/config.yaml",
                     "-o", "json"});
  }

  // containerd before 2.0. Past the agent 1.6 does not even read the field, and what was asked to
  // be nobody on the node is its root. The sandbox rests on no relaxed rule.
  void ExpectRefusedWithReason(const PodOptions& pod, const std::string& sandbox) {
    const absl::Status refused =
        client_->Create(sandbox, pod, {.edit = MakeRestrictedRoot}).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("hostUsers: false"));
    cri_v1::VersionResponse version;
    ASSERT_TRUE(direct_->Call("Version", cri_v1::VersionRequest(), version).ok());
    if (!version.runtime_version().starts_with("1.6.")) {
      return;
    }
    const absl::StatusOr<std::string> id = direct_->Run(sandbox, pod, {.edit = MakeRestrictedRoot});
    ASSERT_TRUE(id.ok()) << id.status();
    EXPECT_EQ(StatusOf(*id).uid, 0);
    EXPECT_EQ(node_->NamespaceOf(*id, "user"), NamespaceOf(::getpid(), "user"));
    const Finished verified = Verify();
    EXPECT_EQ(verified.exit_code, 1) << verified.output;
    EXPECT_THAT(verified.output, HasSubstr("namespaces.user"));
  }

  static std::vector<uint32_t> NumbersIn(const std::string& text) {
    std::istringstream words(text);
    return {std::istream_iterator<uint32_t>(words), std::istream_iterator<uint32_t>()};
  }
};

TEST_F(UserNamespaceTest, RootOfARestrictedPodIsNobodyOnTheNode) {
  const PodOptions pod = PodInAUserNamespace("restricted");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  if (!RuntimeHasUserNamespaces()) {
    ExpectRefusedWithReason(pod, *sandbox);
    return;
  }
  const absl::StatusOr<std::string> id = client_->Run(*sandbox, pod, {.edit = MakeRestrictedRoot});
  ASSERT_TRUE(id.ok()) << id.status();

  EXPECT_EQ(StatusOf(*id).uid, kFirstHostId);
  EXPECT_EQ(StatusOf(*id).seccomp, 2);
  EXPECT_NE(node_->NamespaceOf(*id, "user"), NamespaceOf(::getpid(), "user"));
  const std::string proc = "/proc/" + std::to_string(direct_->PidOf(*id).value_or(-1));
  for (const char* map : {"/uid_map", "/gid_map"}) {
    EXPECT_EQ(NumbersIn(ReadText(proc + map)), (std::vector<uint32_t>{0, kFirstHostId, kIds}));
  }
  const absl::StatusOr<ExecResult> seen = client_->Exec(*id, {"/bin/id", "-u"});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->out, "0\n");
  const Finished verified = Verify();
  EXPECT_EQ(verified.exit_code, 0) << verified.output;

  // The same container where the users are the node's is refused.
  const PodOptions plain = PodIn("restricted");
  const absl::StatusOr<std::string> without = client_->RunPod(plain);
  ASSERT_TRUE(without.ok()) << without.status();
  const auto as_root = [](cri_v1::ContainerConfig& config) {
    MakeRestricted(config);
    config.mutable_linux()->mutable_security_context()->mutable_run_as_user()->set_value(0);
  };
  const absl::Status refused = client_->Create(*without, plain, {.edit = as_root}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("runAsUser=0"));
}

}  // namespace
}  // namespace sekisho::testing

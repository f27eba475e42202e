// Seccomp, proved by a syscall and not only by a mode in /proc.
#include "e2e/node_fixture.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

class SeccompTest : public NodeTest {
 protected:
  ExecResult Mkdir(const std::string& container_id) {
    const absl::StatusOr<ExecResult> result =
        client_->Exec(container_id, {"/bin/mkdir", "/tmp/made"});
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(ExecResult{});
  }
};

TEST_F(SeccompTest, UnconfinedBecomesTheNodesProfile) {
  const std::string confined = RunContainer(PodIn("no-mkdir"), {});
  EXPECT_EQ(StatusOf(confined).seccomp, 2);
  const ExecResult failed = Mkdir(confined);
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_NE(failed.out.find("Operation not permitted"), std::string::npos) << failed.out;

  // The same pod where the node attaches nothing can do it.
  const std::string free = RunContainer(PodIn("privileged"), {});
  EXPECT_EQ(StatusOf(free).seccomp, 0);
  EXPECT_EQ(Mkdir(free).exit_code, 0);
}

TEST_F(SeccompTest, UnconfinedBecomesRuntimeDefault) {
  const std::string hardened = RunContainer(PodIn("shop"), {});
  EXPECT_EQ(StatusOf(hardened).seccomp, 2);
  // With CLONE_NEWUSER and no CAP_SYS_ADMIN, unshare(2) falls to the default profile too.
  const absl::StatusOr<ExecResult> refused =
      client_->Exec(hardened, {"/bin/unshare", "-U", "/bin/true"});
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_NE(refused->exit_code, 0);
  const std::string free = RunContainer(PodIn("privileged"), {});
  const absl::StatusOr<ExecResult> done = client_->Exec(free, {"/bin/unshare", "-U", "/bin/true"});
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->exit_code, 0) << done->out;
}

TEST_F(SeccompTest, APodsOwnLocalhostProfileIsKept) {
  const std::string id = RunContainer(
      PodIn("shop"), {.edit = [this](cri_v1::ContainerConfig& config) {
        auto& seccomp = *config.mutable_linux()->mutable_security_context()->mutable_seccomp();
        seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
        seccomp.set_localhost_ref(node_->SeccompProfilePath("no-mkdir.json"));
      }});
  EXPECT_EQ(StatusOf(id).seccomp, 2);
  EXPECT_EQ(Mkdir(id).exit_code, 1);
}

}  // namespace
}  // namespace sekisho::testing

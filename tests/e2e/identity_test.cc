// Whose container it is: told by the sandbox's id, not by the caller.
#include <gmock/gmock.h>

#include "e2e/node_fixture.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using ::testing::HasSubstr;

TEST_F(NodeTest, EphemeralContainerSharesItsTargetsPidNamespace) {
  const PodOptions pod = PodIn("shop");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  const absl::StatusOr<std::string> target = client_->Run(*sandbox, pod, {});
  ASSERT_TRUE(target.ok()) << target.status();
  const absl::StatusOr<std::string> debugger = client_->Run(
      *sandbox, pod,
      {.name = "debugger", .edit = [&](cri_v1::ContainerConfig& config) {
         auto& options =
             *config.mutable_linux()->mutable_security_context()->mutable_namespace_options();
         options.set_pid(cri_v1::TARGET);
         options.set_target_id(*target);
       }});
  ASSERT_TRUE(debugger.ok()) << debugger.status();
  EXPECT_EQ(PidNamespaceOf(*debugger), PidNamespaceOf(*target));
  EXPECT_NE(PidNamespaceOf(*debugger), NamespaceOf(::getpid(), "pid"));
  EXPECT_EQ(StatusOf(*debugger).seccomp, 2);  // hardened like any other
}

TEST_F(NodeTest, UnknownSandboxIsRefused) {
  const std::string nowhere(64, '0');
  const absl::Status status = client_->Create(nowhere, PodIn("privileged"), {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_EQ(CountContainers(), 0u);
}

TEST_F(NodeTest, AnotherPodsNamespaceCannotBeClaimed) {
  const PodOptions pod = PodIn("restricted");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  PodOptions forged = pod;
  forged.namespace_ = "privileged";
  const absl::Status status = client_->Create(*sandbox, forged, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("sandbox_config.metadata.namespace"));
  EXPECT_EQ(CountContainers(), 0u);
}

}  // namespace
}  // namespace sekisho::testing

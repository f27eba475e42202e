// Ways around the checked fields, controls and what is taken out of a sandbox, with the kernel's
// word.
#include <gmock/gmock.h>

#include "e2e/node_fixture.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using ::testing::HasSubstr;

ContainerOptions Targeting(const std::string& container_id) {
  return {.name = "debug", .edit = [container_id](cri_v1::ContainerConfig& config) {
            cri_v1::NamespaceOption& namespaces =
                *config.mutable_linux()->mutable_security_context()->mutable_namespace_options();
            namespaces.set_pid(cri_v1::TARGET);
            namespaces.set_target_id(container_id);
          }};
}

TEST_F(NodeTest, AnEphemeralContainerSeesItsOwnPodsProcessesAndNoOthers) {
  const PodOptions pod = PodIn("shop");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  const absl::StatusOr<std::string> web = client_->Run(*sandbox, pod, {});
  ASSERT_TRUE(web.ok()) << web.status();
  const absl::StatusOr<std::string> debug = client_->Run(*sandbox, pod, Targeting(*web));
  ASSERT_TRUE(debug.ok()) << debug.status();
  EXPECT_EQ(PidNamespaceOf(*debug), PidNamespaceOf(*web));

  const PodOptions other = PodIn("shop");
  const absl::StatusOr<std::string> elsewhere = client_->RunPod(other);
  ASSERT_TRUE(elsewhere.ok()) << elsewhere.status();
  const absl::Status refused = client_->Create(*elsewhere, other, Targeting(*web)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("names no container of this pod"));
}

// The same pod where the sysctl is allowed, refused and taken out.
TEST_F(NodeTest, AnUnsafeSysctlIsSetRefusedOrTakenOut) {
  const auto asking = [this](const std::string& namespace_) {
    PodOptions pod = PodIn(namespace_);
    pod.edit = [](cri_v1::PodSandboxConfig& config) {
      (*config.mutable_linux()->mutable_sysctls())["kernel.msgmax"] = "1024";
    };
    return pod;
  };
  const auto msgmax = [this](const PodOptions& pod) {
    const std::string id = RunContainer(pod, {});
    const absl::StatusOr<ExecResult> out =
        client_->Exec(id, {"/bin/cat", "/proc/sys/kernel/msgmax"});
    EXPECT_TRUE(out.ok()) << out.status();
    return out.ok() ? out->out : "";
  };
  EXPECT_EQ(msgmax(asking("privileged")), "1024\n");
  const absl::Status refused = client_->RunPod(asking("shop")).status();
  EXPECT_THAT(std::string(refused.message()), HasSubstr("forbidden sysctls (kernel.msgmax)"));
  EXPECT_EQ(msgmax(asking("sysctls")), "8192\n");  // the kernel's default
}

TEST_F(NodeTest, ControlsThatHardenAreInForce) {
  const std::string id = RunContainer(PodIn("controlled"), {});
  ASSERT_NE(id, "");
  EXPECT_EQ(caps::CapSet(StatusOf(id).cap_bounding),
            WithoutNetRaw().Without(*caps::NumberOf("MKNOD")));
  const absl::StatusOr<ExecResult> wrote = client_->Exec(id, {"/bin/sh", "-c", "echo > /file"});
  ASSERT_TRUE(wrote.ok()) << wrote.status();
  EXPECT_THAT(wrote->out, HasSubstr("Read-only file system"));
}

TEST_F(NodeTest, ARawCgroupKeyIsRefusedInAnUpdate) {
  const std::string id = RunContainer(PodIn("shop"), {});
  cri_v1::UpdateContainerResourcesRequest request;
  request.set_container_id(id);
  request.mutable_linux()->set_cpu_shares(512);
  cri_v1::UpdateContainerResourcesResponse response;
  EXPECT_TRUE(client_->Call("UpdateContainerResources", request, response).ok());
  (*request.mutable_linux()->mutable_unified())["cgroup.type"] = "threaded";
  const absl::Status refused = client_->Call("UpdateContainerResources", request, response);
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("cgroup key \"cgroup.type\""));
}

}  // namespace
}  // namespace sekisho::testing

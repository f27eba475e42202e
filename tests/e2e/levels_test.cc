// Each level with real pods, decision and kernel side by side.
#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "e2e/node_fixture.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using ::testing::HasSubstr;

cri_v1::LinuxContainerSecurityContext& ContextOf(cri_v1::ContainerConfig& config) {
  return *config.mutable_linux()->mutable_security_context();
}

TEST_F(NodeTest, PlainPodAtPrivilegedRunsAsItAsked) {
  const ProcStatus status = StatusOfRunning(PodIn("privileged"), {});
  EXPECT_EQ(status.seccomp, 0);
  EXPECT_EQ(status.no_new_privs, 0);
  EXPECT_EQ(status.uid, 0);
  EXPECT_EQ(caps::CapSet(status.cap_effective), DefaultCaps());
  EXPECT_EQ(caps::CapSet(status.cap_bounding), DefaultCaps());
}

TEST_F(NodeTest, PlainPodAtBaselineIsHardened) {
  const ProcStatus status = StatusOfRunning(PodIn("shop"), {});
  EXPECT_EQ(status.seccomp, 2);  // Unconfined on the wire became RuntimeDefault
  EXPECT_EQ(status.uid, 0);
  EXPECT_EQ(caps::CapSet(status.cap_effective), WithoutNetRaw());
  EXPECT_EQ(caps::CapSet(status.cap_permitted), WithoutNetRaw());
  EXPECT_EQ(caps::CapSet(status.cap_bounding), WithoutNetRaw());
}

TEST_F(NodeTest, PlainPodAtRestrictedIsRefused) {
  const PodOptions pod = PodIn("restricted");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  const absl::Status status = client_->Create(*sandbox, pod, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != "
                        "false (container \"web\" must set "
                        "securityContext.allowPrivilegeEscalation=false)"));
  EXPECT_EQ(CountContainers(), 0u);
}

TEST_F(NodeTest, RestrictedPodAtRestrictedRunsAsItAsked) {
  const ProcStatus status = StatusOfRunning(PodIn("restricted"), {.edit = MakeRestricted});
  EXPECT_EQ(status.seccomp, 2);
  EXPECT_EQ(status.no_new_privs, 1);
  EXPECT_EQ(status.uid, 1000);
  EXPECT_EQ(caps::CapSet(status.cap_effective), caps::CapSet());
  EXPECT_EQ(caps::CapSet(status.cap_bounding), caps::CapSet());
}

TEST_F(NodeTest, WhatMayBeRepairedIsRepairedAtRestricted) {
  const ProcStatus status =
      StatusOfRunning(PodIn("repaired"), {.edit = [](cri_v1::ContainerConfig& config) {
                        ContextOf(config).mutable_run_as_user()->set_value(1000);
                      }});
  EXPECT_EQ(status.seccomp, 2);
  EXPECT_EQ(status.no_new_privs, 1);
  EXPECT_EQ(status.uid, 1000);
  EXPECT_EQ(caps::CapSet(status.cap_bounding), caps::CapSet());
}

void AskForNetRaw(cri_v1::ContainerConfig& config) {
  auto& capabilities = *ContextOf(config).mutable_capabilities();
  capabilities.add_add_capabilities("CHOWN");
  capabilities.add_add_capabilities("net_raw");  // containerd takes any case
}

TEST_F(NodeTest, AddedNetRawIsRefusedOrStripped) {
  const PodOptions refused = PodIn("shop");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(refused);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  const absl::Status status = client_->Create(*sandbox, refused, {.edit = AskForNetRaw}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr("non-default capabilities"));

  const ProcStatus stripped = StatusOfRunning(PodIn("stripped"), {.edit = AskForNetRaw});
  EXPECT_EQ(caps::CapSet(stripped.cap_bounding), WithoutNetRaw());
  EXPECT_EQ(caps::CapSet(stripped.cap_effective), WithoutNetRaw());
}

void Unmask(cri_v1::ContainerConfig& config) {
  ContextOf(config).clear_masked_paths();
  ContextOf(config).clear_readonly_paths();
}

TEST_F(NodeTest, UnmaskedProcIsRefusedOrMasked) {
  const PodOptions refused = PodIn("shop");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(refused);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  const absl::Status status = client_->Create(*sandbox, refused, {.edit = Unmask}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr("procMount"));

  const std::string masked = MountsOf(RunContainer(PodIn("masked"), {.edit = Unmask}));
  EXPECT_THAT(masked, HasSubstr(" /proc/interrupts "));
  EXPECT_THAT(masked, HasSubstr(" /proc/sys ro,"));
  const std::string bare = MountsOf(RunContainer(PodIn("privileged"), {.edit = Unmask}));
  EXPECT_THAT(bare, ::testing::Not(HasSubstr(" /proc/interrupts ")));
}

TEST_F(NodeTest, PrivilegedIsRefusedBelowPrivileged) {
  PodOptions pod = PodIn("shop");
  pod.edit = [](cri_v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->set_privileged(true);
  };
  const absl::Status status = client_->RunPod(pod).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr("privileged"));
  EXPECT_EQ(CountSandboxes(), 0u);
}

TEST_F(NodeTest, PrivilegedContainerInAnOrdinarySandboxIsRefused) {
  const PodOptions pod = PodIn("shop");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  PodOptions claimed = pod;  // containerd itself asks for the flag in both places
  claimed.edit = [](cri_v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->set_privileged(true);
  };
  const absl::Status status =
      client_
          ->Create(
              *sandbox, claimed,
              {.edit =
                   [](cri_v1::ContainerConfig& config) { ContextOf(config).set_privileged(true); }})
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr("privileged (container \"web\" must not set "
                                                       "securityContext.privileged=true)"));
  EXPECT_EQ(CountContainers(), 0u);
}

TEST_F(NodeTest, PrivilegedRunsAtPrivileged) {
  PodOptions pod = PodIn("privileged");
  pod.edit = [](cri_v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->set_privileged(true);
  };
  const ProcStatus own = ReadProcStatus(::getpid()).value();
  const ProcStatus status = StatusOfRunning(pod, {.edit = [](cri_v1::ContainerConfig& config) {
                                              ContextOf(config).set_privileged(true);
                                              ContextOf(config).clear_masked_paths();
                                              ContextOf(config).clear_readonly_paths();
                                            }});
  EXPECT_EQ(status.seccomp, 0);
  EXPECT_EQ(status.cap_effective, own.cap_bounding);  // all that this machine has to give
}

TEST_F(NodeTest, HostPidIsRefusedBelowPrivilegedAndSharedAtIt) {
  PodOptions pod = PodIn("shop");
  pod.edit = [](cri_v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_pid(
        cri_v1::NODE);
  };
  const absl::Status status = client_->RunPod(pod).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr("host namespaces (hostPID=true)"));
  EXPECT_EQ(CountSandboxes(), 0u);

  PodOptions allowed = PodIn("privileged");
  allowed.edit = pod.edit;
  EXPECT_EQ(PidNamespaceOf(RunContainer(allowed, {})), NamespaceOf(::getpid(), "pid"));
}

TEST_F(NodeTest, EveryDecisionIsOneAuditLine) {
  const PodOptions pod = PodIn("shop");
  const std::string id = RunContainer(pod, {});
  PodOptions refused = PodIn("restricted");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(refused);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  EXPECT_FALSE(client_->Create(*sandbox, refused, {}).ok());

  const std::vector<std::string> lines = sekisho_->AuditLines(4);
  ASSERT_EQ(lines.size(), 4u);
  std::vector<std::string> seen;
  for (const std::string& line : lines) {
    EXPECT_THAT(line, ::testing::Not(HasSubstr("hunter2"))) << "an environment value was logged";
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json.at("policyHash").get<std::string>().size(), 64u);
    EXPECT_GT(json.at("durationUs").get<int>(), 0);
    seen.push_back(json.at("method").get<std::string>() + " " +
                   json.at("namespace").get<std::string>() + " " +
                   json.at("decision").get<std::string>());
  }
  EXPECT_THAT(seen, ::testing::ElementsAre(
                        "RunPodSandbox shop allow", "CreateContainer shop harden",
                        "RunPodSandbox restricted allow", "CreateContainer restricted deny"));
}

}  // namespace
}  // namespace sekisho::testing

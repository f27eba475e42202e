// Ways around the checked fields, through the real relay and the real enforcement: target pids,
// annotations, cgroup keys, mounts, images, and what hardening does to a sandbox.
#include <gmock/gmock.h>

#include "integration/enforcer_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace cri_v1 = runtime::v1;

constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

class BackDoorsTest : public EnforcerFixture {
 protected:
  void RunAt(policy::Level level, const Edit& edit = {}) {
    Use(PolicyOf(level, edit));
    RunSandbox();
  }

  // The node's runtime has this container, in this sandbox.
  void RuntimeKnows(const std::string& container, const std::string& sandbox) {
    cri_v1::Container& known = *containers_.add_containers();
    known.set_id(container);
    known.mutable_metadata()->set_name("web");
    known.set_pod_sandbox_id(sandbox);
  }

  cri_v1::CreateContainerRequest Targeting(const std::string& container) const {
    cri_v1::CreateContainerRequest request = RestrictedContainer();
    cri_v1::NamespaceOption& namespaces = *request.mutable_config()
                                               ->mutable_linux()
                                               ->mutable_security_context()
                                               ->mutable_namespace_options();
    namespaces.set_pid(cri_v1::TARGET);
    namespaces.set_target_id(container);
    return request;
  }

  cri_v1::CreateContainerRequest Mounting(const std::string& host_path) const {
    cri_v1::CreateContainerRequest request = RestrictedContainer();
    cri_v1::Mount& mount = *request.mutable_config()->add_mounts();
    mount.set_host_path(host_path);
    mount.set_container_path("/mnt");
    return request;
  }

  cri_v1::CreateContainerRequest Forwarded() const {
    cri_v1::CreateContainerRequest request;
    EXPECT_TRUE(request.ParseFromString(LastRequest(kCreateContainer)));
    return request;
  }
};

// --- the pids of another container
// ----------------------------------------------------------------

TEST_F(BackDoorsTest, ATargetOfThePodItselfIsAllowed) {
  RunAt(policy::Level::kRestricted);
  RuntimeKnows("c-1", kSandboxId);
  EXPECT_TRUE(Call(kCreateContainer, Targeting("c-1").SerializeAsString()).ok());
}

TEST_F(BackDoorsTest, ATargetElsewhereIsRefused) {
  RunAt(policy::Level::kRestricted);
  RuntimeKnows("c-1", "another-sandbox");
  for (const char* target : {"c-1", "c-2", "c", ""}) {
    SCOPED_TRACE(target);
    ExpectRefused(kCreateContainer, Targeting(target).SerializeAsString(), kDenied,
                  "target_id names no container of this pod", "foreign-target");
  }
}

TEST_F(BackDoorsTest, ATargetThatTheRuntimeDoesNotSayIsRefused) {
  RunAt(policy::Level::kRestricted);
  runtime_.SetHandler(
      [](const FakeCall&) { return ReplyWith(grpc::Status(grpc::StatusCode::UNKNOWN, "busy")); });
  ExpectRefused(kCreateContainer, Targeting("c-1").SerializeAsString(), kDenied,
                "does not say whose it is", "foreign-target");
  runtime_.SetHandler([](const FakeCall&) { return ReplyWith("\xff\xff"); });
  ExpectRefused(kCreateContainer, Targeting("c-1").SerializeAsString(), kDenied,
                "does not say whose it is", "foreign-target");
}

TEST_F(BackDoorsTest, AtPrivilegedNoTargetIsAskedFor) {
  RunAt(policy::Level::kPrivileged);
  EXPECT_TRUE(Call(kCreateContainer, Targeting("c-1").SerializeAsString()).ok());
  EXPECT_EQ(runtime_.CountOf(kListContainers), 0u);
}

// --- user namespaces, for which rules are relaxed
// --------------------------------------------------

class UserNamespaceTest : public BackDoorsTest {
 protected:
  UserNamespaceTest() {
    sandbox_edit_ = [](cri_v1::PodSandboxConfig& config) {
      cri_v1::UserNamespace& users = *config.mutable_linux()
                                          ->mutable_security_context()
                                          ->mutable_namespace_options()
                                          ->mutable_userns_options();
      users.set_mode(cri_v1::POD);
      for (cri_v1::IDMapping* mapping : {users.add_uids(), users.add_gids()}) {
        mapping->set_host_id(655360);
        mapping->set_length(65536);
      }
    };
  }
  void RuntimeHasThem(const std::string& handler) {
    cri_v1::RuntimeHandler& known = *status_.add_runtime_handlers();
    known.set_name(handler);
    known.mutable_features()->set_user_namespaces(true);
  }
  // Its pods' sandboxes run as root.
  std::string RestrictedRootPod() const {
    cri_v1::RunPodSandboxRequest request = SandboxRequest();
    request.mutable_config()
        ->mutable_linux()
        ->mutable_security_context()
        ->mutable_run_as_user()
        ->set_value(0);
    return request.SerializeAsString();
  }
  std::string RestrictedRoot() const {
    cri_v1::CreateContainerRequest request = RestrictedContainer();
    request.mutable_config()
        ->mutable_linux()
        ->mutable_security_context()
        ->mutable_run_as_user()
        ->set_value(0);
    return request.SerializeAsString();
  }
};

TEST_F(UserNamespaceTest, WhereTheRuntimeHasThemTheRulesAreRelaxed) {
  RuntimeHasThem("");
  RunAt(policy::Level::kRestricted);
  const absl::Status status = Call(kCreateContainer, RestrictedRoot());
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(UserNamespaceTest, WhereItDoesNotSaySoWhatReliesOnItIsRefused) {
  Use(PolicyOf(policy::Level::kRestricted));
  const std::string request = RestrictedRootPod();
  ExpectRefused(kRunPodSandbox, request, kDenied, "does not say that handler \"\"",
                "no-user-namespace");
  RuntimeHasThem("another");
  ExpectRefused(kRunPodSandbox, request, kDenied, "does not say that handler \"\"",
                "no-user-namespace");
  status_.add_runtime_handlers();  // the default one, without
  ExpectRefused(kRunPodSandbox, request, kDenied, "does not say that handler \"\"",
                "no-user-namespace");
}

TEST_F(UserNamespaceTest, WhereItDoesNotAnswerThePodIsRefused) {
  Use(PolicyOf(policy::Level::kRestricted));
  for (const FakeReply& reply :
       {ReplyWith(grpc::Status(grpc::StatusCode::UNAVAILABLE, "down")), ReplyWith("\xff\xff")}) {
    runtime_.SetHandler([reply](const FakeCall&) { return reply; });
    ExpectRefused(kRunPodSandbox, RestrictedRootPod(), absl::StatusCode::kFailedPrecondition,
                  "does not say whether it has them", "no-user-namespace");
  }
}

// Its sandbox may have come past the agent, or before the runtime was exchanged for another.
TEST_F(UserNamespaceTest, AContainerIsRefusedToo) {
  RunAt(policy::Level::kPrivileged);
  EXPECT_EQ(runtime_.CountOf(kStatus), 0u);
  Use(PolicyOf(policy::Level::kRestricted));
  ExpectRefused(kCreateContainer, RestrictedRoot(), kDenied, "hostUsers: false",
                "no-user-namespace");
}

// It would be let through without one just as it is.
TEST_F(UserNamespaceTest, WhatDoesNotRelyOnItIsNotAskedAbout) {
  RunAt(policy::Level::kRestricted);
  EXPECT_TRUE(Call(kCreateContainer, RestrictedContainer().SerializeAsString()).ok());
  EXPECT_EQ(runtime_.CountOf(kStatus), 0u);
}

TEST_F(UserNamespaceTest, WhoAsksForNoneIsNotAskedAbout) {
  sandbox_edit_ = {};
  RunAt(policy::Level::kRestricted);
  EXPECT_TRUE(Call(kCreateContainer, RestrictedContainer().SerializeAsString()).ok());
  EXPECT_EQ(runtime_.CountOf(kStatus), 0u);
}

// --- mounts
// ---------------------------------------------------------------------------------------

TEST_F(BackDoorsTest, APathOfTheNodeIsRefusedFromBaselineOn) {
  RunAt(policy::Level::kBaseline);
  for (const char* path : {"/etc", "etc",
                           "/var/lib/kubelet/pods/another/volumes/"
                           "kubernetes.io~secret/token",
                           "/var/lib/kubelet/pods/5f1c//etc-hosts"}) {
    SCOPED_TRACE(path);
    ExpectRefused(kCreateContainer, Mounting(path).SerializeAsString(), kDenied,
                  "violates PodSecurity \"baseline:latest\": hostPath volumes (container", "");
  }
  RunAt(policy::Level::kPrivileged);
  EXPECT_TRUE(Call(kCreateContainer, Mounting("/etc").SerializeAsString()).ok());
}

TEST_F(BackDoorsTest, AnImageThatIsAFileIsRefused) {
  RunAt(policy::Level::kBaseline);
  cri_v1::CreateContainerRequest request = RestrictedContainer();
  request.mutable_config()->mutable_image()->set_image("/var/lib/evil/checkpoint.tar");
  ExpectRefused(kCreateContainer, request.SerializeAsString(), kDenied,
                "violates node policy: an image that is a file", "");
}

// --- annotations
// ----------------------------------------------------------------------------------

TEST_F(BackDoorsTest, ASteeringAnnotationIsRefusedOrTakenOut) {
  sandbox_edit_ = [](cri_v1::PodSandboxConfig& config) {
    (*config.mutable_annotations())["run.oci.handler"] = "wasm";
  };
  Use(PolicyOf(policy::Level::kBaseline));
  ExpectRefused(kRunPodSandbox, SandboxRequest().SerializeAsString(), kDenied,
                "pod must not set annotation \"run.oci.handler\"", "");

  const auto strip = [](policy::Spec& spec) { spec.annotations.strip = {"run.oci.*"}; };
  RunAt(policy::Level::kBaseline, strip);
  cri_v1::RunPodSandboxRequest run;
  ASSERT_TRUE(run.ParseFromString(LastRequest(kRunPodSandbox)));
  EXPECT_EQ(run.config().annotations().count("run.oci.handler"), 0u);
  EXPECT_EQ(run.config().annotations().count("kubernetes.io/config.source"), 1u);
  EXPECT_EQ(Audited().back().decision.action, policy::Action::kHarden);

  // A runtime reads the pod's annotations of a container from the copy in its request.
  EXPECT_TRUE(Call(kCreateContainer, RestrictedContainer().SerializeAsString()).ok());
  EXPECT_EQ(Forwarded().sandbox_config().annotations().count("run.oci.handler"), 0u);
  EXPECT_THAT(Audited().back().decision.edit_records,
              Contains(::testing::Field(&policy::EditRecord::field,
                                        "sandbox_config.annotations[run.oci.handler]")));
}

TEST_F(BackDoorsTest, AnAnnotationThatOnlyTheCopyHasIsJudged) {
  RunAt(policy::Level::kBaseline);
  cri_v1::CreateContainerRequest request = RestrictedContainer();
  (*request.mutable_sandbox_config()->mutable_annotations())["org.systemd.property.DeviceAllow"] =
      "x";
  ExpectRefused(kCreateContainer, request.SerializeAsString(), kDenied,
                "annotations that steer the runtime", "");
}

TEST_F(BackDoorsTest, AnAnnotationOfAContainerIsJudged) {
  RunAt(policy::Level::kBaseline);
  cri_v1::CreateContainerRequest request = RestrictedContainer();
  (*request.mutable_config()->mutable_annotations())["cdi.k8s.io/gpu"] = "vendor.com/gpu=all";
  ExpectRefused(kCreateContainer, request.SerializeAsString(), kDenied,
                "container \"web\" must not set annotation \"cdi.k8s.io/gpu\"", "");
}

// --- sysctls that are taken out
// -------------------------------------------------------------------

TEST_F(BackDoorsTest, ASandboxThatLostASysctlTakesContainersThatStillNameIt) {
  sandbox_edit_ = [](cri_v1::PodSandboxConfig& config) {
    (*config.mutable_linux()->mutable_sysctls())["kernel.shmmax"] = "1";
    (*config.mutable_linux()->mutable_sysctls())["net.ipv4.tcp_syncookies"] = "1";
  };
  RunAt(policy::Level::kBaseline, [](policy::Spec& spec) {
    spec.on_violation[static_cast<size_t>(policy::CheckGroup::kSysctls)] =
        policy::OnViolation::kHarden;
  });
  cri_v1::RunPodSandboxRequest run;
  ASSERT_TRUE(run.ParseFromString(LastRequest(kRunPodSandbox)));
  EXPECT_THAT(run.config().linux().sysctls(), SizeIs(1));
  EXPECT_TRUE(Call(kCreateContainer, RestrictedContainer().SerializeAsString()).ok());
  EXPECT_THAT(Forwarded().sandbox_config().linux().sysctls(), SizeIs(1));
}

// --- changes of resources
// -------------------------------------------------------------------------

cri_v1::UpdateContainerResourcesRequest Update(const std::string& unified_key) {
  cri_v1::UpdateContainerResourcesRequest request;
  request.set_container_id("c-1");
  request.mutable_linux()->set_cpuset_cpus("0-1");
  if (!unified_key.empty()) {
    (*request.mutable_linux()->mutable_unified())[unified_key] = "1";
  }
  return request;
}

TEST_F(BackDoorsTest, WhatAKubeletUpdatesGoesThroughWithoutAQuestionOrARecord) {
  RunAt(policy::Level::kRestricted);
  const size_t records = Audited().size();
  const std::string bytes = Update("memory.high").SerializeAsString();
  EXPECT_TRUE(Call(kUpdateContainerResources, bytes).ok());
  EXPECT_EQ(LastRequest(kUpdateContainerResources), bytes);
  EXPECT_TRUE(Call(kUpdatePodSandboxResources, "").ok());
  EXPECT_EQ(runtime_.CountOf(kListContainers), 0u);
  EXPECT_THAT(Audited(), SizeIs(records));
}

TEST_F(BackDoorsTest, ACgroupKeyThatNoKubeletSetsNeedsAPrivilegedPolicy) {
  RunAt(policy::Level::kBaseline);
  RuntimeKnows("c-1", kSandboxId);
  const std::string bytes = Update("devices.allow").SerializeAsString();
  ExpectRefused(kUpdateContainerResources, bytes, kDenied, "cgroup key \"devices.allow\"", "");
  cri_v1::UpdatePodSandboxResourcesRequest of_pod;
  of_pod.set_pod_sandbox_id(kSandboxId);
  (*of_pod.mutable_resources()->mutable_unified())["cgroup.type"] = "threaded";
  ExpectRefused(kUpdatePodSandboxResources, of_pod.SerializeAsString(), kDenied,
                "cgroup key \"cgroup.type\"", "");
  Use(PolicyOf(policy::Level::kPrivileged));
  EXPECT_TRUE(Call(kUpdateContainerResources, bytes).ok());
  EXPECT_TRUE(Call(kUpdatePodSandboxResources, of_pod.SerializeAsString()).ok());
}

TEST_F(BackDoorsTest, AnUpdateIsJudgedByTheContainersOwnRule) {
  RunAt(policy::Level::kBaseline);
  RuntimeKnows("c-1", kSandboxId);
  const std::string bytes = Update("devices.allow").SerializeAsString();
  Use(PolicyWithRule({.containers = {"web"}}, policy::Level::kPrivileged,
                     policy::Level::kRestricted));
  EXPECT_TRUE(Call(kUpdateContainerResources, bytes).ok());
  Use(PolicyWithRule({.containers = {"other"}}, policy::Level::kPrivileged,
                     policy::Level::kRestricted));
  ExpectRefused(kUpdateContainerResources, bytes, kDenied, "cgroup key \"devices.allow\"", "");
}

TEST_F(BackDoorsTest, AnAnnotationOfAnUpdateIsJudged) {
  RunAt(policy::Level::kBaseline);
  RuntimeKnows("c-1", kSandboxId);
  cri_v1::UpdateContainerResourcesRequest request = Update("");
  (*request.mutable_annotations())["run.oci.hooks.stdout"] = "/etc/passwd";
  ExpectRefused(kUpdateContainerResources, request.SerializeAsString(), kDenied,
                "annotations that steer the runtime", "");
  request.mutable_annotations()->clear();
  (*request.mutable_annotations())["example.com/note"] = "harmless";
  EXPECT_TRUE(Call(kUpdateContainerResources, request.SerializeAsString()).ok());
}

TEST_F(BackDoorsTest, AnUpdateThatCannotBeJudgedIsRefused) {
  RunAt(policy::Level::kBaseline);
  ExpectRefused(kUpdateContainerResources, "\xff\xff", absl::StatusCode::kInvalidArgument,
                "cannot read", "unparsable");
  ExpectRefused(kUpdatePodSandboxResources, "\xff\xff", absl::StatusCode::kInvalidArgument,
                "cannot read", "unparsable");
  ExpectRefused(kUpdateContainerResources, Update("devices.allow").SerializeAsString(),
                absl::StatusCode::kFailedPrecondition, "whose container c-1 is",
                "unknown-container");
  RuntimeKnows("c-1", "never-seen");
  runtime_status_ = {grpc::StatusCode::NOT_FOUND, "not found"};
  ExpectRefused(kUpdateContainerResources, Update("devices.allow").SerializeAsString(),
                absl::StatusCode::kNotFound, "whose sandbox never-seen is", "unknown-sandbox");
}

}  // namespace
}  // namespace sekisho::testing

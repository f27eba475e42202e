// The real relay, the real enforcement and a fake runtime: what is let through, what is edited, and
// for every way to be refused, proof that nothing reached the runtime.
#include "enforce/enforcer.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include <atomic>
#include <thread>

#include "integration/enforcer_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::SizeIs;
namespace cri_v1 = runtime::v1;

class EnforcerTest : public EnforcerFixture {};

// --- let through
// -----------------------------------------------------------------------------------

TEST_F(EnforcerTest, PrivilegedForwardsTheVeryBytes) {
  Use(PolicyOf(policy::Level::kPrivileged));
  std::string sandbox = SandboxRequest().SerializeAsString();
  sandbox += std::string("\xfa\x3e\x03new", 6);  // field 1007, which no build knows
  EXPECT_TRUE(Call(kRunPodSandbox, sandbox).ok());
  EXPECT_EQ(LastRequest(kRunPodSandbox), sandbox);
  cri_v1::CreateContainerRequest request = ContainerRequest();
  request.mutable_config()->mutable_linux()->mutable_security_context()->set_privileged(true);
  const std::string container = request.SerializeAsString();
  EXPECT_TRUE(Call(kCreateContainer, container).ok());
  EXPECT_EQ(LastRequest(kCreateContainer), container);
}

TEST_F(EnforcerTest, AnAllowedContainerIsForwardedByteForByte) {
  Use(PolicyOf(policy::Level::kRestricted));
  RunSandbox();
  // Serialised in an order that no protobuf library writes: only a verbatim copy keeps it.
  cri_v1::CreateContainerRequest tail = RestrictedContainer();
  const std::string id = tail.pod_sandbox_id();
  tail.clear_pod_sandbox_id();
  cri_v1::CreateContainerRequest head;
  head.set_pod_sandbox_id(id);
  const std::string bytes = tail.SerializeAsString() + head.SerializeAsString();
  EXPECT_TRUE(Call(kCreateContainer, bytes).ok());
  EXPECT_EQ(LastRequest(kCreateContainer), bytes);
  EXPECT_EQ(Audited().back().decision.action, policy::Action::kAllow);
}

// --- hardened
// --------------------------------------------------------------------------------------

TEST_F(EnforcerTest, HardeningChangesTheNamedFieldsAndNothingElse) {
  Use(PolicyOf(policy::Level::kBaseline, [](policy::Spec& spec) {
    spec.harden.drop_capabilities = {"NET_RAW"};
    spec.harden.no_new_privileges = true;
  }));
  RunSandbox();
  const cri_v1::CreateContainerRequest before = ContainerRequest();
  EXPECT_TRUE(Call(kCreateContainer, before.SerializeAsString()).ok());
  cri_v1::CreateContainerRequest after;
  ASSERT_TRUE(after.ParseFromString(LastRequest(kCreateContainer)));
  auto* context = after.mutable_config()->mutable_linux()->mutable_security_context();
  EXPECT_EQ(context->seccomp().profile_type(), cri_v1::SecurityProfile::RuntimeDefault);
  EXPECT_TRUE(context->has_seccomp());
  EXPECT_TRUE(context->no_new_privs());
  EXPECT_THAT(context->capabilities().drop_capabilities(), ::testing::ElementsAre("NET_RAW"));
  const auto& original = before.config().linux().security_context();
  *context->mutable_seccomp() = original.seccomp();
  context->set_no_new_privs(original.no_new_privs());
  context->clear_capabilities();
  EXPECT_TRUE(MessageDifferencer::Equals(before, after));
  const audit::Record record = Audited().back();
  EXPECT_EQ(record.decision.action, policy::Action::kHarden);
  EXPECT_THAT(record.decision.edit_records, SizeIs(3));
}

TEST_F(EnforcerTest, UnknownFieldsOutsideSecurityContextsSurviveHardening) {
  Use(PolicyOf(policy::Level::kBaseline));
  RunSandbox();
  cri_v1::CreateContainerRequest request = ContainerRequest();
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(1007, 42);
  request.mutable_config()
      ->GetReflection()
      ->MutableUnknownFields(request.mutable_config())
      ->AddLengthDelimited(1008, "kept");
  EXPECT_TRUE(Call(kCreateContainer, request.SerializeAsString()).ok());
  cri_v1::CreateContainerRequest after;
  ASSERT_TRUE(after.ParseFromString(LastRequest(kCreateContainer)));
  ASSERT_EQ(after.GetReflection()->GetUnknownFields(after).field_count(), 1);
  EXPECT_EQ(after.GetReflection()->GetUnknownFields(after).field(0).varint(), 42u);
  const auto& config = after.config();
  ASSERT_EQ(config.GetReflection()->GetUnknownFields(config).field_count(), 1);
  EXPECT_EQ(config.GetReflection()->GetUnknownFields(config).field(0).length_delimited(), "kept");
}

// --- refused: each with proof that nothing reached the runtime
// --------------------------------------

TEST_F(EnforcerTest, RefusesWhatThePolicyForbidsInKubernetesWords) {
  Use(PolicyOf(policy::Level::kRestricted));
  cri_v1::RunPodSandboxRequest request = SandboxRequest();
  request.mutable_config()
      ->mutable_linux()
      ->mutable_security_context()
      ->mutable_namespace_options()
      ->set_pid(cri_v1::NODE);
  ExpectRefused(kRunPodSandbox, request.SerializeAsString(), absl::StatusCode::kPermissionDenied,
                "violates PodSecurity \"restricted:latest\": host namespaces (hostPID=true)", "");
}

TEST_F(EnforcerTest, RefusesBytesThatAreNoMessage) {
  Use(PolicyOf(policy::Level::kPrivileged));
  for (const char* method : {kRunPodSandbox, kCreateContainer}) {
    ExpectRefused(method, "\xff\xff\xff", absl::StatusCode::kInvalidArgument, "cannot read",
                  "unparsable");
    ExpectRefused(method, std::string("\x0a\x05\x0a", 3), absl::StatusCode::kInvalidArgument,
                  "cannot read", "unparsable");
  }
}

TEST_F(EnforcerTest, RefusesTextThatIsNotUtf8) {
  Use(PolicyOf(policy::Level::kPrivileged));
  cri_v1::RunPodSandboxRequest request = SandboxRequest();
  std::string bytes = request.SerializeAsString();
  bytes.replace(bytes.find("web-0"), 5, "we\xff-0");
  ExpectRefused(kRunPodSandbox, bytes, absl::StatusCode::kInvalidArgument, "UTF-8", "unparsable");
}

TEST_F(EnforcerTest, RefusesATruncatedMessage) {
  Use(PolicyOf(policy::Level::kPrivileged));
  const std::string bytes = SandboxRequest().SerializeAsString();
  // The message is cut, its gRPC frame is whole.
  for (const size_t cut : {size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
    ExpectRefused(kRunPodSandbox, bytes.substr(0, cut), absl::StatusCode::kInvalidArgument, "",
                  "unparsable");
  }
  // The frame itself is cut.
  base::UniqueFd connection = Connect();
  EXPECT_TRUE(ExchangeUntilStreamEnds(
      connection.get(), Http2Call(kRunPodSandbox, GrpcFrame(bytes.size(), bytes.substr(0, 20))),
      20));
  EXPECT_EQ(runtime_.CountOf(kRunPodSandbox), 0u);
}

TEST_F(EnforcerTest, RefusesAPodWithoutAName) {
  Use(PolicyOf(policy::Level::kPrivileged));
  cri_v1::RunPodSandboxRequest request = SandboxRequest();
  request.mutable_config()->clear_metadata();
  ExpectRefused(kRunPodSandbox, request.SerializeAsString(), absl::StatusCode::kInvalidArgument,
                "config.metadata", "incomplete-identity");
  ExpectRefused(kRunPodSandbox, "", absl::StatusCode::kInvalidArgument, "config.metadata",
                "incomplete-identity");
}

TEST_F(EnforcerTest, RefusesAContainerWithoutItsParts) {
  Use(PolicyOf(policy::Level::kPrivileged));
  RunSandbox();
  for (const auto& break_it : std::vector<std::function<void(cri_v1::CreateContainerRequest&)>>{
           [](auto& r) { r.clear_pod_sandbox_id(); }, [](auto& r) { r.clear_config(); },
           [](auto& r) { r.clear_sandbox_config(); },
           [](auto& r) { r.mutable_config()->clear_metadata(); }}) {
    cri_v1::CreateContainerRequest request = ContainerRequest();
    break_it(request);
    ExpectRefused(kCreateContainer, request.SerializeAsString(), absl::StatusCode::kInvalidArgument,
                  "are all needed", "incomplete-identity");
  }
}

TEST_F(EnforcerTest, RefusesASandboxThatTheRuntimeDoesNotKnowEither) {
  Use(PolicyOf(policy::Level::kPrivileged));
  runtime_status_ = {grpc::StatusCode::NOT_FOUND, "no such sandbox"};
  ExpectRefused(kCreateContainer, ContainerRequest().SerializeAsString(),
                absl::StatusCode::kNotFound, "no such sandbox", "unknown-sandbox");
}

TEST_F(EnforcerTest, RefusesWhenTheRuntimeCannotSayWhoseSandboxItIs) {
  Use(PolicyOf(policy::Level::kPrivileged));
  for (const grpc::StatusCode code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED,
        grpc::StatusCode::UNIMPLEMENTED, grpc::StatusCode::INTERNAL}) {
    runtime_status_ = {code, "not now"};
    // The kubelet reads UNAVAILABLE and the like as "the runtime is down": never passed on.
    ExpectRefused(kCreateContainer, ContainerRequest().SerializeAsString(),
                  absl::StatusCode::kFailedPrecondition, "not now", "unknown-sandbox");
  }
  runtime_status_ = grpc::Status::OK;
  sandbox_status_bytes_ = "\xff\xff";
  ExpectRefused(kCreateContainer, ContainerRequest().SerializeAsString(),
                absl::StatusCode::kFailedPrecondition, "cannot be read", "unknown-sandbox");
  sandbox_status_bytes_ = "";  // a status that names nobody
  ExpectRefused(kCreateContainer, ContainerRequest().SerializeAsString(),
                absl::StatusCode::kFailedPrecondition, "does not say whose", "unknown-sandbox");
}

TEST_F(EnforcerTest, RefusesARequestThatDescribesAnotherPod) {
  Use(PolicyOf(policy::Level::kPrivileged));
  RunSandbox();
  const std::vector<std::pair<std::string, std::function<void(cri_v1::CreateContainerRequest&)>>>
      forgeries = {
          {"namespace",
           [](auto& r) {
             r.mutable_sandbox_config()->mutable_metadata()->set_namespace_("kube-system");
           }},
          {"uid",
           [](auto& r) { r.mutable_sandbox_config()->mutable_metadata()->set_uid("other"); }},
          {"name",
           [](auto& r) { r.mutable_sandbox_config()->mutable_metadata()->set_name("other"); }},
          {"cgroup_parent",
           [](auto& r) {
             r.mutable_sandbox_config()->mutable_linux()->set_cgroup_parent("/system.slice");
           }},
          {"log_directory", [](auto& r) { r.mutable_sandbox_config()->set_log_directory("/etc"); }},
          {"sysctls",
           [](auto& r) {
             (*r.mutable_sandbox_config()->mutable_linux()->mutable_sysctls())["kernel.shmmax"] =
                 "1";
           }},
          {"namespace_options",
           [](auto& r) {
             r.mutable_sandbox_config()
                 ->mutable_linux()
                 ->mutable_security_context()
                 ->mutable_namespace_options()
                 ->set_network(cri_v1::NODE);
           }},
          {"log_path", [](auto& r) { r.mutable_config()->set_log_path("../../../etc/cron.d/x"); }},
      };
  for (const auto& [field, forge] : forgeries) {
    SCOPED_TRACE(field);
    cri_v1::CreateContainerRequest request = ContainerRequest();
    forge(request);
    ExpectRefused(kCreateContainer, request.SerializeAsString(),
                  absl::StatusCode::kPermissionDenied, field, "identity-mismatch");
  }
}

TEST_F(EnforcerTest, RefusesAnUnknownFieldInsideASecurityContextAtAnEnforcedLevelOnly) {
  cri_v1::CreateContainerRequest request = RestrictedContainer();
  auto* context = request.mutable_config()->mutable_linux()->mutable_security_context();
  context->GetReflection()->MutableUnknownFields(context)->AddVarint(99, 1);
  Use(PolicyOf(policy::Level::kBaseline));
  RunSandbox();
  ExpectRefused(kCreateContainer, request.SerializeAsString(), absl::StatusCode::kPermissionDenied,
                "99", "");
  Use(PolicyOf(policy::Level::kPrivileged));
  EXPECT_TRUE(Call(kCreateContainer, request.SerializeAsString()).ok());
}

TEST_F(EnforcerTest, RefusesAnUnknownEnumValueAtAnEnforcedLevel) {
  Use(PolicyOf(policy::Level::kBaseline));
  cri_v1::RunPodSandboxRequest sandbox = SandboxRequest();
  sandbox.mutable_config()
      ->mutable_linux()
      ->mutable_security_context()
      ->mutable_namespace_options()
      ->set_ipc(static_cast<cri_v1::NamespaceMode>(7));
  ExpectRefused(kRunPodSandbox, sandbox.SerializeAsString(), absl::StatusCode::kPermissionDenied,
                "7", "");
  RunSandbox();
  cri_v1::CreateContainerRequest container = RestrictedContainer();
  container.mutable_config()
      ->mutable_linux()
      ->mutable_security_context()
      ->mutable_seccomp()
      ->set_profile_type(static_cast<cri_v1::SecurityProfile::ProfileType>(9));
  ExpectRefused(kCreateContainer, container.SerializeAsString(),
                absl::StatusCode::kPermissionDenied, "9", "");
}

TEST_F(EnforcerTest, RefusesMethodsOfOtherServices) {
  Use(PolicyOf(policy::Level::kPrivileged));
  const std::string bytes = SandboxRequest().SerializeAsString();
  for (const char* method : {"/runtime.v1alpha2.RuntimeService/RunPodSandbox",
                             "/containerd.services.tasks.v1.Tasks/Create"}) {
    EXPECT_TRUE(absl::IsUnimplemented(Call(method, bytes)));
  }
  EXPECT_THAT(runtime_.calls(), SizeIs(0));
}

TEST_F(EnforcerTest, RestorePodAndCheckpointPodNeedAPrivilegedPolicy) {
  Use(PolicyOf(policy::Level::kBaseline));
  RunSandbox();
  cri_v1::RestorePodRequest restore;
  *restore.mutable_config() = SandboxRequest().config();
  cri_v1::CheckpointPodRequest checkpoint;
  checkpoint.set_pod_sandbox_id(kSandboxId);
  const char* const kRestorePod = "/runtime.v1.RuntimeService/RestorePod";
  const char* const kCheckpointPod = "/runtime.v1.RuntimeService/CheckpointPod";
  ExpectRefused(kRestorePod, restore.SerializeAsString(), absl::StatusCode::kPermissionDenied,
                "privileged", "restore-refused");
  ExpectRefused(kCheckpointPod, checkpoint.SerializeAsString(), absl::StatusCode::kPermissionDenied,
                "privileged", "checkpoint-refused");
  ExpectRefused(kRestorePod, "\xff", absl::StatusCode::kInvalidArgument, "cannot read",
                "unparsable");
  Use(PolicyOf(policy::Level::kPrivileged));
  EXPECT_TRUE(Call(kRestorePod, restore.SerializeAsString()).ok());
  EXPECT_TRUE(Call(kCheckpointPod, checkpoint.SerializeAsString()).ok());
}

// --- identity
// --------------------------------------------------------------------------------------

TEST_F(EnforcerTest, AfterARestartThePolicyIsThatOfTheRecordedNamespace) {
  // The runtime says the sandbox is of "web", which is restricted; "open" is privileged.
  Use(PolicyWithRule({.namespaces = {"open"}}, policy::Level::kPrivileged,
                     policy::Level::kRestricted));
  sandbox_status_ = StatusOf(SandboxRequest());
  ExpectRefused(kCreateContainer, ContainerRequest().SerializeAsString(),
                absl::StatusCode::kPermissionDenied, "violates PodSecurity \"restricted:latest\"",
                "");
  EXPECT_TRUE(Call(kCreateContainer, RestrictedContainer().SerializeAsString()).ok());
  // Asked once, remembered after.
  EXPECT_EQ(runtime_.CountOf(kPodSandboxStatus), 1u);
}

TEST_F(EnforcerTest, ARemovedSandboxIsForgotten) {
  Use(PolicyOf(policy::Level::kPrivileged));
  RunSandbox();
  EXPECT_EQ(enforcer_->sandboxes().size(), 1u);
  cri_v1::RemovePodSandboxRequest remove;
  remove.set_pod_sandbox_id(kSandboxId);
  EXPECT_TRUE(Call(kRemovePodSandbox, remove.SerializeAsString()).ok());
  EXPECT_EQ(enforcer_->sandboxes().size(), 0u);
}

TEST_F(EnforcerTest, ASandboxThatTheRuntimeRefusedIsNotRecorded) {
  Use(PolicyOf(policy::Level::kPrivileged));
  run_sandbox_status_ = {grpc::StatusCode::UNKNOWN, "no network"};
  EXPECT_FALSE(Call(kRunPodSandbox, SandboxRequest().SerializeAsString()).ok());
  EXPECT_EQ(enforcer_->sandboxes().size(), 0u);
}

TEST_F(EnforcerTest, ASandboxRunUnderAnEasierPolicyIsJudgedAgain) {
  Use(PolicyOf(policy::Level::kPrivileged));
  sandbox_edit_ = [](cri_v1::PodSandboxConfig& config) {
    (*config.mutable_linux()->mutable_sysctls())["kernel.shmmax"] = "1";
  };
  RunSandbox();
  Use(PolicyOf(policy::Level::kRestricted));
  ExpectRefused(kCreateContainer, RestrictedContainer().SerializeAsString(),
                absl::StatusCode::kPermissionDenied, "forbidden sysctls (kernel.shmmax)", "");
}

// --- reload
// ----------------------------------------------------------------------------------------

TEST_F(EnforcerTest, AReloadNeverSplitsARequest) {
  // Two policies whose hashes say what they do. Whatever moment a request falls on, the hash that
  // it was recorded with and what was done to it belong together.
  const auto open = PolicyOf(policy::Level::kPrivileged);
  const auto strict = PolicyOf(policy::Level::kRestricted);
  Use(open);
  RunSandbox();
  std::atomic<bool> stop = false;
  std::thread reloader([&] {
    for (bool even = true; !stop; even = !even) {
      Use(even ? strict : open);
    }
  });
  const std::string bytes = ContainerRequest().SerializeAsString();  // not fit for restricted
  for (int i = 0; i < 2000; ++i) {
    (void)Call(kCreateContainer, bytes);
  }
  stop = true;
  reloader.join();
  int denied = 0;
  for (const audit::Record& record : Audited()) {
    if (record.method != "CreateContainer") {
      continue;
    }
    const bool deny = record.decision.action == policy::Action::kDeny;
    denied += deny ? 1 : 0;
    ASSERT_EQ(record.policy_hash, deny ? strict->hash : open->hash);
    ASSERT_EQ(record.enforced, deny ? "restricted:latest" : "privileged:latest");
  }
  EXPECT_GT(denied, 0);
  EXPECT_LT(denied, 2000);
}

}  // namespace
}  // namespace sekisho::testing

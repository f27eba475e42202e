#include "fault/node_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <sstream>

#include "base/sha256.h"
#include "support/seccomp_profiles.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
namespace fs = std::filesystem;

constexpr char kMarker[] = "NET_RAW";

PodOptions HostPidPod() {
  return {.edit = [](cri_v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_pid(
        cri_v1::NODE);
  }};
}

bool Drops(const cri_v1::LinuxContainerSecurityContext& context, std::string_view capability) {
  return std::ranges::any_of(
      context.capabilities().drop_capabilities(),
      [&](const std::string& dropped) { return dropped == capability || dropped == "ALL"; });
}

}  // namespace

std::chrono::milliseconds CpuTimeOf(pid_t pid) {
  const std::string stat = ReadText("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 2)));
  std::string skipped;
  for (int i = 3; i < 14; ++i) {
    fields >> skipped;
  }
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

size_t DescriptorsOf(pid_t pid) {
  return static_cast<size_t>(std::ranges::distance(
      fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd"), fs::directory_iterator()));
}

FaultNodeTest::FaultNodeTest() {
  fs::create_directories(dir_.File("kubelet/seccomp"));
  // A group that may write would make every profile an untrusted one.
  for (const char* directory : {"kubelet", "kubelet/seccomp"}) {
    fs::permissions(dir_.File(directory), fs::perms(0755));
  }
  WriteText(profile(), RuntimeDefaultWithout({"umask"}));
  fs::permissions(profile(), fs::perms(0644));
}

std::string FaultNodeTest::Policy(const std::string& more) const {
  return PolicyEnforcing("baseline") + "harden: {capabilities: {drop: [" + kMarker + "]}}\n" + more;
}

SekishoOptions FaultNodeTest::FaultOptions(const std::string& more_policy) const {
  SekishoOptions options = Options(Policy(more_policy));
  options.kubelet_root = dir_.File("kubelet");
  return options;
}

void FaultNodeTest::StartNodeRuntime() {
  StartRuntime();
  NameContainers();
}

void FaultNodeTest::NameContainers() {
  static std::atomic<int> next = 0;
  runtime_->SetHandler([this](const FakeCall& call) {
    if (call.method != kCreateContainer) {
      return node_.Answer(call);
    }
    cri_v1::CreateContainerResponse response;
    response.set_container_id("container" + std::to_string(next++));
    return ReplyWith(response.SerializeAsString());
  });
}

void FaultNodeTest::StartNode(SekishoOptions options) {
  if (runtime_ == nullptr) {
    StartNodeRuntime();
  }
  Start(std::move(options));
  RunTheSandbox();
}

void FaultNodeTest::RunTheSandbox() {
  sandbox_ = RunSandbox({});
  ASSERT_NE(sandbox_, "");
}

cri_v1::CreateContainerRequest FaultNodeTest::ContainerWithProfile(const std::string& path) const {
  return CreateContainer(
      sandbox_, {}, {.with_kubelet_mounts = false, .edit = [path](cri_v1::ContainerConfig& config) {
                       auto& seccomp =
                           *config.mutable_linux()->mutable_security_context()->mutable_seccomp();
                       seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
                       seccomp.set_localhost_ref(path);
                     }});
}

std::vector<FaultNodeTest::Request> FaultNodeTest::Requests() const {
  const auto privileged = [](cri_v1::ContainerConfig& config) {
    config.mutable_linux()->mutable_security_context()->set_privileged(true);
  };
  const ContainerOptions plain = {.with_kubelet_mounts = false};
  const ContainerOptions forbidden = {.with_kubelet_mounts = false, .edit = privileged};
  return {
      {"a pod", kRunPodSandbox, RunPodSandbox({}).SerializeAsString(), true},
      {"a pod with the host's processes", kRunPodSandbox,
       RunPodSandbox(HostPidPod()).SerializeAsString(), false},
      {"a container", kCreateContainer, CreateContainer(sandbox_, {}, plain).SerializeAsString(),
       true},
      {"a privileged container", kCreateContainer,
       CreateContainer(sandbox_, {}, forbidden).SerializeAsString(), false},
      {"a container with a profile of the node", kCreateContainer,
       ContainerWithProfile(profile()).SerializeAsString(), true},
  };
}

FaultNodeTest::Answer FaultNodeTest::Ask(const Request& request,
                                         const std::shared_ptr<grpc::Channel>& channel,
                                         std::chrono::milliseconds timeout) const {
  const RawResult result = CallRaw(channel, request.method, request.bytes, {.timeout = timeout});
  const bool by_policy = result.status.error_message().find("violates") != std::string::npos;
  if (result.status.ok()) {
    return request.allowed ? Answer::kAsDecided : Answer::kLetThrough;
  }
  if (result.status.error_code() == grpc::StatusCode::UNAVAILABLE ||
      result.status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return Answer::kLost;
  }
  return by_policy && !request.allowed ? Answer::kAsDecided : Answer::kRefused;
}

bool FaultNodeTest::AskAll(FaultOutcome& outcome, std::shared_ptr<grpc::Channel> channel) const {
  if (channel == nullptr) {
    channel = ChannelTo(sekisho_->socket());
  }
  bool well = true;
  for (const Request& request : Requests()) {
    const Answer answer = Ask(request, channel);
    ++outcome.calls;
    outcome.answered += answer == Answer::kAsDecided ? 1 : 0;
    outcome.lost += answer == Answer::kLost || answer == Answer::kRefused ? 1 : 0;
    EXPECT_NE(answer, Answer::kLetThrough) << request.name;
    well = well && answer == Answer::kAsDecided;
  }
  return well;
}

void FaultNodeTest::WaitUntilWell(FaultOutcome& outcome) const {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(Eventually([&] { return AskAll(outcome); }, kLong)) << sekisho_->Log();
  outcome.recoveries.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun));
}

bool FaultNodeTest::IsWrong(const FakeCall& call) const {
  if (call.method == kRunPodSandbox) {
    cri_v1::RunPodSandboxRequest request;
    return !request.ParseFromString(call.request) ||
           request.config().linux().security_context().namespace_options().pid() == cri_v1::NODE;
  }
  if (call.method != kCreateContainer) {
    return false;
  }
  cri_v1::CreateContainerRequest request;
  if (!request.ParseFromString(call.request)) {
    return true;
  }
  const auto& context = request.config().linux().security_context();
  if (context.privileged() || !Drops(context, kMarker)) {
    return true;
  }
  switch (context.seccomp().profile_type()) {
    case cri_v1::SecurityProfile::RuntimeDefault:
      return false;
    case cri_v1::SecurityProfile::Localhost: {
      const fs::path path = context.seccomp().localhost_ref();
      // The copy's name is the digest of what was judged. An unused copy may be gone by now.
      return path.parent_path() != state() + "/seccomp" ||
             (fs::exists(path) && base::Sha256Hex(ReadText(path)) + ".json" != path.filename());
    }
    default:
      return true;
  }
}

uint64_t FaultNodeTest::WronglyForwarded() const {
  const std::vector<FakeCall> calls = runtime_->calls();
  return static_cast<uint64_t>(
      std::ranges::count_if(calls, [this](const FakeCall& call) { return IsWrong(call); }));
}

}  // namespace sekisho::testing

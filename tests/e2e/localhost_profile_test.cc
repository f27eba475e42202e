// The files behind Localhost: judged, copied, and the copy is what runs.
#include <gmock/gmock.h>

#include <filesystem>

#include "app/acceptor.h"
#include "app/listener.h"
#include "e2e/node_fixture.h"
#include "relay/server.h"
#include "support/docker_profile.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Between an agent and the runtime: does something to the node whenever a container is to be made.
class BeforeCreate final : public relay::CallHook {
 public:
  BeforeCreate(const std::string& socket, const std::string& upstream, std::function<void()> act)
      : act_(std::move(act)),
        listener_(app::Listener::Bind(socket, "").value()),
        server_(relay::Server::Start({.upstream_socket = upstream}, *this).value()),
        acceptor_(listener_.fd(), [this](base::UniqueFd fd) { server_->Adopt(std::move(fd)); }) {}
  ~BeforeCreate() override { server_->Shutdown(std::chrono::seconds(5)); }

  void OnRequest(const relay::MethodEntry& method, std::string_view /*request*/,
                 relay::UpstreamCaller& /*upstream*/,
                 std::function<void(relay::Verdict)> done) override {
    if (method.path.ends_with("/CreateContainer")) {
      act_();
    }
    done({absl::OkStatus()});
  }
  void OnResponse(const relay::MethodEntry& /*method*/, std::string_view /*request*/,
                  const relay::Kept* /*kept*/, const absl::Status& /*status*/,
                  std::string_view /*response*/) override {}

 private:
  const std::function<void()> act_;
  app::Listener listener_;
  std::unique_ptr<relay::Server> server_;
  app::Acceptor acceptor_;
};

class LocalhostProfileTest : public NodeTest {
 protected:
  // A container with that file below the kubelet's directory.
  ContainerOptions With(const std::string& profile) {
    return {.edit = [this, profile](cri_v1::ContainerConfig& config) {
      auto& seccomp = *config.mutable_linux()->mutable_security_context()->mutable_seccomp();
      seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
      seccomp.set_localhost_ref(node_->SeccompProfilePath(profile));
    }};
  }
  absl::Status RefusalOf(const std::string& profile, const std::string& namespace_ = "shop") {
    const PodOptions pod = PodIn(namespace_);
    const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
    EXPECT_TRUE(sandbox.ok()) << sandbox.status();
    const size_t before = CountContainers();
    const absl::Status status = client_->Create(sandbox.value_or(""), pod, With(profile)).status();
    EXPECT_EQ(CountContainers(), before) << "it reached the runtime";
    return status;
  }
  ExecResult Exec(CriClient& client, const std::string& id, const std::vector<std::string>& argv) {
    const absl::StatusOr<ExecResult> result = client.Exec(id, argv);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(ExecResult{});
  }
  std::vector<std::string> Pins() const {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(sekisho_->options().dir + "/state/seccomp")) {
      if (entry.path().extension() == ".json") {
        names.push_back(entry.path().string());
      }
    }
    return names;
  }

  const std::vector<std::string> mkdir_ = {"/bin/mkdir", "/tmp/made"};
  const std::vector<std::string> unshare_ = {"/bin/unshare", "-U", "/bin/true"};
};

TEST_F(LocalhostProfileTest, WeakerThanTheFloorIsRefusedWithWhatItPermits) {
  node_->AddSeccompProfile("weak.json", RuntimeDefaultWith({"bpf", "mount", "init_module"}));
  const absl::Status refused = RefusalOf("weak.json");
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("violates node policy"), HasSubstr("weak.json"), HasSubstr("bpf"),
                    HasSubstr("init_module"), HasSubstr("mount")));
  // What RuntimeDefault permits is not held against it.
  EXPECT_THAT(std::string(refused.message()), Not(HasSubstr("openat")));

  node_->AddSeccompProfile("open.json", R"({"defaultAction": "SCMP_ACT_ALLOW"})");
  EXPECT_THAT(std::string(RefusalOf("open.json").message()), HasSubstr("open.json"));
  EXPECT_THAT(std::string(RefusalOf("missing.json").message()), HasSubstr("does not exist"));
  node_->AddSeccompProfile("broken.json", R"({"defaultAction": "SCMP_ACT_ERRNO", "sycalls": []})");
  EXPECT_THAT(std::string(RefusalOf("broken.json").message()), HasSubstr("sycalls"));
}

TEST_F(LocalhostProfileTest, TheCopyIsWhatRunsAndStaysAsLongAsTheContainer) {
  node_->AddSeccompProfile("own.json", RuntimeDefaultWithout({"mkdir", "mkdirat"}));
  const std::string id = RunContainer(PodIn("shop"), With("own.json"));
  EXPECT_EQ(StatusOf(id).seccomp, 2);
  EXPECT_EQ(Exec(*client_, id, mkdir_).exit_code, 1);
  ASSERT_EQ(Pins().size(), 1u);
  EXPECT_THAT(sekisho_->AuditLines(2).back(), HasSubstr(Pins().front()));
  // The runtime was given the copy, and nothing else: the original may go.
  std::filesystem::remove(node_->SeccompProfilePath("own.json"));
  sekisho_->Kill9();
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  EXPECT_EQ(Pins().size(), 1u);
  // The first call finds that the old connection is gone.
  ASSERT_TRUE(Eventually([this] {
    cri_v1::VersionResponse response;
    return client_->Call("Version", cri_v1::VersionRequest(), response).ok();
  }));
  EXPECT_THAT(std::string(RefusalOf("own.json").message()), HasSubstr("does not exist"));
}

TEST_F(LocalhostProfileTest, ASwapBetweenTheCheckAndTheRuntimesReadHasNoEffect) {
  node_->AddSeccompProfile("swapped.json", RuntimeDefaultWithout({"mkdir", "mkdirat"}));
  int swaps = 0;
  const TempDir dir;
  const BeforeCreate swapper(dir.File("swapper.sock"), containerd_->socket(), [&] {
    ++swaps;
    node_->AddSeccompProfile("swapped.json", R"({"defaultAction": "SCMP_ACT_ALLOW"})");
  });
  SekishoProcess sekisho({.dir = dir.path(),
                          .upstream_socket = dir.File("swapper.sock"),
                          .policy = kNodePolicy,
                          .kubelet_root = PodIn("shop").kubelet_root});
  ASSERT_TRUE(sekisho.Start()) << sekisho.Log();
  CriClient client(sekisho.socket());
  const PodOptions pod = PodIn("shop");
  const absl::StatusOr<std::string> sandbox = client.RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  const absl::StatusOr<std::string> id = client.Run(*sandbox, pod, With("swapped.json"));
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(swaps, 1);
  EXPECT_EQ(StatusOf(*id).seccomp, 2);
  EXPECT_EQ(Exec(*direct_, *id, mkdir_).exit_code, 1) << "the swapped file is in force";

  // Past the agent the same swap works: the test is worth something.
  const absl::StatusOr<std::string> free = direct_->Run(*sandbox, pod, [this] {
    ContainerOptions container = With("swapped.json");
    container.name = "second";
    return container;
  }());
  ASSERT_TRUE(free.ok()) << free.status();
  EXPECT_EQ(Exec(*direct_, *free, mkdir_).exit_code, 0);
  EXPECT_EQ(sekisho.Terminate(), 0);
}

TEST_F(LocalhostProfileTest, DockersFormatIsResolvedForTheContainer) {
  node_->AddSeccompProfile("docker.json", kDockerProfile);
  const std::vector<std::string> mount = {"/bin/mount", "-t", "tmpfs", "none", "/tmp"};
  const std::string id = RunContainer(PodIn("shop"), With("docker.json"));
  EXPECT_EQ(StatusOf(id).seccomp, 2);
  const ExecResult unshared = Exec(*client_, id, unshare_);
  EXPECT_NE(unshared.exit_code, 0);
  EXPECT_THAT(unshared.out, HasSubstr("Operation not permitted"));
  EXPECT_THAT(Exec(*client_, id, mount).out, HasSubstr("permission denied"));

  // containerd by itself drops the conditions, and the container makes itself a user namespace.
  const PodOptions pod = PodIn("privileged");
  const absl::StatusOr<std::string> sandbox = direct_->RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  const absl::StatusOr<std::string> misread = direct_->Run(*sandbox, pod, With("docker.json"));
  if (IsCrun()) {  // it reads what containerd made of the file, and knows no rule without names
    EXPECT_THAT(std::string(misread.status().message()), HasSubstr("config.json"));
    return;
  }
  ASSERT_TRUE(misread.ok()) << misread.status();
  EXPECT_EQ(StatusOf(*misread).seccomp, 2);
  EXPECT_EQ(Exec(*direct_, *misread, unshare_).exit_code, 0);
}

TEST_F(LocalhostProfileTest, WhatMustBeDeniedAndDockersFormat) {
  node_->AddSeccompProfile("with-umask.json", RuntimeDefaultWithout({"chroot"}));
  sekisho_->WritePolicy(R"(
apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline}
seccomp: {localhost: {mustDeny: [umask]}}
rules:
- match: {namespaces: [docker]}
  seccomp: {localhost: {dockerFormat: deny, mustDeny: []}}
)");
  sekisho_->Reload();
  EXPECT_THAT(std::string(RefusalOf("with-umask.json").message()), HasSubstr("umask"));
  node_->AddSeccompProfile("docker.json", kDockerProfile);
  EXPECT_THAT(std::string(RefusalOf("docker.json", "docker").message()), HasSubstr("Docker"));
}

TEST_F(LocalhostProfileTest, AMissingFileBecomesTheFallback) {
  node_->AddSeccompProfile("fallback.json", RuntimeDefaultWithout({"mkdir", "mkdirat"}));
  sekisho_->WritePolicy(R"(
apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline}
seccomp: {localhost: {missing: {localhost: fallback.json}}}
)");
  sekisho_->Reload();
  const std::string id = RunContainer(PodIn("shop"), With("gone.json"));
  EXPECT_EQ(StatusOf(id).seccomp, 2);
  EXPECT_EQ(Exec(*client_, id, mkdir_).exit_code, 1);
}

}  // namespace
}  // namespace sekisho::testing

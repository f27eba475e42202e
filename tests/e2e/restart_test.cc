// What dies and comes back: Sekisho, containerd, the policy.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "e2e/node_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;

// Calls through Sekisho as fast as they are answered, for as long as it lives.
class Load {
 public:
  explicit Load(const std::string& socket) : client_(socket), thread_([this] { Run(); }) {}
  ~Load() {
    stop_ = true;
    thread_.join();
  }
  int answered() const { return answered_; }

 private:
  void Run() {
    while (!stop_) {
      runtime::v1::VersionResponse response;
      if (client_.Call("Version", runtime::v1::VersionRequest(), response).ok()) {
        ++answered_;
      }
    }
  }

  CriClient client_;
  std::atomic<bool> stop_{false};
  std::atomic<int> answered_{0};
  std::thread thread_;
};

TEST_F(NodeTest, KilledUnderLoadAndRestartedItDecidesByTheRightPolicy) {
  const PodOptions shop = PodIn("shop");
  const PodOptions restricted = PodIn("restricted");
  const absl::StatusOr<std::string> shop_sandbox = client_->RunPod(shop);
  const absl::StatusOr<std::string> restricted_sandbox = client_->RunPod(restricted);
  ASSERT_TRUE(shop_sandbox.ok()) << shop_sandbox.status();
  ASSERT_TRUE(restricted_sandbox.ok()) << restricted_sandbox.status();
  const absl::StatusOr<std::string> running = client_->Run(*shop_sandbox, shop, {});
  ASSERT_TRUE(running.ok()) << running.status();
  const pid_t pid = direct_->PidOf(*running).value_or(-1);
  const Load load(sekisho_->socket());
  ASSERT_TRUE(Eventually([&] { return load.answered() > 100; }));

  sekisho_->Kill9();
  EXPECT_TRUE(direct_->IsRunning(*running).value_or(false));
  EXPECT_EQ(direct_->PidOf(*running).value_or(-2), pid);
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  const int answered = load.answered();
  EXPECT_TRUE(Eventually([&] { return load.answered() > answered + 100; }));

  // The new process never saw these sandboxes run; containerd tells it whose they are.
  const absl::Status refused = client_->Create(*restricted_sandbox, restricted, {}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("restricted:latest"));
  const absl::StatusOr<std::string> hardened =
      client_->Run(*shop_sandbox, shop, {.name = "second"});
  ASSERT_TRUE(hardened.ok()) << hardened.status();
  EXPECT_EQ(StatusOf(*hardened).seccomp, 2);
  PodOptions forged = restricted;
  forged.namespace_ = "privileged";
  const absl::Status mismatch = client_->Create(*restricted_sandbox, forged, {}).status();
  EXPECT_EQ(mismatch.code(), absl::StatusCode::kPermissionDenied) << mismatch;
  EXPECT_EQ(direct_->PidOf(*running).value_or(-2), pid);
}

TEST_F(NodeTest, ContainerdRestartsUnderIt) {
  const PodOptions pod = PodIn("shop");
  const std::string running = RunContainer(pod, {});
  const pid_t pid = direct_->PidOf(running).value_or(-1);
  containerd_->Kill9();
  runtime::v1::VersionResponse version;
  EXPECT_EQ(client_->Call("Version", runtime::v1::VersionRequest(), version).code(),
            absl::StatusCode::kUnavailable);
  ASSERT_EQ(containerd_->Start(), "");
  ASSERT_TRUE(Eventually(
      [&] { return client_->Call("Version", runtime::v1::VersionRequest(), version).ok(); }));
  EXPECT_EQ(client_->PidOf(running).value_or(-2), pid);
  EXPECT_EQ(StatusOfRunning(PodIn("shop"), {}).seccomp, 2);
}

TEST_F(NodeTest, ReloadChangesThePolicyOrKeepsTheLastGoodOne) {
  const PodOptions pod = PodIn("shop");
  const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  ASSERT_TRUE(client_->Create(*sandbox, pod, {.name = "before"}).ok());

  sekisho_->WritePolicy(
      "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: restricted}\n");
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("generation 2"));
  EXPECT_EQ(client_->Create(*sandbox, pod, {.name = "after"}).status().code(),
            absl::StatusCode::kPermissionDenied);

  sekisho_->WritePolicy("apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\nenfroce: nothing\n");
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("THE LAST RELOAD FAILED"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("policy.yaml:3:1: enfroce: unknown key"));
  EXPECT_EQ(client_->Create(*sandbox, pod, {.name = "still"}).status().code(),
            absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace sekisho::testing

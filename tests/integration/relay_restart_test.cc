// One relay after another behind the same listening socket, as systemd keeps it over restarts.
#include <fcntl.h>

#include <atomic>
#include <thread>

#include "integration/relay_fixture.h"
#include "support/unix_socket.h"

namespace sekisho::testing {
namespace {

using std::chrono::milliseconds;

class RelayRestartTest : public RelayFixture {
 protected:
  void SetUp() override {
    runtime_->SetHandler([](const FakeCall&) { return ReplyWith("here"); });
    StartRelay();
    accepting_ = std::thread([this] { Accept(); });
  }
  void TearDown() override {
    stop_ = true;
    (void)ConnectUnix(path_);  // wakes the one that accepts
    accepting_.join();
    server_->Shutdown(milliseconds(0));
  }

  // What a restart does, but for the time in between: from here on the next one is served, and the
  // one before ends.
  void Restart() {
    std::unique_ptr<relay::Server> before;
    {
      const std::lock_guard lock(mutex_);
      before = std::move(server_);
      StartRelay();
    }
    before->Shutdown(std::chrono::seconds(10));
  }

  const std::string path_ = dir_.File("relay.sock");

 private:
  void Accept() {
    while (!stop_) {
      base::UniqueFd connection = AcceptUnix(listening_.get());
      (void)::fcntl(connection.get(), F_SETFL, O_NONBLOCK);
      const std::lock_guard lock(mutex_);
      server_->Adopt(std::move(connection));
    }
  }

  base::UniqueFd listening_ = ListenUnix(path_);
  std::mutex mutex_;
  std::atomic<bool> stop_{false};
  std::thread accepting_;
};

// gRPC's server cancels what arrives once it was told to shut down: its callers have to know
// before.
TEST_F(RelayRestartTest, NoCallIsLost) {
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::mutex mutex;
  std::vector<std::string> failed;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      const auto channel = ChannelTo(path_);
      while (!stop) {
        RawResult result = CallRaw(channel, kVersion, "");
        if (result.status.error_message() == "GOAWAY received") {
          // This gRPC was told while it had the call ready and not sent. The one of the kubelet
          // (Go) sends it on the next connection by itself.
          result = CallRaw(channel, kVersion, "");
        }
        if (result.status.ok()) {
          ++answered;
          continue;
        }
        const std::lock_guard lock(mutex);
        failed.push_back(std::to_string(result.status.error_code()) + " " +
                         result.status.error_message());
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const int before = answered;
    Restart();
    while (answered < before + 100) {
      std::this_thread::yield();
    }
  }
  stop = true;
  for (std::thread& caller : callers) {
    caller.join();
  }
  EXPECT_EQ(failed, std::vector<std::string>());
}

}  // namespace
}  // namespace sekisho::testing

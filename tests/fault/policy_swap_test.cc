// A policy that is replaced all the time, while callers ask as fast as they can.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "fault/node_fixture.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenPolicies{10};
constexpr std::chrono::seconds kHowLong{kSanitized ? 3 : 6};
constexpr int kCallers = 3;
constexpr int kEachBad = 7;  // every so many policies one is broken

// Each policy lets its own users run, and those that both have, and takes its own capability.
struct Side {
  const char* users;
  const char* drops;
};
constexpr Side kSides[] = {{"{min: 1000, max: 1999}", "MKNOD"},
                           {"{min: 2000, max: 2999}", "CHOWN"}};
struct User {
  int64_t uid;
  bool allowed[2];
};
constexpr User kUsers[] = {
    {1500, {true, false}}, {2500, {false, true}}, {5500, {true, true}}, {9000, {false, false}}};

std::string PolicyOf(const Side& side) {
  return PolicyEnforcing("baseline") + "harden: {capabilities: {drop: [" + side.drops +
         "]}}\ncontrols: {runAsUser: {rule: MustRunAs, ranges: [" + side.users +
         ", {min: 5000, max: 5999}]}}\n";
}

bool Drops(const cri_v1::ContainerConfig& config, std::string_view capability) {
  const auto& dropped = config.linux().security_context().capabilities().drop_capabilities();
  return std::ranges::find(dropped, capability) != dropped.end();
}

// Whether one policy, and no part of the other, could have let it through.
bool IsWholly(const Side& side, bool allowed, const Side& other,
              const cri_v1::ContainerConfig& config) {
  return allowed && Drops(config, side.drops) && !Drops(config, other.drops);
}

bool IsMixed(const FakeCall& call) {
  cri_v1::CreateContainerRequest request;
  if (!request.ParseFromString(call.request)) {
    return true;
  }
  const int64_t uid = request.config().linux().security_context().run_as_user().value();
  const User* user = std::ranges::find(kUsers, uid, &User::uid);
  return user == std::end(kUsers) ||
         !(IsWholly(kSides[0], user->allowed[0], kSides[1], request.config()) ||
           IsWholly(kSides[1], user->allowed[1], kSides[0], request.config()));
}

class PolicySwapTest : public FaultNodeTest {
 protected:
  // As a configuration management does it: never half a file.
  void Replace(const std::string& policy) const {
    const std::string path = dir_.File("policy.yaml");
    WriteText(path + ".new", policy);
    std::filesystem::rename(path + ".new", path);
    sekisho_->Signal(SIGHUP);
  }
  std::string RequestOf(const User& user) const {
    return CreateContainer(sandbox_, {},
                           {.with_kubelet_mounts = false,
                            .edit =
                                [&user](cri_v1::ContainerConfig& config) {
                                  config.mutable_linux()
                                      ->mutable_security_context()
                                      ->mutable_run_as_user()
                                      ->set_value(user.uid);
                                }})
        .SerializeAsString();
  }

  struct Counts {
    std::atomic<uint64_t> made = 0;
    std::atomic<uint64_t> decided = 0;
    std::atomic<uint64_t> let_through = 0;      // what both policies forbid
    std::atomic<uint64_t> refused_wrongly = 0;  // what both permit
  };
  void Call(const std::atomic<bool>& stop, Counts& counts) const {
    const auto channel = ChannelTo(sekisho_->socket());
    while (!stop) {
      for (const User& user : kUsers) {
        const RawResult result = CallRaw(channel, kCreateContainer, RequestOf(user));
        ++counts.made;
        const bool refused = result.status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
        counts.decided += result.status.ok() || refused ? 1 : 0;
        counts.let_through += result.status.ok() && !user.allowed[0] && !user.allowed[1] ? 1 : 0;
        counts.refused_wrongly += !result.status.ok() && user.allowed[0] && user.allowed[1] ? 1 : 0;
      }
    }
  }
};

TEST_F(PolicySwapTest, EveryRequestIsDecidedByOnePolicyAsAWhole) {
  FaultOutcome outcome{.fault = "policy-replaced-every-10-ms",
                       .must_hold =
                           "each request is decided wholly by one of two policies, a broken "
                           "one changes nothing, and no call is lost"};
  SekishoOptions options = Options(PolicyOf(kSides[0]));
  options.more_config = "relay: {threads: 2}\n";
  StartNode(options);
  std::atomic<bool> stop = false;
  Counts counts;
  std::vector<std::thread> threads;
  for (int i = 0; i < kCallers; ++i) {
    threads.emplace_back([&] { Call(stop, counts); });
  }
  // Somebody has to take what the agent tells its service manager, or it waits.
  std::atomic<int> reloads = 0;
  threads.emplace_back([&] {
    while (!stop) {
      reloads += sekisho_->WaitForNotification("READY=1").empty() ? 0 : 1;
    }
  });
  const auto end = std::chrono::steady_clock::now() + kHowLong;
  for (auto next = std::chrono::steady_clock::now(); next < end; next += kBetweenPolicies) {
    std::this_thread::sleep_until(next);
    ++outcome.injected;
    Replace(outcome.injected % kEachBad == 0 ? std::string(kBrokenPolicy)
                                             : PolicyOf(kSides[outcome.injected % 2]));
  }
  stop = true;
  sekisho_->Signal(SIGHUP);  // who waits for a notification gets one
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(counts.let_through, 0u);
  EXPECT_EQ(counts.refused_wrongly, 0u);
  outcome.calls = counts.made;
  outcome.answered = counts.decided;
  outcome.lost = outcome.calls - outcome.answered;
  EXPECT_EQ(outcome.lost, 0u);
  // Signals that come while a reload runs are one. All the same it has to be many.
  EXPECT_GT(reloads, 50);

  size_t of_each[2] = {};
  for (const FakeCall& call : runtime_->calls()) {
    if (call.method != kCreateContainer) {
      continue;
    }
    outcome.wrongly_forwarded += IsMixed(call) ? 1 : 0;
    cri_v1::CreateContainerRequest request;
    request.ParseFromString(call.request);
    ++of_each[Drops(request.config(), kSides[0].drops) ? 0 : 1];
  }
  EXPECT_GT(of_each[0], 0u);
  EXPECT_GT(of_each[1], 0u);
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  EXPECT_THAT(sekisho_->Log(), ::testing::HasSubstr("the last good policy stays in force"));
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing

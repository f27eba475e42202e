// The loop's book-keeping, with a runtime of the test's own: what is entered and forgotten, when a
// container is looked at, and what happens when more comes than can be taken.
#include "app/verify_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <mutex>
#include <string>
#include <vector>

#include "config/snapshot.h"
#include "policy/policy.h"
#include "runtime/v1/api.pb.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"
#include "verify/ledger.h"

namespace sekisho::app {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
namespace cri_v1 = runtime::v1;

constexpr char kListContainers[] = "/runtime.v1.RuntimeService/ListContainers";

std::shared_ptr<const config::Snapshot> AnyPolicy() {
  auto snapshot = std::make_shared<config::Snapshot>();
  snapshot->policy =
      std::make_shared<const policy::Policy>(policy::Policy(policy::DefaultSpec(), {}, {}));
  snapshot->hash = "hash";
  return snapshot;
}

std::string Id(int number) {
  return "container-" + std::to_string(number);
}

std::string StartOf(const std::string& id) {
  cri_v1::StartContainerRequest request;
  request.set_container_id(id);
  return request.SerializeAsString();
}

std::string RemovalOf(const std::string& id) {
  cri_v1::RemoveContainerRequest request;
  request.set_container_id(id);
  return request.SerializeAsString();
}

class VerifyLoopTest : public ::testing::Test {
 protected:
  ~VerifyLoopTest() override {
    Release();
    loop_.Stop();
  }

  // A runtime that answers everything with an empty message, once it is let.
  void Start() {
    loop_.Start({.state_dir = dir_.path(),
                 .kubelet_root = dir_.path(),
                 .runtime_socket = dir_.File("runtime.sock"),
                 .call = [this](std::string_view method,
                                std::string request) -> absl::StatusOr<std::string> {
                   Note(method, std::move(request));
                   answering_.wait();
                   return std::string();
                 },
                 .namespaces = {}});
  }
  void Release() {
    if (!released_) {
      released_ = true;
      answering_.count_down();
    }
  }
  void Create(const std::string& id, const std::string& pod_name = "web") {
    policy::SandboxFacts sandbox;
    sandbox.pod.name = pod_name;
    sandbox.pod.namespace_ = "shop";
    sandbox.pod.uid = "u";
    policy::ContainerFacts container;
    container.name = "app";
    container.no_new_privs = true;
    loop_.Created(id, sandbox, container);
  }
  size_t Entries() const {
    const auto ledger = verify::ReadLedger(dir_.path());
    return ledger.ok() ? ledger->entries.size() : 0;
  }
  // When the runtime was first asked about this container alone; nothing: it was not.
  std::optional<Clock::time_point> AskedAbout(const std::string& id) const {
    const std::lock_guard lock(mu_);
    for (const auto& [time, method, request] : asked_) {
      cri_v1::ListContainersRequest question;
      if (method == kListContainers && question.ParseFromString(request) &&
          question.filter().id() == id) {
        return time;
      }
    }
    return std::nullopt;
  }

  const testing::TempDir dir_;
  enforce::SnapshotHolder snapshots_{AnyPolicy()};
  VerifyLoop loop_{snapshots_};

 private:
  struct Question {
    Clock::time_point time;
    std::string method;
    std::string request;
  };
  void Note(std::string_view method, std::string request) {
    const std::lock_guard lock(mu_);
    asked_.push_back({Clock::now(), std::string(method), std::move(request)});
  }

  mutable std::mutex mu_;
  std::vector<Question> asked_;
  std::latch answering_{1};
  bool released_ = false;
};

TEST_F(VerifyLoopTest, WhatIsCreatedIsInTheLedgerUntilItIsRemoved) {
  Release();
  Start();
  Create(Id(1));
  Create(Id(2));
  ASSERT_TRUE(testing::Eventually([this] { return Entries() == 2; }));
  const verify::LedgerView ledger = verify::ReadLedger(dir_.path()).value();
  EXPECT_TRUE(ledger.entries.at(Id(1)).expected.no_new_privs);
  EXPECT_EQ(ledger.entries.at(Id(1)).policy_hash, "hash");
  loop_.Removed(RemovalOf(Id(1)));
  EXPECT_TRUE(testing::Eventually([this] { return Entries() == 1; }));
  EXPECT_EQ(loop_.standing().not_entered, 0U);
}

TEST_F(VerifyLoopTest, AnIdThatIsNoneIsCountedAndNotEntered) {
  Release();
  Start();
  Create("");
  EXPECT_TRUE(testing::Eventually([this] { return loop_.standing().not_entered == 1; }));
  EXPECT_EQ(Entries(), 0U);
}

TEST_F(VerifyLoopTest, AContainerIsLookedAtSoonButNotAtOnce) {
  Release();
  Start();
  const Clock::time_point started = Clock::now();
  loop_.Started(StartOf(Id(1)));
  ASSERT_TRUE(testing::Eventually([this] { return AskedAbout(Id(1)).has_value(); }));
  EXPECT_GE(*AskedAbout(Id(1)) - started, milliseconds(250));
}

// The loop waits for the runtime meanwhile.
TEST_F(VerifyLoopTest, WhatItCannotTakeIsCountedAndRemovalsAreTakenLonger) {
  Start();
  constexpr int kBeyond = 10;
  for (int i = 0; i < static_cast<int>(VerifyLoop::kQueueMax) + kBeyond; ++i) {
    Create(Id(i));
  }
  EXPECT_EQ(loop_.standing().not_entered, static_cast<uint64_t>(kBeyond));
  loop_.Removed(RemovalOf(Id(0)));
  Release();
  EXPECT_TRUE(testing::Eventually([this] { return Entries() == VerifyLoop::kQueueMax - 1; }));
  EXPECT_EQ(loop_.standing().not_entered, static_cast<uint64_t>(kBeyond));
}

TEST_F(VerifyLoopTest, WhatWaitsHasALengthInBytesToo) {
  Start();
  const std::string large(VerifyLoop::kQueueBytesMax / 4, 'p');
  for (int i = 0; i < 6; ++i) {
    Create(Id(i), large);
  }
  EXPECT_EQ(loop_.standing().not_entered, 3U);  // three, and what they have besides, fill it
  Release();
  EXPECT_TRUE(testing::Eventually([this] { return Entries() == 3; }));
}

}  // namespace
}  // namespace sekisho::app

#include "enforce/snapshot_holder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace sekisho::enforce {
namespace {

using SnapshotPtr = std::shared_ptr<const config::Snapshot>;

// Hash, generation and policy say the same number.
SnapshotPtr SnapshotNumber(uint64_t number) {
  policy::Spec spec;
  spec.origin = std::to_string(number);
  auto snapshot = std::make_shared<config::Snapshot>();
  snapshot->policy = std::make_shared<const policy::Policy>(spec, std::vector<policy::Rule>{},
                                                            std::vector<policy::Exemption>{});
  snapshot->hash = spec.origin;
  snapshot->generation = number;
  return snapshot;
}

std::string OriginIn(const config::Snapshot& snapshot) {
  return snapshot.policy->ForSandbox({}, std::chrono::sys_seconds{})->origin;
}

TEST(SnapshotHolderTest, GivesTheLatest) {
  SnapshotHolder holder(SnapshotNumber(1));
  EXPECT_EQ(holder.Get()->hash, "1");
  holder.Set(SnapshotNumber(2));
  EXPECT_EQ(holder.Get()->hash, "2");
}

TEST(SnapshotHolderTest, ARequestKeepsItsOwnToTheEnd) {
  SnapshotHolder holder(SnapshotNumber(1));
  SnapshotPtr held = holder.Get();
  const std::weak_ptr<const config::Snapshot> first = held;
  holder.Set(SnapshotNumber(2));
  EXPECT_EQ(held->hash, "1");
  EXPECT_EQ(OriginIn(*held), "1");
  held.reset();
  EXPECT_TRUE(first.expired());  // nothing else keeps a replaced policy alive
}

TEST(SnapshotHolderTest, EveryReaderSeesAWholeSnapshotAndNeverAnOlderOne) {
  constexpr uint64_t kLast = 5000;
  SnapshotHolder holder(SnapshotNumber(1));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      uint64_t seen = 0;
      while (seen < kLast) {
        const SnapshotPtr snapshot = holder.Get();
        const bool whole = snapshot->hash == std::to_string(snapshot->generation) &&
                           OriginIn(*snapshot) == snapshot->hash;
        wrong += whole && snapshot->generation >= seen ? 0 : 1;
        seen = snapshot->generation;
      }
    });
  }
  for (uint64_t number = 2; number <= kLast; ++number) {
    holder.Set(SnapshotNumber(number));
  }
  for (std::thread& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sekisho::enforce

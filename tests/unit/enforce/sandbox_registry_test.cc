#include "enforce/sandbox_registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace sekisho::enforce {
namespace {

SandboxRecord RecordOf(const std::string& pod, bool complete = true) {
  SandboxRecord record;
  record.facts.pod.name = pod;
  record.complete = complete;
  return record;
}

TEST(SandboxRegistryTest, FindsWhatWasPutAndNothingElse) {
  SandboxRegistry registry;
  EXPECT_EQ(registry.Find("a"), nullptr);
  EXPECT_EQ(registry.Find(""), nullptr);
  registry.Put("a", RecordOf("pod-a"));
  registry.Put("b", RecordOf("pod-b", /*complete=*/false));
  ASSERT_NE(registry.Find("a"), nullptr);
  EXPECT_EQ(registry.Find("a")->facts.pod.name, "pod-a");
  EXPECT_TRUE(registry.Find("a")->complete);
  ASSERT_NE(registry.Find("b"), nullptr);
  EXPECT_FALSE(registry.Find("b")->complete);
  // containerd takes a sandbox by the beginning of its id; here only the whole id counts.
  EXPECT_EQ(registry.Find("A"), nullptr);
  EXPECT_EQ(registry.Find("aa"), nullptr);
  EXPECT_EQ(registry.size(), 2u);
}

TEST(SandboxRegistryTest, WhoHoldsARecordKeepsItWhateverHappens) {
  SandboxRegistry registry;
  registry.Put("a", RecordOf("first"));
  const std::shared_ptr<const SandboxRecord> held = registry.Find("a");
  registry.Put("a", RecordOf("second"));
  EXPECT_EQ(registry.size(), 1u);
  EXPECT_EQ(held->facts.pod.name, "first");
  EXPECT_EQ(registry.Find("a")->facts.pod.name, "second");
  registry.Remove("a");
  EXPECT_EQ(registry.Find("a"), nullptr);
  EXPECT_EQ(held->facts.pod.name, "first");
}

TEST(SandboxRegistryTest, RemovingWhatIsNotThereChangesNothing) {
  SandboxRegistry registry;
  registry.Put("a", RecordOf("pod-a"));
  registry.Remove("b");
  EXPECT_EQ(registry.size(), 1u);
  EXPECT_NE(registry.Find("a"), nullptr);
}

TEST(SandboxRegistryTest, DoesNotGrowWithoutBoundAndKeepsTheNewest) {
  SandboxRegistry registry;
  constexpr size_t kMax = SandboxRegistry::kEntriesMax;
  for (size_t i = 0; i < kMax; ++i) {
    registry.Put(std::to_string(i), RecordOf("old"));
  }
  ASSERT_EQ(registry.size(), kMax);
  // One that is there already needs no room.
  registry.Put("7", RecordOf("again"));
  size_t kept = 0;
  for (size_t i = 0; i < kMax; ++i) {
    kept += registry.Find(std::to_string(i)) != nullptr ? 1 : 0;
  }
  EXPECT_EQ(kept, kMax);
  for (size_t i = kMax; i < kMax + 100; ++i) {
    registry.Put(std::to_string(i), RecordOf("new"));
    EXPECT_EQ(registry.size(), kMax);
    ASSERT_NE(registry.Find(std::to_string(i)), nullptr);
  }
}

TEST(SandboxRegistryTest, ManyThreadsSeeEachRecordWhole) {
  SandboxRegistry registry;
  std::atomic<int> torn = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string own = "own-" + std::to_string(t);
      for (int i = 0; i < 2000; ++i) {
        // Name and uid belong together; "shared" is written by all of them.
        SandboxRecord record = RecordOf(own + "-" + std::to_string(i));
        record.facts.pod.uid = record.facts.pod.name;
        registry.Put("shared", record);
        registry.Put(own, record);
        const std::shared_ptr<const SandboxRecord> shared = registry.Find("shared");
        torn += shared != nullptr && shared->facts.pod.uid != shared->facts.pod.name ? 1 : 0;
        const std::shared_ptr<const SandboxRecord> mine = registry.Find(own);
        torn += mine == nullptr || mine->facts.pod.name != record.facts.pod.name ? 1 : 0;
        registry.Remove(i % 2 == 0 ? own : "shared");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace sekisho::enforce

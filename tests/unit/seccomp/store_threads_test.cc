#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/sha256.h"
#include "seccomp/profile_facts.h"
#include "seccomp/store.h"
#include "store_fixture.h"

namespace sekisho::seccomp {
namespace {

using StoreThreadsTest = StoreFixture;

constexpr int kThreads = 6;
constexpr int kRewrites = 200;

TEST_F(StoreThreadsTest, EveryAnswerIsOfOneOfTheContentsAndWhole) {
  struct Expected {
    std::vector<std::string> allowed;
    std::string pinned;
  };
  const std::string kTexts[] = {Allowing({"read", "bpf"}), Allowing({"read", "mount", "ptrace"})};
  Demands demands = Nothing();
  demands.must_deny = {"bpf", "mount", "ptrace"};
  const auto store = Open();
  ASSERT_TRUE(store->Watch().ok());
  std::map<std::string, Expected> by_digest;
  for (const std::string& text : kTexts) {
    Write("x.json", text);
    const auto facts = store->Look(InRoot("x.json"), demands, {});
    by_digest[base::Sha256Hex(text)] = {facts->must_deny_allowed, facts->pinned_path};
  }
  ASSERT_EQ(by_digest.size(), 2u);
  ASSERT_NE(by_digest.begin()->second.pinned, by_digest.rbegin()->second.pinned);

  std::atomic<bool> over = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const std::string id = base::StrCat("c", i);
      while (!over) {
        const auto facts = store->Look(InRoot("x.json"), demands, {});
        const auto expected = by_digest.find(facts->digest);
        const bool good = facts->state == ProfileFacts::State::kUsable &&
                          expected != by_digest.end() &&
                          facts->must_deny_allowed == expected->second.allowed &&
                          facts->pinned_path == expected->second.pinned;
        wrong += good ? 0 : 1;
        ++answers;
        (void)store->Use(id, facts->pinned_path);
      }
    });
  }
  for (int i = 0; i < kRewrites; ++i) {
    Write("x.json", kTexts[i % 2]);
    const auto now = store->Look(InRoot("x.json"), demands, {});
    // Who wrote it sees it: nothing older is answered after the rename.
    EXPECT_EQ(now->digest, base::Sha256Hex(kTexts[i % 2]));
  }
  over = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(answers, kThreads);
  EXPECT_EQ(store->stats().compiled, 2u) << "nothing is compiled twice";
}

TEST_F(StoreThreadsTest, CollectingTakesNothingAwayThatIsGivenOut) {
  for (int i = 0; i < kThreads; ++i) {
    Write(base::StrCat(i, ".json"), Allowing({"read", i % 2 == 0 ? "write" : "bpf"}));
  }
  StoreOptions options = {.seccomp_root = Root(),
                          .directory = StateDirectory()};  // a minute's grace
  const auto opened = Store::Open(options);
  ASSERT_TRUE(opened.ok());
  Store& store = **opened;
  std::atomic<bool> over = false;
  std::atomic<int> missing = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const std::string path = InRoot(base::StrCat(i, ".json"));
      while (!over) {
        const auto facts = store.Look(path, Nothing(), {});
        missing += std::filesystem::exists(facts->pinned_path) ? 0 : 1;
      }
    });
  }
  for (int i = 0; i < kRewrites; ++i) {
    store.Collect({}, 0);
    (void)store.stats();
  }
  over = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(missing, 0);
}

// The first look at the same file by everybody at once.
TEST_F(StoreThreadsTest, CompilesOnceForAll) {
  Write("x.json", Allowing({"read"}));
  const auto store = Open();
  std::vector<std::thread> threads;
  std::vector<std::shared_ptr<const ProfileFacts>> facts(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back(
        [&, i] { facts[static_cast<size_t>(i)] = store->Look(InRoot("x.json"), {}, {}); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& one : facts) {
    EXPECT_EQ(*one, *facts.front());
    EXPECT_EQ(one->state, ProfileFacts::State::kUsable) << one->fault;
  }
  EXPECT_EQ(store->stats().compiled, 1u);
}

}  // namespace
}  // namespace sekisho::seccomp

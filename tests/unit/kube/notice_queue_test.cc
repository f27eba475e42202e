#include "kube/notice_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

Notice NoticeOf(const std::string& pod, int number) {
  return {.reason = EventReason::kDenied,
          .namespace_ = "shop",
          .pod = pod,
          .pod_uid = "uid",
          .container = "web",
          .text = std::to_string(number),
          .time = {}};
}

std::string Texts(const std::vector<Notice>& notices) {
  std::string texts;
  for (const Notice& notice : notices) {
    texts += base::StrCat(texts.empty() ? "" : " ", notice.text);
  }
  return texts;
}

TEST(NoticeQueue, GivesThemInOrderAndOnce) {
  NoticeQueue queue([] {});
  EXPECT_TRUE(queue.TakeAll().empty());
  queue.Put({NoticeOf("a", 1), NoticeOf("a", 2)});
  queue.Put({NoticeOf("a", 3)});
  EXPECT_EQ(Texts(queue.TakeAll()), "1 2 3");
  EXPECT_TRUE(queue.TakeAll().empty());
}

TEST(NoticeQueue, WakesOnlyWhenItWasEmpty) {
  int wakes = 0;
  NoticeQueue queue([&wakes] { ++wakes; });
  queue.Put({});
  EXPECT_EQ(wakes, 0) << "nothing to tell";
  queue.Put({NoticeOf("a", 1)});
  queue.Put({NoticeOf("a", 2)});
  EXPECT_EQ(wakes, 1);
  queue.TakeAll();
  queue.Put({NoticeOf("a", 3)});
  EXPECT_EQ(wakes, 2);
}

TEST(NoticeQueue, MayBeUsedFromWithinTheWake) {
  std::vector<Notice> taken;
  NoticeQueue* self = nullptr;
  NoticeQueue queue([&self, &taken] { taken = self->TakeAll(); });
  self = &queue;
  queue.Put({NoticeOf("a", 1)});  // would hang if the lock were held
  EXPECT_EQ(Texts(taken), "1");
}

TEST(NoticeQueue, DropsAndCountsWhatDoesNotFit) {
  int wakes = 0;
  NoticeQueue queue([&wakes] { ++wakes; }, 3);
  queue.Put({NoticeOf("a", 1), NoticeOf("a", 2)});
  queue.Put({NoticeOf("a", 3), NoticeOf("a", 4), NoticeOf("a", 5)});
  queue.Put({NoticeOf("a", 6)});
  EXPECT_EQ(queue.dropped(), 3u);
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(Texts(queue.TakeAll()), "1 2 3") << "the oldest stay";
  queue.Put({NoticeOf("a", 7)});
  EXPECT_EQ(Texts(queue.TakeAll()), "7");
  EXPECT_EQ(queue.dropped(), 3u);

  NoticeQueue none([&wakes] { ++wakes; }, 0);
  none.Put({NoticeOf("a", 1)});
  EXPECT_EQ(none.dropped(), 1u);
  EXPECT_EQ(wakes, 2) << "one more only for the 7";
}

// Several threads put, one takes when it is woken; none is lost, and each one's stay in order.
TEST(NoticeQueue, LosesNothingBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  std::mutex mu;
  std::condition_variable woken;
  int wakes = 0;
  NoticeQueue queue(
      [&mu, &woken, &wakes] {
        const std::lock_guard lock(mu);
        ++wakes;
        woken.notify_one();
      },
      size_t{64});

  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  std::atomic<int> running = kThreads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&queue, &running, &mu, &woken, thread] {
      const std::string pod = std::to_string(thread);
      for (int i = 0; i < kEach; ++i) {
        queue.Put({NoticeOf(pod, i)});
      }
      const std::lock_guard lock(mu);
      --running;
      woken.notify_one();
    });
  }
  std::map<std::string, int> last;
  uint64_t taken = 0;
  int seen = 0;
  const auto take = [&queue, &last, &taken] {
    for (const Notice& notice : queue.TakeAll()) {
      ++taken;
      const auto place = last.emplace(notice.pod, -1).first;
      const int number = std::stoi(notice.text);
      EXPECT_LT(place->second, number);
      place->second = number;
    }
  };
  for (bool is_done = false; !is_done;) {
    {
      std::unique_lock lock(mu);
      woken.wait(lock, [&wakes, &seen, &running] { return wakes != seen || running == 0; });
      seen = wakes;
      is_done = running == 0;
    }
    take();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  take();
  EXPECT_EQ(taken + queue.dropped(), uint64_t{kThreads} * kEach);
  EXPECT_GT(taken, 0u);
}

}  // namespace
}  // namespace sekisho::kube

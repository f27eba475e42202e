#include "app/free_heap.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace sekisho::app {
namespace {

constexpr FreeHeap::Clock::time_point kStart{std::chrono::hours(1)};

TEST(FreeHeap, IsGivenBackAtOnceAndThenOnceAnInterval) {
  FreeHeap heap;
  EXPECT_TRUE(heap.LookAround(kStart));
  EXPECT_FALSE(heap.LookAround(kStart));
  EXPECT_FALSE(heap.LookAround(kStart + FreeHeap::kInterval - std::chrono::seconds(1)));
  EXPECT_TRUE(heap.LookAround(kStart + FreeHeap::kInterval));
  EXPECT_FALSE(heap.LookAround(kStart + FreeHeap::kInterval + std::chrono::seconds(1)));
}

#if !SEKISHO_SANITIZED  // which have a heap of their own

long AnonymousKiB() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) {
      return std::stol(line.substr(8));
    }
  }
  return 0;
}

using Blocks = std::vector<std::unique_ptr<std::string>>;

Blocks Allocate(size_t count) {
  Blocks blocks;
  for (size_t i = 0; i < count; ++i) {
    blocks.push_back(std::make_unique<std::string>(4096, 'x'));
  }
  return blocks;
}

// 64 MiB, in the heap of another thread, behind the last block of which nothing is free.
TEST(FreeHeap, WhatLiesBeforeABlockInUseIsGivenBack) {
  FreeHeap heap;
  std::thread([&heap] {
    Blocks blocks = Allocate(16384);
    const std::unique_ptr<std::string> last = std::move(blocks.back());
    const long before = AnonymousKiB();
    blocks.clear();
    const long kept = AnonymousKiB();
    EXPECT_GT(kept, before - 8 * 1024) << "glibc gives it back by itself now";
    EXPECT_TRUE(heap.LookAround(kStart));
    EXPECT_LT(AnonymousKiB(), kept - 48 * 1024);
    EXPECT_EQ(*last, std::string(4096, 'x'));
  }).join();
}

#endif

}  // namespace
}  // namespace sekisho::app

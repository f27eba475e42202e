#include "seccomp/contained.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>

namespace sekisho::seccomp {
namespace {

using ::testing::HasSubstr;

TEST(RunContained, WorkIsDoneInACopy) {
  const SharedArea area(sizeof(int));
  int* const shared = static_cast<int*>(area.get());
  ASSERT_NE(shared, nullptr);
  int mine = 1;
  const absl::Status status = RunContained([&] {
    *shared = static_cast<int>(::getpid());
    mine = 2;
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_NE(*shared, 0);
  EXPECT_NE(*shared, static_cast<int>(::getpid()));
  EXPECT_EQ(mine, 1);
}

TEST(RunContained, WhatDoesNotEndIsStopped) {
  const absl::Status status = RunContained(
      [] {
        volatile const bool forever = true;
        while (forever) {
        }
      },
      {.time = std::chrono::milliseconds(30)});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "was not done in 30 ms");
}

TEST(RunContained, WhatWaitsIsStoppedToo) {
  const absl::Status status =
      RunContained([] { (void)::pause(); }, {.time = std::chrono::milliseconds(2)});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(RunContained, WhatDiesDiesAlone) {
  const absl::Status status = RunContained([] {
    (void)std::signal(SIGTERM, SIG_DFL);
    (void)::raise(SIGTERM);
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(status.message(), "died of signal 15");
  EXPECT_THAT(std::string(RunContained([] { ::_exit(3); }).message()), HasSubstr("status 3"));
}

TEST(RunContained, ThereIsSoMuchMemoryAndNoMore) {
  const SharedArea area(2 * sizeof(bool));
  bool* const refused = static_cast<bool*>(area.get());
  const auto take = [](size_t bytes) {
    return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
  };
  const absl::Status status = RunContained(
      [&] {
        refused[0] = take(size_t{4} << 20);
        refused[1] = take(size_t{32} << 20);
      },
      {.memory = size_t{16} << 20});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(refused[0]);
  EXPECT_TRUE(refused[1]);
}

TEST(RunContained, DescriptorsAreNotKeptOpen) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  const SharedArea area(sizeof(bool));
  bool* const open = static_cast<bool*>(area.get());
  const int write_end = ends[1];
  const absl::Status status = RunContained([&] { *open = ::write(write_end, "x", 1) == 1; });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(*open);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace sekisho::seccomp

#include "harden/limits.h"

#include <gtest/gtest.h>

#include "in_child.h"

namespace sekisho::harden {
namespace {

using testing::ChildEnd;
using testing::InChild;

TEST(HardenLimitsTest, EveryLimitIsLoweredForGood) {
  for (const ResourceLimit& limit : ResourceLimits()) {
    EXPECT_EQ(InChild([&limit] {
                rlimit now{};
                if (!LowerLimits().ok() || ::getrlimit(limit.resource, &now) != 0) {
                  return 1;
                }
                return now.rlim_cur <= limit.most && now.rlim_max <= limit.most ? 0 : 2;
              }),
              ChildEnd{})
        << limit.name;
    EXPECT_STRNE(limit.why, "") << limit.name;
  }
}

TEST(HardenLimitsTest, OpenFilesAreAsManyAsTheyMayBe) {
  EXPECT_EQ(InChild([] {
              rlimit files{};
              (void)::getrlimit(RLIMIT_NOFILE, &files);
              files.rlim_cur = 100;
              (void)::setrlimit(RLIMIT_NOFILE, &files);
              const bool lowered = LowerLimits().ok();
              rlimit now{};
              (void)::getrlimit(RLIMIT_NOFILE, &now);
              const rlim_t most = files.rlim_max < 65536 ? files.rlim_max : 65536;
              return lowered && now.rlim_cur == most && now.rlim_max == files.rlim_max ? 0 : 1;
            }),
            ChildEnd{});
}

TEST(HardenLimitsTest, CoreDumpsAreOff) {
  EXPECT_EQ(InChild([] { return LowerLimits().ok() && CoreDumpsAreOff() ? 0 : 1; }), ChildEnd{});
}

}  // namespace
}  // namespace sekisho::harden

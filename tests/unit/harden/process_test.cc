#include "harden/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include "in_child.h"

namespace sekisho::harden {
namespace {

using testing::ChildEnd;
using testing::InChild;

TEST(HardenProcessTest, PrivilegesAreNotGained) {
  EXPECT_EQ(InChild([] {
              return GainNoPrivileges().ok() ? ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) : 100;
            }),
            ChildEnd{.code = 1});
}

TEST(HardenProcessTest, MemoryIsHidden) {
  EXPECT_FALSE(MemoryIsHidden());
  EXPECT_EQ(InChild([] { return HideMemory().ok() && MemoryIsHidden() ? 0 : 1; }), ChildEnd{});
}

TEST(HardenProcessTest, AGroupThatIsNotThereIsNamed) {
  const absl::Status status = JoinGroup("no-such-group");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.ToString(), ::testing::HasSubstr("no-such-group"));
}

}  // namespace
}  // namespace sekisho::harden

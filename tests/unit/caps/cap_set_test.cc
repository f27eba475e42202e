#include "caps/cap_set.h"

#include <gtest/gtest.h>

namespace sekisho::caps {
namespace {

TEST(CapSetTest, NumbersAreTheKernels) {
  // include/uapi/linux/capability.h
  EXPECT_EQ(NumberOf("CHOWN"), 0);
  EXPECT_EQ(NumberOf("NET_RAW"), 13);
  EXPECT_EQ(NumberOf("SYS_ADMIN"), 21);
  EXPECT_EQ(NumberOf("CHECKPOINT_RESTORE"), 40);
}

TEST(CapSetTest, OnlyTheOneSpellingHasANumber) {
  for (const char* name : {"", "net_raw", "Net_Raw", "CAP_NET_RAW", "NET_RAW ", "ALL", "NO_SUCH"}) {
    EXPECT_EQ(NumberOf(name), std::nullopt) << name;
  }
}

TEST(CapSetTest, AllHasEveryCapabilityOfTheKernelHeaders) {
  EXPECT_EQ(CapSet::All().mask() & 0x1ffffffffffull, 0x1ffffffffffull);
}

TEST(CapSetTest, Algebra) {
  const CapSet set = CapSet::Of({"CHOWN", "NET_RAW"});
  EXPECT_EQ(set.mask(), 0x2001u);
  EXPECT_TRUE(set.Has(13));
  EXPECT_EQ(set.Without(13), CapSet::Of({"CHOWN"}));
  EXPECT_EQ(set.Without(13).With(13), set);
  EXPECT_TRUE(CapSet().empty());
}

TEST(CapSetTest, ReadsWell) {
  EXPECT_EQ(CapSet::Of({"NET_RAW", "CHOWN"}).ToString(), "CHOWN NET_RAW");
  EXPECT_EQ(CapSet().ToString(), "none");
}

}  // namespace
}  // namespace sekisho::caps

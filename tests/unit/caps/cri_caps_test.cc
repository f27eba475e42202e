#include "caps/cri_caps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekisho::caps {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

TEST(CriCapsTest, TheDefaultSetIsTheRuntimes) {
  // 14 capabilities; the mask is what an unrestricted container shows in CapBnd.
  EXPECT_EQ(RuntimeDefaultSet().mask(), 0xa80425fbu);
}

struct EffectiveCase {
  const char* what;
  Names add;
  Names drop;
  uint64_t expected;
};

TEST(CriCapsTest, EffectiveSetFollowsTheRuntimesOrder) {
  const uint64_t all = CapSet::All().mask();
  const EffectiveCase cases[] = {
      {"nothing asked", {}, {}, 0xa80425fb},
      {"one dropped", {}, {"NET_RAW"}, 0xa80405fb},
      {"case does not matter", {}, {"net_raw"}, 0xa80405fb},
      {"a prefix makes the name unknown", {}, {"CAP_NET_RAW"}, 0xa80425fb},
      {"all dropped", {}, {"ALL"}, 0},
      {"all dropped, in small letters", {}, {"all"}, 0},
      {"one added back", {"NET_BIND_SERVICE"}, {"ALL"}, 1u << 10},
      {"a drop wins over the addition", {"CHOWN"}, {"ALL", "CHOWN"}, 0},
      {"all added", {"ALL"}, {}, all},
      {"all added but one", {"all"}, {"SYS_ADMIN"}, all & ~(1ull << 21)},
      {"ALL twice: the drop comes after", {"ALL"}, {"ALL"}, 0},
  };
  for (const EffectiveCase& c : cases) {
    EXPECT_EQ(EffectiveFromCri(c.add, c.drop).mask(), c.expected) << c.what;
  }
}

TEST(CriCapsTest, CanonicalNames) {
  EXPECT_EQ(CanonicalName("cap_sys_admin"), "SYS_ADMIN");
  EXPECT_EQ(CanonicalName("SYS_ADMIN"), "SYS_ADMIN");
  EXPECT_EQ(CanonicalName("all"), "ALL");
}

TEST(CriCapsTest, DroppingNamesItSoThatTheRuntimeUnderstands) {
  EXPECT_THAT(WithDropped({}, "NET_RAW").drop, ElementsAre("NET_RAW"));
  EXPECT_THAT(WithDropped({.drop = {"net_raw"}}, "NET_RAW").drop, ElementsAre("net_raw"));
  EXPECT_THAT(WithDropped({.drop = {"CAP_NET_RAW"}}, "NET_RAW").drop,
              ElementsAre("CAP_NET_RAW", "NET_RAW"));
  EXPECT_THAT(WithDropped({.drop = {"ALL"}}, "NET_RAW").drop, ElementsAre("ALL"));
}

TEST(CriCapsTest, DroppingTakesEverySpellingOutOfTheAdditions) {
  const Lists lists = WithDropped(
      {.add = {"net_raw", "CAP_NET_RAW", "CHOWN"}, .drop = {"ALL"}, .ambient = {"NET_RAW"}},
      "NET_RAW");
  EXPECT_THAT(lists.add, ElementsAre("CHOWN"));
  EXPECT_THAT(lists.ambient, IsEmpty());
  EXPECT_THAT(lists.drop, ElementsAre("ALL"));
}

TEST(CriCapsTest, WhatWasDroppedIsGoneWhateverWasAskedFor) {
  const Names spellings = {"NET_RAW", "net_raw", "CAP_NET_RAW", "ALL", "all", "CHOWN"};
  for (const std::string& add : spellings) {
    for (const std::string& drop : spellings) {
      const Lists lists = WithDropped({.add = {add}, .drop = {drop}}, "NET_RAW");
      EXPECT_FALSE(EffectiveFromCri(lists.add, lists.drop).Has(13)) << add << " / " << drop;
      const Lists twice = WithDropped(lists, "NET_RAW");
      EXPECT_EQ(twice.add, lists.add);
      EXPECT_EQ(twice.drop, lists.drop);
    }
  }
}

}  // namespace
}  // namespace sekisho::caps

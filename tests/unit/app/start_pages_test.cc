#include "app/start_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace sekisho::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// As proc(5) shows it, with the lines that matter.
std::string Shown(const std::string& header, int anonymous_kb) {
  return header +
         "\nSize:                 32 kB\nRss:                  28 kB\n"
         "Private_Dirty:         0 kB\nAnonymous:             " +
         std::to_string(anonymous_kb) + " kB\nVmFlags: rd ex mr mw me sd\n";
}

TEST(StartPages, OnlyWhatCanBeReadAgainUnchangedIsDropped) {
  struct Row {
    const char* name;
    std::string header;
    int anonymous_kb;
    bool droppable;
  };
  const Row rows[] = {
      {"a program's text", "1000-9000 r-xp 00000000 08:01 42   /usr/sbin/sekisho", 0, true},
      {"its constants", "1000-9000 r--p 00000000 08:01 42   /usr/sbin/sekisho", 0, true},
      {"a name with a space", "1000-9000 r--p 00000000 08:01 42   /opt/a b/lib.so", 0, true},
      {"relocated, then made read-only", "1000-9000 r--p 00000000 08:01 42   /usr/lib/l.so", 4,
       false},
      {"its variables", "1000-9000 rw-p 00000000 08:01 42   /usr/sbin/sekisho", 0, false},
      {"shared and writable", "1000-9000 rw-s 00000000 08:01 42   /dev/shm/x", 0, false},
      {"the heap", "1000-9000 rw-p 00000000 00:00 0   [heap]", 28, false},
      {"of the kernel", "1000-9000 r-xp 00000000 00:00 0   [vdso]", 0, false},
      {"of no file", "1000-9000 r--p 00000000 00:00 0 ", 0, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const std::vector<Mapping> found = DroppableMappings(Shown(row.header, row.anonymous_kb));
    if (row.droppable) {
      EXPECT_THAT(found, ElementsAre(Mapping{0x1000, 0x9000}));
    } else {
      EXPECT_THAT(found, IsEmpty());
    }
  }
}

TEST(StartPages, EachMappingHasFieldsOfItsOwn) {
  const std::string smaps = Shown("1000-2000 rw-p 00000000 08:01 42   /a", 0) +
                            Shown("2000-3000 r-xp 00000000 08:01 42   /a", 0) +
                            Shown("3000-4000 r--p 00000000 08:01 42   /a", 4) +
                            Shown("7f0000001000-7f0000002000 r--p 00000000 08:01 43   /b", 0);
  EXPECT_THAT(DroppableMappings(smaps),
              ElementsAre(Mapping{0x2000, 0x3000}, Mapping{0x7f0000001000, 0x7f0000002000}));
}

// What the kernel writes otherwise one day is left alone.
TEST(StartPages, NothingIsDroppedOfWhatIsNotUnderstood) {
  for (const char* text :
       {"", "\n", "1000-2000", "1000 r-xp 00000000 08:01 42 /a\nAnonymous: 0 kB\n",
        "x-2000 r-xp 00000000 08:01 42 /a\nAnonymous: 0 kB\n",
        "1000-2000 r-xp 00000000 08:01 42 /a\n", "1000-2000 r-xp 00000000 08:01 42 /a\nAnonymous:",
        "1000-2000 r-xp 00000000 08:01 42 /a\nAnonymous: 0 pages\n", "Anonymous: 0 kB\n"}) {
    EXPECT_THAT(DroppableMappings(text), IsEmpty()) << text;
  }
}

// Really dropped, and really there again: this program goes on afterwards.
TEST(StartPages, TheProcessIsSmallerAndGoesOn) {
  const auto resident_kb = [] {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("RssFile:")) {
        return std::stol(line.substr(8));
      }
    }
    return -1L;
  };
  const long before = resident_kb();
  ASSERT_GT(before, 0);
  GiveBackStartPages();
  const long after = resident_kb();
  ASSERT_GT(after, 0);
  EXPECT_LT(after, before * 3 / 4);
  EXPECT_THAT(DroppableMappings(Shown("1000-9000 r-xp 00000000 08:01 42   /a", 0)),
              ElementsAre(Mapping{0x1000, 0x9000}));
}

}  // namespace
}  // namespace sekisho::app

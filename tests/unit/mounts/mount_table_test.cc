#include "mounts/mount_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::mounts {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kNode =
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "30 27 0:40 / /run rw,nosuid - tmpfs tmpfs rw,size=10%\n"
    "31 27 254:0 /srv/data /data rw - ext4 /dev/vda rw\n"
    "40 27 0:50 / /kubelet/pods/u/volumes/kubernetes.io~secret/s rw - tmpfs tmpfs rw\n"
    "41 27 0:60 / /kubelet/pods/u/volumes/kubernetes.io~csi/pv/mount rw - nfs4 host:/x rw\n"
    "42 41 254:0 /etc /kubelet/pods/u/volumes/kubernetes.io~csi/pv/mount rw - ext4 /dev/vda rw\n"
    "43 27 0:70 /gone//deleted /srv/gone rw - tmpfs tmpfs rw\n";

MountTable Parsed(std::string_view text) {
  std::optional<MountTable> table = MountTable::Parse(text);
  EXPECT_TRUE(table.has_value()) << text;
  return table.has_value() ? *table : *MountTable::Parse(kNode);
}

TEST(MountTableTest, ReadsTheFieldsThatCount) {
  const struct {
    std::string_view why;
    std::string_view line;
    Mount mount;
  } kCases[] = {
      {"no tag",
       "1 0 8:1 /r /p rw - ext4 /dev/sda rw",
       {.device = "8:1", .root = "/r", .mount_point = "/p", .fs_type = "ext4"}},
      {"one tag",
       "1 0 8:1 / /p rw shared:1 - ext4 /dev/sda rw",
       {.device = "8:1", .root = "/", .mount_point = "/p", .fs_type = "ext4"}},
      {"several tags, one of them unknown",
       "1 0 8:1 / /p rw shared:1 master:2 propagate_from:3 new:4 - ext4 /dev/sda rw",
       {.device = "8:1", .root = "/", .mount_point = "/p", .fs_type = "ext4"}},
      {"a file system without a source: two blanks in a row",
       "1 0 0:1 / /p rw - tmpfs  rw",
       {.device = "0:1", .root = "/", .mount_point = "/p", .fs_type = "tmpfs"}},
      {"a source with a dash in it",
       "1 0 0:1 / /p rw - fuse.x - rw",
       {.device = "0:1", .root = "/", .mount_point = "/p", .fs_type = "fuse.x"}},
      {"every letter that the kernel escapes",
       R"(1 0 8:1 /a\040b\011c /p\012q\134r rw - ext4 x rw)",
       {.device = "8:1", .root = "/a b\tc", .mount_point = "/p\nq\\r", .fs_type = "ext4"}},
      {"a backslash of the name before digits of the name",
       R"(1 0 8:1 / /p\134040 rw - ext4 x rw)",
       {.device = "8:1", .root = "/", .mount_point = "/p\\040", .fs_type = "ext4"}},
      {"a letter above 127",
       R"(1 0 8:1 / /\303\251 rw - ext4 x rw)",
       {.device = "8:1", .root = "/", .mount_point = "/\xc3\xa9", .fs_type = "ext4"}},
      {"a root that is no path",
       "1 0 0:4 net:[4026531840] /run/netns/x rw - nsfs nsfs rw",
       {.device = "0:4",
        .root = "net:[4026531840]",
        .mount_point = "/run/netns/x",
        .fs_type = "nsfs"}},
      {"a root that has been removed",
       "1 0 8:1 /a//deleted /p rw - ext4 x rw",
       {.device = "8:1", .root = "/a", .deleted = true, .mount_point = "/p", .fs_type = "ext4"}},
      {"a root with a telling name",
       "1 0 8:1 /a/deleted /p rw - ext4 x rw",
       {.device = "8:1", .root = "/a/deleted", .mount_point = "/p", .fs_type = "ext4"}},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    EXPECT_THAT(Parsed(std::string(row.line) + "\n").mounts(), ElementsAre(row.mount));
  }
}

TEST(MountTableTest, RefusesWhatItDoesNotUnderstand) {
  const struct {
    std::string_view why;
    std::string_view text;
  } kCases[] = {
      {"nothing at all", ""},
      {"cut off within the line", "1 0 8:1 / /p rw - ext4 /dev/sda r"},
      {"an empty line", "\n"},
      {"no separator", "1 0 8:1 / /p rw shared:1 ext4 /dev/sda rw\n"},
      {"nothing behind the separator", "1 0 8:1 / /p rw -\n"},
      {"a type and no more", "1 0 8:1 / /p rw - ext4\n"},
      {"an empty type", "1 0 8:1 / /p rw -  /dev/sda rw\n"},
      {"no number", "x 0 8:1 / /p rw - ext4 /dev/sda rw\n"},
      {"a parent that is no number", "1 -1 8:1 / /p rw - ext4 /dev/sda rw\n"},
      {"no colon in the device", "1 0 81 / /p rw - ext4 /dev/sda rw\n"},
      {"half a device", "1 0 8: / /p rw - ext4 /dev/sda rw\n"},
      {"letters in the device", "1 0 8:a / /p rw - ext4 /dev/sda rw\n"},
      {"an empty root", "1 0 8:1  /p rw - ext4 /dev/sda rw\n"},
      {"an empty mount point", "1 0 8:1 /  rw - ext4 /dev/sda rw\n"},
      {"a relative mount point", "1 0 8:1 / p rw - ext4 /dev/sda rw\n"},
      {"an escape cut off", "1 0 8:1 / /p\\04 rw - ext4 /dev/sda rw\n"},
      {"an escape that is not octal", "1 0 8:1 / /p\\048 rw - ext4 /dev/sda rw\n"},
      {"an escape beyond a byte", "1 0 8:1 / /p\\400 rw - ext4 /dev/sda rw\n"},
      {"an escaped NUL", "1 0 8:1 / /p\\000 rw - ext4 /dev/sda rw\n"},
      {"one bad line among good ones",
       "1 0 8:1 / / rw - ext4 x rw\nx\n2 1 8:1 / /p rw - ext4 x rw\n"},
  };
  for (const auto& row : kCases) {
    EXPECT_FALSE(MountTable::Parse(row.text).has_value()) << row.why;
  }
}

TEST(MountTableTest, ReadsTheKernelsOwn) {
  const std::array<std::string, 1> files = {"/proc/self/mountinfo"};
  const std::optional<MountTable> table = MountTable::ReadFirst(files);
  ASSERT_TRUE(table.has_value());
  ASSERT_NE(table->Holding("/proc/self"), nullptr);
  EXPECT_EQ(table->Holding("/proc/self")->fs_type, "proc");
}

TEST(MountTableTest, TakesTheFirstFileThatCanBeRead) {
  const testing::TempDir dir;
  testing::WriteText(dir.File("malformed"), "nonsense\n");
  testing::WriteText(dir.File("good"), "1 0 8:1 / / rw - ext4 x rw\n");
  testing::WriteText(dir.File("later"), "1 0 8:2 / / rw - ext4 x rw\n");
  testing::WriteText(dir.File("long"), std::string((size_t{16} << 20) + 1, '\n'));
  const std::array<std::string, 6> files = {dir.File("missing"),   dir.path(),
                                            dir.File("malformed"), dir.File("long"),
                                            dir.File("good"),      dir.File("later")};
  const std::optional<MountTable> table = MountTable::ReadFirst(files);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->At("/")->device, "8:1");
  EXPECT_FALSE(MountTable::ReadFirst(std::span(files).first(4)).has_value());
}

TEST(MountTableTest, FindsTheLastMountAtAPlace) {
  const MountTable table = Parsed(kNode);
  ASSERT_NE(table.At("/kubelet/pods/u/volumes/kubernetes.io~csi/pv/mount"), nullptr);
  EXPECT_EQ(table.At("/kubelet/pods/u/volumes/kubernetes.io~csi/pv/mount")->root, "/etc");
  EXPECT_EQ(table.At("/kubelet"), nullptr);
}

TEST(MountTableTest, FindsTheMountThatAPathLiesOn) {
  const MountTable table = Parsed(kNode);
  EXPECT_EQ(table.Holding("/kubelet/x")->mount_point, "/");
  EXPECT_EQ(table.Holding("/run")->mount_point, "/run");
  EXPECT_EQ(table.Holding("/running")->mount_point, "/");
  EXPECT_EQ(table.Holding("/kubelet/pods/u/volumes/kubernetes.io~csi/pv/mount/a")->root, "/etc");
  EXPECT_EQ(Parsed("1 0 8:1 / /p rw - ext4 x rw\n").Holding("/q"), nullptr);
}

TEST(MountTableTest, FindsAMountPointOnTheWay) {
  const MountTable table = Parsed(kNode);
  const std::string secret = "/kubelet/pods/u/volumes/kubernetes.io~secret/s";
  EXPECT_NE(table.Between("/kubelet/pods/u", secret + "/token"), nullptr);
  EXPECT_NE(table.Between(secret, secret + "/token"), nullptr) << "the first one counts";
  EXPECT_EQ(table.Between("/kubelet/pods/u", secret), nullptr) << "the last one does not";
  EXPECT_EQ(table.Between("/kubelet/pods/u", secret + "2"), nullptr) << "another name";
}

TEST(MountTableTest, TranslatesASourceIntoAPath) {
  const MountTable table = Parsed(kNode);
  const struct {
    std::string_view why;
    Mount mount;
    std::string_view source;
  } kCases[] = {
      {"by the mount that shows it all",
       {.device = "254:0", .root = "/etc", .mount_point = "/m"},
       "/etc"},
      {"though another shows it, too",
       {.device = "254:0", .root = "/srv/data/x", .mount_point = "/m"},
       "/srv/data/x"},
      {"all of a file system", {.device = "0:40", .root = "/", .mount_point = "/m"}, "/run"},
      {"mounted nowhere else", {.device = "0:40", .root = "/x", .mount_point = "/run"}, "0:40:/x"},
      {"in what has been removed",
       {.device = "0:70", .root = "/gone/x", .mount_point = "/m"},
       "0:70:/gone/x"},
      {"not known", {.device = "0:99", .root = "/x", .mount_point = "/m"}, "0:99:/x"},
      {"in what is to be ignored",
       {.device = "0:50", .root = "/x", .mount_point = "/m"},
       "0:50:/x"},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(table.SourceOf(row.mount, "/kubelet"), row.source) << row.why;
  }
}

}  // namespace
}  // namespace sekisho::mounts

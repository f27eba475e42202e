#include "harden/capabilities.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harden/process.h"
#include "in_child.h"
#include "procfs/process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::harden {
namespace {

using testing::ChildEnd;
using testing::InChild;

class HardenCapabilitiesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) {
      GTEST_SKIP() << "only root has capabilities to drop";
    }
  }
};

TEST_F(HardenCapabilitiesTest, OnlyWhatIsNeededIsKept) {
  EXPECT_FALSE(CapabilitiesAreDropped());
  EXPECT_EQ(InChild([] {
              if (!DropCapabilities().ok() || !CapabilitiesAreDropped()) {
                return 1;
              }
              const auto self = procfs::ReadProcess("/proc", ::getpid());
              return self.ok() && self->effective == KeptSet() && self->permitted == KeptSet() &&
                             self->bounding == KeptSet() && self->inheritable.empty() &&
                             self->ambient.empty()
                         ? 0
                         : 2;
            }),
            ChildEnd{});
}

TEST_F(HardenCapabilitiesTest, ItCanBeSaidTwice) {
  EXPECT_EQ(InChild([] {
              return DropCapabilities().ok() && DropCapabilities().ok() && CapabilitiesAreDropped()
                         ? 0
                         : 1;
            }),
            ChildEnd{});
}

TEST_F(HardenCapabilitiesTest, PrivilegesAreGone) {
  EXPECT_EQ(InChild([] {
              // CAP_SETUID and CAP_SETGID. Not by glibc, which does it for every thread: a
              // sanitizer's own threads were there before.
              return DropCapabilities().ok() && ::syscall(SYS_setresuid, 1, 1, 1) != 0 &&
                             ::syscall(SYS_setresgid, 1, 1, 1) != 0
                         ? 0
                         : 1;
            }),
            ChildEnd{});
}

TEST_F(HardenCapabilitiesTest, AFileCanBeGivenToAJoinedGroupAndToNoOther) {
  const testing::TempDir dir;
  const std::string file = dir.File("socket");
  testing::WriteText(file, "");
  const struct group* joined = ::getgrnam("daemon");
  ASSERT_NE(joined, nullptr);
  const gid_t gid = joined->gr_gid;
  EXPECT_EQ(InChild([&] {
              if (!JoinGroup("daemon").ok() || !DropCapabilities().ok()) {
                return 1;
              }
              const auto nobody = static_cast<uid_t>(-1);
              if (::chown(file.c_str(), nobody, gid) != 0) {
                return 2;
              }
              return ::chown(file.c_str(), nobody, 65534) == -1 ? 0 : 3;
            }),
            ChildEnd{});
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, gid);
}

TEST(HardenCapabilitiesTableTest, EachHasItsReason) {
  for (const KeptCapability& kept : KeptCapabilities()) {
    EXPECT_FALSE(kept.why.empty()) << kept.name;
  }
}

}  // namespace
}  // namespace sekisho::harden

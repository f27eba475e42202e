// The parts that look at a node: commands, unit properties, unix sockets, trees of files, diffs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "base/unique_fd.h"
#include "install/command.h"
#include "install/diff.h"
#include "install/file_tree.h"
#include "install/kubelet_health.h"
#include "install/systemd.h"
#include "install/unix_peers.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::install {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::WriteText;

// --- commands

TEST(CommandTest, GivesExitCodeAndOutput) {
  const auto result = RunCommand({"sh", "-c", "echo out; echo err >&2; exit 7"}, seconds(10));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_code, 7);
  EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(CommandTest, HasNothingToRead) {
  const auto result = RunCommand({"cat"}, seconds(10));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_code, 0);
}

TEST(CommandTest, KillsWhatDoesNotEnd) {
  for (const char* script : {"sleep 1000", "exec >/dev/null 2>&1; sleep 1000"}) {
    const auto result = RunCommand({"sh", "-c", script}, seconds(1));
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("did not end within 1 s"));
  }
}

TEST(CommandTest, SaysWhichProgramIsMissing) {
  const auto result = RunCommand({"no-such-program-here"}, seconds(1));
  if (result.ok()) {
    EXPECT_EQ(result->exit_code, 127);
  } else {
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("no-such-program-here"));
  }
}

TEST(CommandTest, TellsASignal) {
  const auto result = RunCommand({"sh", "-c", "kill -9 $$"}, seconds(10));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->exit_code, 128 + 9);
}

// --- systemctl show

TEST(UnitStateTest, ReadsTheProperties) {
  const UnitState state = ParseUnitState(
      "MainPID=4711\nLoadState=loaded\nActiveState=active\nSubState=running\n"
      "FragmentPath=/lib/systemd/system/kubelet.service\n"
      "DropInPaths=/etc/systemd/system/kubelet.service.d/10-kubeadm.conf "
      "/etc/systemd/system/kubelet.service.d/20-x.conf\nUnitFileState=enabled\n"
      "ExecStart={ path=/usr/bin/kubelet ; argv[]=/usr/bin/kubelet --a=b ; ignore_errors=no }\n");
  EXPECT_TRUE(state.loaded);
  EXPECT_TRUE(state.IsRunning());
  EXPECT_EQ(state.main_pid, 4711);
  EXPECT_EQ(state.sub_state, "running");
  EXPECT_EQ(state.program, "/usr/bin/kubelet");
  EXPECT_EQ(state.unit_file_state, "enabled");
  EXPECT_THAT(state.files, ElementsAre("/lib/systemd/system/kubelet.service",
                                       "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
                                       "/etc/systemd/system/kubelet.service.d/20-x.conf"));
}

TEST(UnitStateTest, AMissingUnitIsNotLoaded) {
  const UnitState state = ParseUnitState("LoadState=not-found\nActiveState=inactive\nMainPID=0\n");
  EXPECT_FALSE(state.loaded);
  EXPECT_FALSE(state.IsRunning());
  EXPECT_THAT(state.files, IsEmpty());
}

TEST(UnitSearchTest, FindsTheFilesInSystemdsOrder) {
  const testing::TempDir root;
  const auto make = [&](const std::string& path) {
    std::filesystem::create_directories(std::filesystem::path(root.path() + path).parent_path());
    WriteText(root.path() + path, "");
  };
  EXPECT_THAT(FindUnitFiles("kubelet.service", root.path()), IsEmpty());
  make("/lib/systemd/system/kubelet.service");
  make("/lib/systemd/system/kubelet.service.d/20-b.conf");
  make("/etc/systemd/system/kubelet.service.d/10-a.conf");
  make("/etc/systemd/system/kubelet.service.d/20-b.conf");  // hides the one of /lib
  make("/etc/systemd/system/kubelet.service.d/notes.txt");
  EXPECT_THAT(FindUnitFiles("kubelet.service", root.path()),
              ElementsAre("/lib/systemd/system/kubelet.service",
                          "/etc/systemd/system/kubelet.service.d/10-a.conf",
                          "/etc/systemd/system/kubelet.service.d/20-b.conf"));
  make("/etc/systemd/system/kubelet.service");
  EXPECT_EQ(FindUnitFiles("kubelet.service", root.path())[0],
            "/etc/systemd/system/kubelet.service");
}

// --- unix sockets, the kernel's own list

base::UniqueFd Listening(const std::string& path) {
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::listen(fd.get(), 8), 0);
  return fd;
}

base::UniqueFd Connected(const std::string& path) {
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

TEST(UnixPeersTest, CountsTheConnectionsOfAProcess) {
  const testing::TempDir dir;
  const base::UniqueFd listener = Listening(dir.File("a.sock"));
  const base::UniqueFd other = Listening(dir.File("b.sock"));
  EXPECT_EQ(*ConnectionsTo(::getpid(), dir.File("a.sock")), 0);
  const base::UniqueFd first = Connected(dir.File("a.sock"));
  EXPECT_EQ(*ConnectionsTo(::getpid(), dir.File("a.sock")), 0);  // nobody has accepted it yet
  const base::UniqueFd accepted(::accept(listener.get(), nullptr, nullptr));
  EXPECT_EQ(*ConnectionsTo(::getpid(), dir.File("a.sock")), 1);
  const base::UniqueFd second = Connected(dir.File("a.sock"));
  const base::UniqueFd accepted_too(::accept(listener.get(), nullptr, nullptr));
  EXPECT_EQ(*ConnectionsTo(::getpid(), dir.File("a.sock")), 2);
  EXPECT_EQ(*ConnectionsTo(::getpid(), dir.File("b.sock")), 0);
}

TEST(UnixPeersTest, AProcessThatIsGoneIsAnError) {
  EXPECT_FALSE(ConnectionsTo(999'999'999, "/run/none.sock").ok());
}

// --- trees

TEST(FileTreeTest, ParsesSourceAndDestination) {
  EXPECT_EQ(ParseFileTree("/a:/b")->destination, "/b");
  for (const char* text : {"/a", "a:/b", "/a:b", "/a:/b/../c", "/a/../b:/c", ":"}) {
    EXPECT_FALSE(ParseFileTree(text).ok()) << text;
  }
}

TEST(FileTreeTest, ReadsAMountedConfigMap) {
  const testing::TempDir dir;
  namespace fs = std::filesystem;
  fs::create_directories(dir.File("..2026_1/policy.d"));
  WriteText(dir.File("..2026_1/policy.yaml"), "p");
  WriteText(dir.File("..2026_1/policy.d/x.yaml"), "x");
  fs::create_symlink("..2026_1", dir.File("..data"));
  fs::create_symlink("..data/policy.yaml", dir.File("policy.yaml"));
  fs::create_symlink("..data/policy.d", dir.File("policy.d"));
  const auto files = ReadFileTrees({{.source = dir.path(), .destination = "/etc/sekisho/"}});
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0], (BroughtFile{.path = "/etc/sekisho/policy.d/x.yaml", .bytes = "x"}));
  EXPECT_EQ((*files)[1], (BroughtFile{.path = "/etc/sekisho/policy.yaml", .bytes = "p"}));
}

TEST(FileTreeTest, RefusesHalfATree) {
  namespace fs = std::filesystem;
  const testing::TempDir dir;
  EXPECT_FALSE(ReadFileTrees({{.source = dir.File("none"), .destination = "/x"}}).ok());
  fs::create_symlink("nowhere", dir.File("dangling"));
  EXPECT_THAT(
      std::string(ReadFileTrees({{.source = dir.path(), .destination = "/x"}}).status().message()),
      HasSubstr("dangling"));
  fs::remove(dir.File("dangling"));
  fs::create_symlink(".", dir.File("loop"));
  EXPECT_FALSE(ReadFileTrees({{.source = dir.path(), .destination = "/x"}}).ok());
}

TEST(FileTreeTest, TwoFilesForOnePlaceAreAnError) {
  const testing::TempDir a;
  const testing::TempDir b;
  WriteText(a.File("f"), "1");
  WriteText(b.File("f"), "2");
  EXPECT_THAT(std::string(ReadFileTrees({{.source = a.path(), .destination = "/x"},
                                         {.source = b.path(), .destination = "/x"}})
                              .status()
                              .message()),
              HasSubstr("two files are meant for /x/f"));
}

// --- diffs

TEST(DiffTest, ShowsTheLineThatChanges) {
  const std::string diff =
      UnifiedDiff({.path = "/etc/x", .before = "a\nb\nc\n", .after = "a\nB\nc\n", .why = ""});
  EXPECT_EQ(diff, "--- /etc/x\n+++ /etc/x\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
}

TEST(DiffTest, ShowsNewAndRemovedFiles) {
  EXPECT_THAT(UnifiedDiff({.path = "/x", .before = {}, .after = "a\n", .why = ""}),
              HasSubstr("--- /dev/null\n+++ /x\n"));
  EXPECT_THAT(UnifiedDiff({.path = "/x", .before = "a\n", .after = {}, .why = ""}),
              HasSubstr("+++ /dev/null"));
}

TEST(DiffTest, OneLineForAProgram) {
  EXPECT_EQ(UnifiedDiff({.path = "/x", .before = {}, .after = std::string("a\0b", 3), .why = ""}),
            "/x: new, 3 bytes\n");
}

// --- healthz

TEST(HealthzUrlTest, FollowsFlagsThenFile) {
  const testing::TempDir root;
  WriteText(root.File("config.yaml"), "healthzPort: 11111\nhealthzBindAddress: 0.0.0.0\n");
  EXPECT_EQ(HealthzUrl({"kubelet"}, "", root.path()), "http://127.0.0.1:10248/healthz");
  EXPECT_EQ(HealthzUrl({"kubelet"}, "/config.yaml", root.path()), "http://127.0.0.1:11111/healthz");
  EXPECT_EQ(HealthzUrl({"kubelet", "--healthz-port=22222", "--healthz-bind-address", "::1"},
                       "/config.yaml", root.path()),
            "http://[::1]:22222/healthz");
  EXPECT_EQ(HealthzUrl({"kubelet", "--healthz-port=0"}, "/config.yaml", root.path()), "");
}

}  // namespace
}  // namespace sekisho::install

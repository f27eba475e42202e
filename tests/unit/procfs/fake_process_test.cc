// Processes as files in a folder: what no process of this machine can be made to show.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "procfs/process.h"
#include "support/temp_dir.h"
#include "unit/procfs/proc_texts.h"

namespace sekisho::procfs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr pid_t kPid = 71;

class FakeProcess : public ::testing::Test {
 protected:
  FakeProcess() {
    Write("stat", StatText("nginx"));
    Write("status", std::string(kStatusText));
    Write("cgroup", "0::/kubepods/pod1/c1\n");
    Write("attr/current", "cri-containerd.apparmor.d (enforce)\n");
    Write("mountinfo", std::string(kMountInfoText));
    Write("cmdline", std::string("nginx\0-g\0\0", 10));
    fs::create_directories(File("ns"));
    uint64_t inode = 100;
    for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"}) {
      Link(std::string("ns/") + name, std::string(name) + ":[" + std::to_string(inode++) + "]");
    }
  }

  std::string File(const std::string& name) const {
    return dir_.File(std::to_string(kPid) + "/" + name);
  }
  void Write(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(File(name)).parent_path());
    std::ofstream(File(name), std::ios::binary) << text;
  }
  void Link(const std::string& name, const std::string& target) {
    fs::remove(File(name));
    fs::create_symlink(target, File(name));
  }
  absl::StatusOr<Process> Read() const { return ReadProcess(dir_.path(), kPid); }
  Process MustRead() const {
    absl::StatusOr<Process> process = Read();
    EXPECT_TRUE(process.ok()) << process.status();
    return process.ok() ? *process : Process();
  }

  const testing::TempDir dir_;
};

TEST_F(FakeProcess, IsReadWhole) {
  const Process process = MustRead();
  EXPECT_EQ(process.pid, kPid);
  EXPECT_EQ(process.parent, 40);
  EXPECT_EQ(process.start_time, 12345U);
  EXPECT_EQ(process.name, "nginx");
  EXPECT_EQ(process.seccomp_filters, 3);
  EXPECT_THAT(process.cgroups, ElementsAre("/kubepods/pod1/c1"));
  EXPECT_EQ(process.lsm_label, "cri-containerd.apparmor.d (enforce)");
  EXPECT_THAT(process.namespaces,
              ElementsAre(Pair("cgroup", 100), Pair("ipc", 101), Pair("mnt", 102), Pair("net", 103),
                          Pair("pid", 104), Pair("user", 105), Pair("uts", 106)));
  EXPECT_EQ(process.root_read_only, true);
  EXPECT_THAT(process.unseen, IsEmpty());
}

TEST_F(FakeProcess, ThatIsNotThereIsNotFound) {
  const absl::Status status = ReadProcess(dir_.path(), 72).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr(dir_.File("72") + ": "));
  fs::remove(File("status"));  // it ended after its folder was opened
  EXPECT_TRUE(absl::IsNotFound(Read().status()));
}

TEST_F(FakeProcess, WhosePidWasGivenAwayIsNotFound) {
  // The kernel's answer to "status" comes from here, after "stat" was read, and with another one.
  fs::remove(File("status"));
  ASSERT_EQ(::mkfifo(File("status").c_str(), 0600), 0);
  std::thread kernel([this] {
    const int fd = ::open(File("status").c_str(), O_WRONLY);
    Write("stat.new", StatText("nginx", "S", "12346"));
    fs::rename(File("stat.new"), File("stat"));
    EXPECT_EQ(::write(fd, kStatusText.data(), kStatusText.size()),
              static_cast<ssize_t>(kStatusText.size()));
    EXPECT_EQ(::close(fd), 0);
  });
  const absl::Status status = Read().status();
  kernel.join();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("it ended while it was read"));
}

TEST_F(FakeProcess, ThatEndsMeanwhileIsNotFound) {
  fs::remove(File("status"));
  ASSERT_EQ(::mkfifo(File("status").c_str(), 0600), 0);
  std::thread kernel([this] {
    const int fd = ::open(File("status").c_str(), O_WRONLY);
    Write("stat.new", StatText("nginx", "Z"));
    fs::rename(File("stat.new"), File("stat"));
    EXPECT_EQ(::write(fd, kStatusText.data(), kStatusText.size()),
              static_cast<ssize_t>(kStatusText.size()));
    EXPECT_EQ(::close(fd), 0);
  });
  const absl::Status status = Read().status();
  kernel.join();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
}

TEST_F(FakeProcess, WhoseStatusIsDamagedIsAnErrorThatNamesTheLine) {
  Write("status", WithLine(kStatusText, "CapEff:", "CapEff:\tall\n"));
  const absl::Status status = Read().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(std::string(status.message()),
            dir_.File("71") + ": status: the line CapEff is not understood");
  Write("stat", "71 (nginx)");
  EXPECT_TRUE(absl::IsDataLoss(Read().status()));
}

TEST_F(FakeProcess, KeepsWhatElseItSaysWhenSomethingCannotBeRead) {
  fs::remove(File("ns/net"));
  Link("ns/pid", "pid:4026531836");
  fs::remove(File("mountinfo"));
  Write("cgroup", "0::/a\nx\n");
  const Process process = MustRead();
  EXPECT_THAT(
      process.unseen,
      ElementsAre("cgroup: the line 2 is not understood", "ns/net: No such file or directory",
                  "ns/pid: not a namespace", "mountinfo: No such file or directory"));
  EXPECT_EQ(process.namespaces.count("net"), 0U);
  EXPECT_EQ(process.namespaces.count("pid"), 0U);
  EXPECT_EQ(process.namespaces.count("mnt"), 1U);
  EXPECT_EQ(process.root_read_only, std::nullopt);
  EXPECT_THAT(process.cgroups, IsEmpty());
  EXPECT_EQ(process.uid.real, 1000);
}

TEST_F(FakeProcess, HasTheLabelOfTheModuleThatIsInUse) {
  Write("attr/current", std::string("system_u:system_r:container_t:s0:c1,c2\0", 39));
  EXPECT_EQ(MustRead().lsm_label, "system_u:system_r:container_t:s0:c1,c2");
  Write("attr/apparmor/current", "docker-default (enforce)\n");
  EXPECT_EQ(MustRead().lsm_label, "docker-default (enforce)");
  fs::remove_all(File("attr"));
  const Process process = MustRead();
  EXPECT_EQ(process.lsm_label, "");
  EXPECT_THAT(process.unseen, IsEmpty());
}

TEST_F(FakeProcess, WithAMountTableWithoutBoundIsReadWithinABound) {
  std::string text(kMountInfoText);
  const std::string line = "700 600 0:51 / /a/" + std::string(4000, 'a') + " rw - tmpfs x rw\n";
  while (text.size() < (size_t{8} << 20)) {
    text += line;
  }
  Write("mountinfo", text);
  EXPECT_EQ(MustRead().root_read_only, true);
  Write("mountinfo", text + text + text);
  EXPECT_EQ(MustRead().root_read_only, std::nullopt);
  EXPECT_THAT(MustRead().unseen, ElementsAre(HasSubstr("mountinfo: longer than")));
}

TEST_F(FakeProcess, WhoseFirstThreadEndedIsKnownByOneThatRuns) {
  Write("stat", StatText("nginx", "Z"));
  EXPECT_TRUE(absl::IsNotFound(Read().status()));
  fs::create_directories(File("task"));
  for (const char* thread : {"71", "72", "73"}) {
    fs::create_directories(File(std::string("task/") + thread));
    for (const char* name : {"status", "stat", "cgroup", "mountinfo"}) {
      fs::copy_file(File(name), File(std::string("task/") + thread + "/" + name));
    }
  }
  EXPECT_TRUE(absl::IsNotFound(Read().status()));  // all of them have ended
  Write("task/73/stat", StatText("worker", "S", "99999"));
  Write("task/73/status", WithLine(kStatusText, "NoNewPrivs:", "NoNewPrivs:\t0\n"));
  const Process process = MustRead();
  EXPECT_EQ(process.start_time, 12345U);
  EXPECT_EQ(process.name, "nginx");
  EXPECT_FALSE(process.no_new_privs);
}

TEST_F(FakeProcess, IsListedAmongOthers) {
  fs::create_directories(dir_.File("9"));
  std::ofstream(dir_.File("9/stat")) << "9 (init) S 1 9 9 0 -1 0 0 0 0 0 0 0 0 0 0 0 1 0 5 0 0\n";
  fs::create_directories(dir_.File("12"));  // ends just now: its stat is gone
  fs::create_directories(dir_.File("0"));
  fs::create_directories(dir_.File("12x"));
  std::ofstream(dir_.File("uptime")) << "1 2\n";
  EXPECT_THAT(
      ListProcesses(dir_.path()),
      ElementsAre(Process{.pid = 9, .parent = 1, .start_time = 5, .name = "init"},
                  Process{.pid = kPid, .parent = 40, .start_time = 12345, .name = "nginx"}));
  EXPECT_THAT(ListProcesses(dir_.File("none")), IsEmpty());
}

TEST_F(FakeProcess, HasACommandLineOfWords) {
  EXPECT_THAT(CommandLine(dir_.path(), kPid), ElementsAre("nginx", "-g", ""));
  Write("cmdline", "nginx: worker process");  // written over by the process itself
  EXPECT_THAT(CommandLine(dir_.path(), kPid), ElementsAre("nginx: worker process"));
  Write("cmdline", "");  // a kernel thread
  EXPECT_THAT(CommandLine(dir_.path(), kPid), IsEmpty());
  EXPECT_THAT(CommandLine(dir_.path(), 72), IsEmpty());
}

}  // namespace
}  // namespace sekisho::procfs

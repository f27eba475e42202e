// Processes of this machine, each after it did something to itself: what is read of them is what
// the kernel says, and is held against what other system calls say.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <thread>

#include "base/unique_fd.h"
#include "procfs/process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::procfs {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kProc = "/proc";

// A child that changed itself and then waits until it is killed. `set_up` returns 0 or an errno,
// and may hand over to another process by setting `pid` in its own memory.
class Child {
 public:
  using SetUp = std::function<int()>;

  explicit Child(const SetUp& set_up) {
    std::array<int, 2> ready{};
    std::array<int, 2> hold{};
    if (::pipe2(ready.data(), O_CLOEXEC) != 0 || ::pipe2(hold.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("pipe2");
    }
    const base::UniqueFd ready_read(ready[0]);
    base::UniqueFd ready_write(ready[1]);
    const base::UniqueFd hold_read(hold[0]);
    hold_.Reset(hold[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      Run(set_up, ready_write.get(), hold_read.get());
    }
    ready_write.Reset();
    if (::read(ready_read.get(), &error_, sizeof(error_)) != sizeof(error_)) {
      error_ = ECHILD;
    }
  }
  ~Child() {
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  int error() const { return error_; }
  Process Read() const {
    absl::StatusOr<Process> process = ReadProcess(kProc, pid_);
    EXPECT_TRUE(process.ok()) << process.status();
    return process.ok() ? *process : Process();
  }

 private:
  // Only write(2) and read(2) from here on: the strict mode of seccomp leaves nothing else.
  [[noreturn]] static void Run(const SetUp& set_up, int ready, int hold) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int error = set_up();
    (void)!::write(ready, &error, sizeof(error));
    for (;;) {
      char byte = 0;
      (void)!::read(hold, &byte, sizeof(byte));
    }
  }

  pid_t pid_ = -1;
  int error_ = 0;
  base::UniqueFd hold_;
};

int ErrnoOf(bool done) {
  return done ? 0 : errno;
}

bool AttachFilter() {
  sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const sock_fprog program{.len = 1, .filter = &allow};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool SetCapabilities(uint64_t permitted, uint64_t inheritable) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (size_t i = 0; i < data.size(); ++i) {
    data.at(i).permitted = static_cast<uint32_t>(permitted >> (32 * i));
    data.at(i).effective = data.at(i).permitted;
    data.at(i).inheritable = static_cast<uint32_t>(inheritable >> (32 * i));
  }
  return ::syscall(SYS_capset, &header, data.data()) == 0;
}

uint64_t InodeOf(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

#define SKIP_UNLESS_ROOT()                                                   \
  if (::geteuid() != 0) {                                                    \
    GTEST_SKIP() << "only root may do to a process what this test looks at"; \
  }

TEST(RealProcess, ThisOneIsWhatItsSystemCallsSay) {
  const absl::StatusOr<Process> read = ReadProcess(kProc, ::getpid());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->pid, ::getpid());
  EXPECT_EQ(read->parent, ::getppid());
  std::array<char, 17> name{};
  ASSERT_EQ(::prctl(PR_GET_NAME, name.data()), 0);
  EXPECT_EQ(read->name, name.data());
  EXPECT_EQ(static_cast<int>(read->seccomp), ::prctl(PR_GET_SECCOMP));
  EXPECT_EQ(read->no_new_privs, ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  ASSERT_EQ(::getresuid(&real, &effective, &saved), 0);
  EXPECT_EQ(read->uid,
            (Ids{.real = real, .effective = effective, .saved = saved, .filesystem = effective}));
  EXPECT_EQ(read->gid.real, ::getgid());
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    EXPECT_EQ(read->bounding.Has(capability), ::prctl(PR_CAPBSET_READ, capability) == 1);
  }
  for (const char* space : {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"}) {
    EXPECT_EQ(read->namespaces.at(space), InodeOf(std::string("/proc/self/ns/") + space));
  }
  EXPECT_TRUE(read->root_read_only.has_value());
  EXPECT_THAT(read->unseen, IsEmpty());
  EXPECT_THAT(read->cgroups, Contains(StartsWith("/")));
}

TEST(RealProcess, FiltersAreCounted) {
  const Child none([] { return 0; });
  const Process before = none.Read();
  const Child two([] {
    return ErrnoOf(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && AttachFilter() &&
                   AttachFilter());
  });
  ASSERT_EQ(two.error(), 0);
  const Process after = two.Read();
  EXPECT_EQ(after.seccomp, SeccompMode::kFilter);
  ASSERT_EQ(after.seccomp_filters.has_value(), before.seccomp_filters.has_value());
  if (after.seccomp_filters.has_value()) {
    EXPECT_EQ(*after.seccomp_filters, *before.seccomp_filters + 2);
  }
  EXPECT_TRUE(after.no_new_privs);
}

TEST(RealProcess, TheStrictModeIsNoFilter) {
  if (::prctl(PR_GET_SECCOMP) != 0) {
    GTEST_SKIP() << "a process with a filter cannot enter the strict mode";
  }
  const Child child([] { return ErrnoOf(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0); });
  ASSERT_EQ(child.error(), 0);
  EXPECT_EQ(child.Read().seccomp, SeccompMode::kStrict);
}

TEST(RealProcess, CapabilitiesAreReadSetBySet) {
  SKIP_UNLESS_ROOT();
  constexpr uint64_t kKill = uint64_t{1} << CAP_KILL;
  constexpr uint64_t kChown = uint64_t{1} << CAP_CHOWN;
  const Child child([] {
    return ErrnoOf(::prctl(PR_CAPBSET_DROP, CAP_NET_RAW) == 0 &&
                   SetCapabilities(kKill | kChown, kKill) &&
                   ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
  });
  ASSERT_EQ(child.error(), 0);
  const Process process = child.Read();
  EXPECT_EQ(process.permitted, caps::CapSet::Of({"CHOWN", "KILL"}));
  EXPECT_EQ(process.effective, caps::CapSet::Of({"CHOWN", "KILL"}));
  EXPECT_EQ(process.inheritable, caps::CapSet::Of({"KILL"}));
  EXPECT_EQ(process.ambient, caps::CapSet::Of({"KILL"}));
  EXPECT_FALSE(process.bounding.Has(CAP_NET_RAW));
  EXPECT_TRUE(process.bounding.Has(CAP_CHOWN));
}

TEST(RealProcess, FourUsersAndTheGroupsAreTold) {
  SKIP_UNLESS_ROOT();
  const Child child([] {
    const std::array<gid_t, 2> groups{7, 8};
    return ErrnoOf(::setgroups(groups.size(), groups.data()) == 0 && ::setresgid(11, 12, 13) == 0 &&
                   ::setresuid(21, 22, 23) == 0);
  });
  ASSERT_EQ(child.error(), 0);
  const Process process = child.Read();
  EXPECT_EQ(process.uid, (Ids{.real = 21, .effective = 22, .saved = 23, .filesystem = 22}));
  EXPECT_EQ(process.gid, (Ids{.real = 11, .effective = 12, .saved = 13, .filesystem = 12}));
  EXPECT_THAT(process.groups, ElementsAre(7, 8));
}

TEST(RealProcess, NamespacesOfItsOwnHaveOtherInodes) {
  const Child child([] {
    return ErrnoOf(::unshare(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS) == 0);
  });
  if (child.error() != 0) {
    GTEST_SKIP() << "no namespaces can be made here: " << std::strerror(child.error());
  }
  const Process process = child.Read();
  const Process self = *ReadProcess(kProc, ::getpid());
  for (const auto& [name, inode] : process.namespaces) {
    SCOPED_TRACE(name);
    const bool shared = name == "pid" || name == "user" || name == "cgroup";
    EXPECT_EQ(inode == self.namespaces.at(name), shared);
  }
  EXPECT_EQ(process.namespaces.size(), 7U);
}

// Its users have no numbers out here: the kernel shows all of them as 65534.
TEST(RealProcess, AUserNamespaceIsSeenFromOutside) {
  const Child child([] { return ErrnoOf(::unshare(CLONE_NEWUSER) == 0); });
#ifdef __SANITIZE_THREAD__  // its runtime keeps a thread, and unshare(2) refuses
  if (child.error() == EINVAL) {
    return;
  }
#endif
  if (child.error() != 0) {
    GTEST_SKIP() << "no user namespace can be made here: " << std::strerror(child.error());
  }
  const Process process = child.Read();
  EXPECT_EQ(process.uid.real, ::getuid());  // still its number out here, though it sees 65534
  const Process self = *ReadProcess(kProc, ::getpid());
  EXPECT_NE(process.namespaces.at("user"), self.namespaces.at("user"));
  EXPECT_EQ(process.effective, caps::CapSet(process.bounding.mask()));  // all, in there
}

TEST(RealProcess, TheMountAtItsOwnRootCounts) {
  SKIP_UNLESS_ROOT();
  const testing::TempDir dir;
  struct Row {
    const char* why;
    unsigned long flags;
    bool mount;
    std::optional<bool> read_only;
  };
  for (const Row& row : {Row{"read-only", MS_RDONLY, true, true}, Row{"writable", 0, true, false},
                         Row{"a folder of a mount", 0, false, std::nullopt}}) {
    SCOPED_TRACE(row.why);
    const Child child([&] {
      const char* path = dir.path().c_str();
      if (::unshare(CLONE_NEWNS) != 0 ||
          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return errno;
      }
      if (row.mount &&
          (::mount(path, path, nullptr, MS_BIND, nullptr) != 0 ||
           ::mount(nullptr, path, nullptr, MS_BIND | MS_REMOUNT | row.flags, nullptr) != 0)) {
        return errno;
      }
      return ErrnoOf(::chdir(path) == 0 && ::chroot(".") == 0);
    });
    if (child.error() == EPERM) {
      GTEST_SKIP() << "mounts cannot be changed here";
    }
    ASSERT_EQ(child.error(), 0);
    const Process process = child.Read();
    EXPECT_EQ(process.root_read_only, row.read_only);
    EXPECT_EQ(process.unseen.empty(), row.mount) << process.unseen.front();
  }
}

TEST(RealProcess, ThatHasEndedIsNotFoundAsAZombieAndAfter) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::_exit(0);
  }
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(absl::IsNotFound(ReadProcess(kProc, pid).status()));
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  EXPECT_TRUE(absl::IsNotFound(ReadProcess(kProc, pid).status()));
}

// A program that ends its first thread is shown as a zombie, and runs.
TEST(RealProcess, ThatEndedItsFirstThreadIsReadAllTheSame) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
  const base::UniqueFd ready_read(ready[0]);
  base::UniqueFd ready_write(ready[1]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::thread([fd = ready_write.get()] {
      const std::string stat = "/proc/" + std::to_string(::getpid()) + "/stat";
      while (testing::ReadText(stat).find(") Z ") == std::string::npos) {
        (void)::sched_yield();
      }
      (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      (void)!::write(fd, "x", 1);
      for (;;) {
        (void)::pause();
      }
    }).detach();
    (void)::syscall(SYS_exit, 0);  // of this thread alone
  }
  ready_write.Reset();
  char byte = 0;
  EXPECT_EQ(::read(ready_read.get(), &byte, 1), 1);
  const absl::StatusOr<Process> process = ReadProcess(kProc, pid);
  (void)::kill(pid, SIGKILL);
  EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ(process->pid, pid);
  EXPECT_EQ(process->parent, ::getpid());
#ifndef __SANITIZE_THREAD__            // whose runtime adds a thread that may be read instead
  EXPECT_TRUE(process->no_new_privs);  // the thread's alone
#endif
  EXPECT_EQ(process->namespaces.size(), 7U);
}

// What a reader without CAP_SYS_PTRACE may not see is told, and is no error.
TEST(RealProcess, OfAnotherUserKeepsItsNamespacesToItself) {
  SKIP_UNLESS_ROOT();
  std::array<int, 2> answer{};
  ASSERT_EQ(::pipe2(answer.data(), O_CLOEXEC), 0);
  const base::UniqueFd answer_read(answer[0]);
  base::UniqueFd answer_write(answer[1]);
  const pid_t root = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::string text = "cannot change the user";
    if (::setgroups(0, nullptr) == 0 && ::setresgid(65534, 65534, 65534) == 0 &&
        ::setresuid(65534, 65534, 65534) == 0) {
      const absl::StatusOr<Process> process = ReadProcess(kProc, root);
      text = process.ok() ? std::to_string(process->namespaces.size()) + " " +
                                std::to_string(process->uid.real)
                          : std::string(process.status().message());
      for (const std::string& what : process.ok() ? process->unseen : std::vector<std::string>()) {
        text += "|" + what;
      }
    }
    (void)!::write(answer_write.get(), text.data(), text.size());
    ::_exit(0);
  }
  answer_write.Reset();
  std::array<char, 4096> text{};
  const ssize_t length = ::read(answer_read.get(), text.data(), text.size());
  EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
  ASSERT_GT(length, 0);
  const std::string told(text.data(), static_cast<size_t>(length));
  EXPECT_THAT(told, StartsWith("0 0|ns/cgroup: Permission denied|ns/ipc: Permission denied|"));
}

TEST(RealProcess, EveryOneIsListedWithItsParent) {
  const Child child([] { return ErrnoOf(::prctl(PR_SET_NAME, "a) b\nc\\d") == 0); });
  ASSERT_EQ(child.error(), 0);
  const std::vector<Process> all = ListProcesses(kProc);
  const auto found = std::ranges::find(all, child.pid(), &Process::pid);
  ASSERT_NE(found, all.end());
  EXPECT_EQ(found->parent, ::getpid());
  EXPECT_EQ(found->name, "a) b\nc\\d");
  EXPECT_EQ(found->start_time, child.Read().start_time);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Process::pid));
  EXPECT_THAT(all, Contains(::testing::Field(&Process::pid, ::getpid())));
}

TEST(RealProcess, ItsCommandLineIsItsWords) {
  std::array<int, 2> started{};
  ASSERT_EQ(::pipe2(started.data(), O_CLOEXEC), 0);
  const base::UniqueFd started_read(started[0]);
  base::UniqueFd started_write(started[1]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The pipe closes with the exec, and the shell then stops itself.
    (void)::execl("/bin/sh", "sh", "-c", "kill -STOP $$", "", "a b", nullptr);
    ::_exit(127);
  }
  started_write.Reset();
  char byte = 0;
  EXPECT_EQ(::read(started_read.get(), &byte, 1), 0);
  siginfo_t info{};
  EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOWAIT), 0);
  const std::vector<std::string> words = CommandLine(kProc, pid);
  (void)::kill(pid, SIGKILL);
  EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
  EXPECT_THAT(words, ElementsAre("sh", "-c", "kill -STOP $$", "", "a b"));
}

}  // namespace
}  // namespace sekisho::procfs

// The profiles of seccomp-profiles/, as real containers have them: what the kernel answers to each
// call of a victim (tests/e2e/victim), and that programs of the kind that the profile is for run.
#include <gmock/gmock.h>

#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string_view>

#include "e2e/node_fixture.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

constexpr char kFree[] = "=";  // whatever it is without a profile

struct Row {
  std::string_view call;
  std::string_view baseline_plus;
  std::string_view web_service;
  std::string_view batch_compute;
};

// Every call that the victim knows, but for those that all three profiles refuse with EPERM.
constexpr Row kRows[] = {
    {"clone(CLONE_NEWUSER)", "EPERM", "EPERM", "EPERM"},
    {"clone(CLONE_THREAD)", kFree, kFree, kFree},
    {"clone3", "ENOSYS", "ENOSYS", "ENOSYS"},
    {"mknodat(S_IFCHR)", "EPERM", "EPERM", "EPERM"},
    {"mknodat(S_IFIFO)", kFree, kFree, kFree},
    {"personality(query)", kFree, kFree, kFree},
    {"personality(UNAME26)", "EPERM", "EPERM", "EPERM"},
    {"personality(ADDR_NO_RANDOMIZE)", "EPERM", "EPERM", "EPERM"},
    {"socket(AF_UNIX)", kFree, kFree, kFree},
    {"socket(AF_INET)", kFree, kFree, "EPERM"},
    {"socket(AF_INET,SOCK_DGRAM)", kFree, kFree, "EPERM"},
    {"socket(AF_INET6)", kFree, kFree, "EPERM"},
    {"socket(AF_INET,SOCK_RAW)", kFree, "EPERM", "EPERM"},
    {"socket(AF_PACKET)", "EPERM", "EPERM", "EPERM"},
    {"socket(AF_VSOCK)", "EPERM", "EPERM", "EPERM"},
    {"socket(AF_VSOCK,wide)", "EPERM", "EPERM", "EPERM"},
    {"socket(AF_ALG)", "EPERM", "EPERM", "EPERM"},
    {"socket(NETLINK_ROUTE)", kFree, kFree, "EPERM"},
    {"socket(NETLINK_AUDIT)", kFree, "EPERM", "EPERM"},
    {"socket(NETLINK_NETFILTER)", "EPERM", "EPERM", "EPERM"},
    {"socketpair(AF_UNIX)", kFree, kFree, kFree},
    {"socketpair(AF_INET)", "EPERM", "EPERM", "EPERM"},
    {"ioctl(TCGETS)", kFree, kFree, kFree},
    {"ioctl(TIOCGWINSZ)", kFree, kFree, kFree},
    {"ioctl(FIONREAD)", kFree, kFree, kFree},
    {"ioctl(TIOCGPTN)", kFree, kFree, kFree},
    {"ioctl(TIOCSTI)", "EPERM", "EPERM", "EPERM"},
    {"ioctl(TIOCSTI,wide)", "EPERM", "EPERM", "EPERM"},
    {"ioctl(TIOCLINUX)", "EPERM", "EPERM", "EPERM"},
    {"ioctl(TIOCSETD)", "EPERM", "EPERM", "EPERM"},
    {"getpid", kFree, kFree, kFree},
    {"open", kFree, kFree, kFree},
    {"openat2", kFree, kFree, kFree},
    {"statx", kFree, kFree, kFree},
    {"getrandom", kFree, kFree, kFree},
    {"memfd_create", kFree, kFree, kFree},
    {"pidfd_open", kFree, kFree, kFree},
    {"pidfd_send_signal", kFree, kFree, kFree},
    {"setxattr", kFree, kFree, kFree},
    {"epoll_create1", kFree, kFree, kFree},
    {"eventfd2", kFree, kFree, kFree},
    {"inotify_init1", kFree, kFree, kFree},
    {"timerfd_create", kFree, kFree, kFree},
    {"signalfd4", kFree, kFree, kFree},
    {"futex_waitv", kFree, kFree, kFree},
    {"sched_getaffinity", kFree, kFree, kFree},
    {"mlockall", kFree, kFree, kFree},
    {"capget", kFree, kFree, kFree},
    {"setgroups", kFree, kFree, kFree},
    {"landlock_create_ruleset", kFree, kFree, kFree},
    {"seccomp", kFree, kFree, kFree},
    {"recvmsg", kFree, kFree, kFree},
    {"io_setup", kFree, kFree, "EPERM"},
    {"mq_open", kFree, "EPERM", kFree},
    {"shmget", kFree, "EPERM", kFree},
    {"adjtimex", kFree, "EPERM", "EPERM"},
    {"process_mrelease", kFree, kFree, kFree},
    // Newer than every call that the profiles name: runc says that there is no such call. crun lets
    // the profile say what it says of all others (see ExpectedOf).
    {"cachestat", "ENOSYS", "ENOSYS", "ENOSYS"},
    // Not the node's own architecture. 31: SIGSYS.
    {"int80:getpid", "killed 31", "killed 31", "killed 31"},
    {"x32:getpid", "killed 31", "killed 31", "killed 31"},
};

// Refused by all three, though the container has every capability.
constexpr char kRefused[] =
    "io_uring_setup io_uring_enter io_uring_register userfaultfd keyctl add_key request_key bpf "
    "perf_event_open open_by_handle_at name_to_handle_at pidfd_getfd process_madvise "
    "process_vm_readv process_vm_writev kcmp ptrace fanotify_init fanotify_mark vmsplice "
    "memfd_secret remap_file_pages modify_ldt get_mempolicy set_mempolicy mbind migrate_pages "
    "move_pages chroot mount umount2 pivot_root open_tree move_mount fsopen fsconfig fsmount "
    "fspick mount_setattr unshare setns init_module finit_module delete_module kexec_load "
    "kexec_file_load reboot swapon swapoff acct quotactl settimeofday clock_settime sethostname "
    "setdomainname syslog uselib ustat sysfs iopl";

// What the kernel answered, by call.
using Answers = std::map<std::string, std::string, std::less<>>;
using Expected = Answers;

Expected ExpectedOf(std::string_view Row::*profile) {
  Expected expected;
  std::istringstream refused(kRefused);
  for (std::string call; refused >> call;) {
    expected.emplace(call, "EPERM");
  }
  for (const Row& row : kRows) {
    expected.emplace(row.call, row.*profile);
  }
  if (IsCrun()) {
    expected["cachestat"] = "EPERM";
  }
  return expected;
}

enum class Caps { kDefault, kAll };

class ShippedProfilesTest : public NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    for (const char* name :
         {"runtime-default", "baseline-plus", "web-service", "batch-compute", "audit-all"}) {
      const std::string file = std::string(name) + ".json";
      const std::string text = ReadText(std::string(SEKISHO_SECCOMP_PROFILES) + "/" + file);
      ASSERT_NE(text, "") << file;
      if (node_ != nullptr) {
        node_->AddSeccompProfile(file, text);
      }
    }
  }

  // A container with one of the profiles; "" for none, "RuntimeDefault" for the runtime's own.
  std::string RunWith(const std::string& profile, Caps caps = Caps::kDefault) {
    // Only a privileged namespace may have no profile, every capability, or a profile that is
    // weaker than what the runtime has: an older containerd permits less than runtime-default.
    const bool privileged = profile.empty() || profile == "audit-all" ||
                            profile == "runtime-default" || caps == Caps::kAll;
    const auto edit = [&](cri_v1::ContainerConfig& config) {
      auto& context = *config.mutable_linux()->mutable_security_context();
      if (caps == Caps::kAll) {
        context.mutable_capabilities()->add_add_capabilities("ALL");
      } else {  // as the policy has it where a container is not privileged
        context.mutable_capabilities()->add_drop_capabilities("NET_RAW");
      }
      if (profile == "RuntimeDefault") {
        context.mutable_seccomp()->set_profile_type(cri_v1::SecurityProfile::RuntimeDefault);
      } else if (!profile.empty()) {
        context.mutable_seccomp()->set_profile_type(cri_v1::SecurityProfile::Localhost);
        context.mutable_seccomp()->set_localhost_ref(node_->SeccompProfilePath(profile + ".json"));
      }
    };
    return RunContainer(PodIn(privileged ? "privileged" : "shop"), {.edit = edit});
  }

  std::string Output(const std::string& container_id, const std::vector<std::string>& command) {
    const absl::StatusOr<ExecResult> result = client_->Exec(container_id, command);
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result.ok() ? result->exit_code : -1, 0) << (result.ok() ? result->out : "");
    return result.ok() ? result->out : "";
  }

  Answers AnswersUnder(const std::string& profile, Caps caps) {
    const std::string id = RunWith(profile, caps);
    EXPECT_EQ(StatusOf(id).seccomp, profile.empty() ? 0 : 2);
    std::istringstream lines(Output(id, {kVictim, "all"}));
    Answers answers;
    for (std::string line; std::getline(lines, line);) {
      const size_t space = line.find(' ');
      answers.emplace(line.substr(0, space), line.substr(space + 1));
    }
    EXPECT_GT(answers.size(), 100u);
    return answers;
  }
};

// A refusal counts only where the kernel itself answers something else.
void Check(const Answers& free, const Answers& confined, const Expected& expected) {
  std::set<std::string> known;
  for (const auto& [call, answer] : confined) {
    SCOPED_TRACE(call);
    known.insert(call);
    const auto row = expected.find(call);
    ASSERT_TRUE(row != expected.end()) << "no row says what is expected";
    const std::string& without = free.at(call);
    EXPECT_EQ(answer, row->second == kFree || without == "absent" ? without : row->second);
    if (row->second == without) {
      std::cout << call << ": " << without << " without a profile too, which proves nothing\n";
    }
  }
  for (const auto& [call, unused] : expected) {
    EXPECT_TRUE(known.contains(call) || call.starts_with("int80") || call.starts_with("x32"))
        << "the victim knows no call " << call;
  }
}

TEST_F(ShippedProfilesTest, EveryCallIsAnsweredAsThePagesSay) {
  const Answers free = AnswersUnder("", Caps::kAll);
  const struct {
    const char* profile;
    std::string_view Row::*column;
  } profiles[] = {{"baseline-plus", &Row::baseline_plus},
                  {"web-service", &Row::web_service},
                  {"batch-compute", &Row::batch_compute}};
  for (const auto& [profile, column] : profiles) {
    SCOPED_TRACE(profile);
    Check(free, AnswersUnder(profile, Caps::kAll), ExpectedOf(column));
  }
}

TEST_F(ShippedProfilesTest, AuditAllChangesNoAnswer) {
  EXPECT_EQ(AnswersUnder("audit-all", Caps::kAll), AnswersUnder("", Caps::kAll));
}

// With the capabilities that the file is for. It is that of the newest containerd; these calls
// differ between versions.
TEST_F(ShippedProfilesTest, RuntimeDefaultAnswersAsTheRuntimesOwn) {
  const std::set<std::string_view> of_a_version = {
      "io_uring_setup",   "io_uring_enter",    "io_uring_register",
      "socket(AF_VSOCK)", "socket(AF_ALG)",    "name_to_handle_at",
      "process_vm_readv", "process_vm_writev", "cachestat",
  };
  const Answers shipped = AnswersUnder("runtime-default", Caps::kDefault);
  for (const auto& [call, answer] : AnswersUnder("RuntimeDefault", Caps::kDefault)) {
    if (!of_a_version.contains(call)) {
      EXPECT_EQ(shipped.at(call), answer) << call;
    }
  }
  EXPECT_EQ(shipped.at("io_uring_setup"), "EPERM");
  EXPECT_EQ(shipped.at("socket(AF_VSOCK)"), "EPERM");
  EXPECT_EQ(shipped.at("socket(AF_ALG)"), "EPERM");
}

// The kernel's word on what the unit test proves of the filters.
TEST_F(ShippedProfilesTest, WhatRuntimeDefaultRefusesIsRefused) {
  const Answers free = AnswersUnder("", Caps::kDefault);
  const Answers floor = AnswersUnder("RuntimeDefault", Caps::kDefault);
  for (const char* profile : {"baseline-plus", "web-service", "batch-compute"}) {
    SCOPED_TRACE(profile);
    const Answers answers = AnswersUnder(profile, Caps::kDefault);
    for (const auto& [call, answer] : floor) {
      if (answer != free.at(call)) {
        EXPECT_NE(answers.at(call), free.at(call)) << call;
      }
    }
    // Allowed by every containerd's own profile.
    for (const char* call : {"ptrace", "vmsplice", "remap_file_pages", "personality(UNAME26)"}) {
      EXPECT_EQ(floor.at(call), free.at(call)) << call;
      EXPECT_EQ(answers.at(call), "EPERM") << call;
    }
  }
}

TEST_F(ShippedProfilesTest, ProgramsRun) {
  const struct {
    std::set<std::string> profiles;
    const char* script;
    const char* output;
  } programs[] = {
      {{"baseline-plus", "web-service", "batch-compute", "audit-all"},
       "cd /tmp && seq 1 1000 | sort -rn | head -n 3 | tr '\\n' ' ' && mkfifo pipe && "
       "(gzip <pipe >all.gz & seq 1 9 >pipe; wait) && zcat all.gz | wc -l && "
       "cp all.gz b.gz && chmod 600 b.gz && chown 7:7 b.gz && mv b.gz c.gz && "
       "ln -s c.gz d && stat -c %u:%a $(readlink d) && rm -f c.gz d pipe",
       "1000 999 998 9\n7:600\n"},
      {{"baseline-plus", "web-service", "audit-all"},
       "mkdir -p /tmp/www && echo served >/tmp/www/page && httpd -p 127.0.0.1:8080 -h /tmp/www && "
       "wget -q -O - http://127.0.0.1:8080/page && kill $(pidof httpd)",
       "served\n"},
      {{"baseline-plus", "web-service", "batch-compute", "audit-all"},
       "sekisho_victim --compute",
       "computed 2002000\n"},
      {{"batch-compute"},
       "wget -q -O - http://127.0.0.1:8080/page 2>&1 || true",
       "wget: socket: Operation not permitted\n"},
  };
  for (const char* profile : {"baseline-plus", "web-service", "batch-compute", "audit-all"}) {
    const std::string id = RunWith(profile);
    for (const auto& program : programs) {
      if (program.profiles.contains(profile)) {
        EXPECT_EQ(Output(id, {"/bin/sh", "-c", program.script}), program.output)
            << profile << ": " << program.script;
      }
    }
  }
}

}  // namespace
}  // namespace sekisho::testing

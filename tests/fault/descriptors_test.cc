// An agent that is out of file descriptors.
#include <sys/resource.h>

#include <thread>

#include "fault/node_fixture.h"
#include "support/seccomp_profiles.h"
#include "support/text_file.h"
#include "support/unix_socket.h"

namespace sekisho::testing {
namespace {

using std::chrono::milliseconds;

constexpr size_t kConnections = 300;

// Beyond what it holds now it gets no descriptor. The limit is about their numbers, so one that is
// free below the highest is still to be had.
class DescriptorLimit {
 public:
  DescriptorLimit(pid_t pid, rlim_t most) : pid_(pid) {
    rlimit now{};
    EXPECT_EQ(::prlimit(pid_, RLIMIT_NOFILE, nullptr, &before_), 0);
    now = before_;
    now.rlim_cur = most;
    EXPECT_EQ(::prlimit(pid_, RLIMIT_NOFILE, &now, nullptr), 0);
  }
  ~DescriptorLimit() { (void)::prlimit(pid_, RLIMIT_NOFILE, &before_, nullptr); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  const pid_t pid_;
  rlimit before_{};
};

class DescriptorsTest : public FaultNodeTest {
 protected:
  int RefusedReloads() const {
    int count = 0;
    const std::string log = sekisho_->Log();
    for (size_t at = 0; (at = log.find("reload refused", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  }
  // How much of one CPU it takes meanwhile, in percent. The pause is what is measured.
  double CpuShareOver(milliseconds pause) const {
    const milliseconds before = CpuTimeOf(sekisho_->pid());
    const auto begun = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(pause);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    return 100.0 * static_cast<double>((CpuTimeOf(sekisho_->pid()) - before).count()) /
           took.count();
  }
};

TEST_F(DescriptorsTest, NoFileCanBeOpenedAndNothingIsForwardedUnjudged) {
  FaultOutcome outcome{.fault = "no-descriptor-for-a-file",
                       .must_hold =
                           "nothing is forwarded unjudged where a profile cannot be read "
                           "and a record not be written; the last good policy stays; all "
                           "works again with the first free descriptor"};
  StartNode(FaultOptions());
  const auto channel = ChannelTo(sekisho_->socket());
  ASSERT_TRUE(AskAll(outcome, channel));
  for (int round = 0; round < 5; ++round) {
    {
      const DescriptorLimit none(sekisho_->pid(), 3);
      ++outcome.injected;
      // The audit log and the policy have to be opened anew, and neither can be.
      sekisho_->Signal(SIGUSR1);
      // A notification to the service manager would take a descriptor, too.
      sekisho_->Signal(SIGHUP);
      EXPECT_TRUE(Eventually([&] { return RefusedReloads() == round + 1; }, kLong))
          << sekisho_->Log();
      WriteText(profile(), RuntimeDefaultWithout({round % 2 == 0 ? "getpriority" : "umask"}));
      for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(AskAll(outcome, channel)) << "the profile could not have been read";
      }
    }
    WaitUntilWell(outcome);
    const std::string status = sekisho_->Reload();
    EXPECT_THAT(status, ::testing::HasSubstr("READY=1"));
    EXPECT_THAT(status, ::testing::Not(::testing::HasSubstr("FAILED")));
  }
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  EXPECT_THAT(ReadText(sekisho_->audit_path()), ::testing::HasSubstr("records-lost"));
  EXPECT_THAT(sekisho_->Log(), ::testing::HasSubstr("Too many open files"));
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

TEST_F(DescriptorsTest, ConnectionsThatTakeThemAllDoNotMakeItSpin) {
  FaultOutcome outcome{.fault = "connections-take-every-descriptor",
                       .must_hold =
                           "who is connected is served, no CPU is burnt, and whoever "
                           "waits is served once a connection ends"};
  SekishoOptions options = FaultOptions();
  options.run_under = {"prlimit", "--nofile=128:128"};
  StartNode(options);
  const auto channel = ChannelTo(sekisho_->socket());
  ASSERT_TRUE(AskAll(outcome, channel));
  for (int round = 0; round < 3; ++round) {
    std::vector<base::UniqueFd> held;
    for (size_t i = 0; i < kConnections; ++i) {
      held.push_back(ConnectUnix(sekisho_->socket()));
      ASSERT_TRUE(held.back().valid());
      ++outcome.injected;
    }
    ASSERT_TRUE(Eventually([&] { return DescriptorsOf(sekisho_->pid()) >= 126; }, kLong))
        << DescriptorsOf(sekisho_->pid());
    for (int i = 0; i < 5; ++i) {
      (void)AskAll(outcome, channel);  // a profile may be unreadable now
    }
    // A spinning thread takes all of a CPU. The kernel counts in ticks of 10 ms.
    EXPECT_LT(CpuShareOver(milliseconds(500)), kSanitized ? 60.0 : 25.0);
    held.clear();
    WaitUntilWell(outcome);
  }
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing

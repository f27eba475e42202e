// Whole recordings of real processes. A cgroup with a container's id stands for the container: that
// is all that the recorder sees of one.
#include <gmock/gmock.h>
#include <poll.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "integration/record_fixture.h"
#include "record/fork_events.h"
#include "record/learn.h"
#include "record/lease.h"
#include "record/recorder.h"
#include "record/recordings.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::record {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// Of this process alone: tests run beside each other, and their records come to all of them.
std::string Id(char first) {
  std::string pid = std::to_string(::getpid());
  return first + std::string(63 - pid.size(), '0') + pid;
}
const std::string kId = Id('a');
const std::string kOtherId = Id('b');

// A cgroup with a container's id for a name, of whichever hierarchy lets itself be written to.
class Cgroup {
 public:
  explicit Cgroup(const std::string& id) {
    for (const char* root : {"/sys/fs/cgroup/pids", "/sys/fs/cgroup"}) {
      path_ = std::string(root) + "/sekisho-record-" + std::to_string(::getpid()) + "/" + id;
      std::error_code error;
      if (fs::create_directories(path_, error); fs::exists(path_ + "/cgroup.procs", error)) {
        return;
      }
    }
    path_.clear();
  }
  ~Cgroup() {
    if (!path_.empty()) {
      (void)::rmdir(path_.c_str());
      (void)::rmdir(fs::path(path_).parent_path().c_str());
    }
  }
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  bool valid() const { return !path_.empty(); }
  bool Enter() const {
    testing::WriteText(path_ + "/cgroup.procs", "0");
    return testing::ReadText("/proc/self/cgroup").find(path_.substr(path_.rfind('/'))) !=
           std::string::npos;
  }

 private:
  std::string path_;
};

class RecordTest : public KernelAuditTest {
 protected:
  void SetUp() override {
    KernelAuditTest::SetUp();
    if (!IsSkipped() && !(ours_.valid() && theirs_.valid())) {
      GTEST_SKIP() << "no cgroup can be made";
    }
  }

  // A process in `cgroup` that makes the calls and lives until this test is over, or ends at once.
  std::unique_ptr<Child> Victim(const Cgroup* cgroup, bool lives) {
    return std::make_unique<Child>([this, cgroup, lives] {
      if ((cgroup != nullptr && !cgroup->Enter()) || !LoadFilter(program_)) {
        return false;
      }
      MakeCalls();
      while (lives) {
        ::pause();
      }
      return true;
    });
  }

  // What the daemon does when a container of the recording has been created.
  void Attach() const {
    const Recordings recordings(dir_.path());
    ASSERT_TRUE(recordings.Matching("shop", "web-1", "app").has_value());
    ASSERT_TRUE(recordings.Created(container_).ok());
  }

  // Runs `start` when the recording has begun, and ends it when `done` says so or after a while.
  absl::StatusOr<Evidence> RecordWhile(const std::function<void()>& start,
                                       const std::function<bool(const Progress&)>& done) {
    Gate stop;
    return Record({.state = dir_.path(),
                   .what = {.namespace_ = "shop", .pod = "web-*", .container = "app"},
                   .duration = seconds(20),
                   .stop_fd = stop.fd(),
                   .progress =
                       [&](const Progress& progress) {
                         if (done(progress)) {
                           stop.Open();
                         }
                       },
                   .started = start});
  }

  const testing::TempDir dir_;
  const RecordedContainer container_{
      .id = kId, .namespace_ = "shop", .pod = "web-1", .name = "app"};
  const Cgroup ours_{kId};
  const Cgroup theirs_{kOtherId};
  seccomp::Program program_ = LogThem();
};

TEST_F(RecordTest, AContainersCallsBecomeAProfile) {
  std::unique_ptr<Child> victim;
  const absl::StatusOr<Evidence> evidence = RecordWhile(
      [&] {
        Attach();
        victim = Victim(&ours_, true);
      },
      [](const Progress& progress) { return progress.calls >= kCallNames.size(); });
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_TRUE(evidence->ended_early);
  EXPECT_THAT(evidence->containers, ElementsAre(container_));
  EXPECT_EQ(evidence->sum.recorded.calls, ExpectedCalls());
  EXPECT_EQ(evidence->sum.records_of.at(kId), kCallNames.size());
  EXPECT_EQ(evidence->losses.missing, 0u);
  EXPECT_EQ(evidence->losses.overruns, 0u);
  EXPECT_TRUE(evidence->losses.end_seen);
  const Lesson lesson = Learn(*evidence);
  EXPECT_THAT(lesson.calls.names, IsSupersetOf(kCallNames));
  // Tests beside this one may log too. Where AUDIT_GET is not permitted, that is the one doubt.
  if (evidence->sum.unknown.records == 0) {
    EXPECT_EQ(lesson.observed, kCallNames.size());
    EXPECT_EQ(lesson.complete(), evidence->losses.in_kernel == 0u)
        << ::testing::PrintToString(lesson.doubts);
  }
  EXPECT_TRUE(fs::is_empty(RecordingsDirectory(dir_.path()))) << "the lease is gone";
}

TEST_F(RecordTest, OtherContainersCallsDoNot) {
  std::unique_ptr<Child> victim;
  std::unique_ptr<Child> other;
  const absl::StatusOr<Evidence> evidence = RecordWhile(
      [&] {
        Attach();
        other = Victim(&theirs_, true);
        victim = Victim(&ours_, true);
      },
      [rounds = 0](const Progress& progress) mutable {
        return progress.calls >= kCallNames.size() && ++rounds >= 2;
      });
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_EQ(evidence->sum.recorded.records, kCallNames.size());
  EXPECT_GE(evidence->sum.elsewhere, kCallNames.size());
  EXPECT_FALSE(Learn(*evidence).guesses_included);
}

TEST_F(RecordTest, AProcessThatEndedTooEarlyIsNotForgotten) {
  std::unique_ptr<Child> victim;
  const absl::StatusOr<Evidence> evidence = RecordWhile(
      [&] {
        Attach();
        victim = Victim(&ours_, false);
        // Before the recorder reads its first record.
        ASSERT_TRUE(victim->Succeeded());
      },
      [](const Progress&) { return true; });
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_THAT(evidence->sum.recorded.calls, IsEmpty());
  EXPECT_THAT(evidence->sum.unknown.calls, IsSupersetOf(ExpectedCalls()));
  const Lesson lesson = Learn(*evidence);
  EXPECT_FALSE(lesson.complete()) << "the container itself was never seen";
  EXPECT_THAT(lesson.guessed, IsSupersetOf(kCallNames));
}

TEST_F(RecordTest, AChildOfAContainerIsToldByItsParent) {
  if (const absl::Status forks = ForkEvents::Listen().status(); !forks.ok()) {
    GTEST_SKIP() << forks;
  }
  Gate made;
  std::unique_ptr<Child> container;
  const absl::StatusOr<Evidence> evidence = RecordWhile(
      [&] {
        Attach();
        container = std::make_unique<Child>([&]() -> bool {
          const bool good = ours_.Enter() && Child([this] {
                                               const bool loaded = LoadFilter(program_);
                                               MakeCalls();
                                               return loaded;
                                             }).Succeeded();
          if (good) {
            made.Open();
          }
          for (;;) {
            ::pause();
          }
        });
        // Before the recorder reads the first record, the child has ended and is gone.
        pollfd waiting{.fd = made.fd(), .events = POLLIN, .revents = 0};
        ASSERT_EQ(::poll(&waiting, 1, 10'000), 1);
      },
      [](const Progress&) { return true; });
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_EQ(evidence->sum.recorded.calls, ExpectedCalls());
}

TEST_F(RecordTest, ARecorderThatCannotKeepUpSaysSo) {
  Gate stop;
  std::unique_ptr<Child> victim;
  const absl::StatusOr<Evidence> evidence =
      Record({.state = dir_.path(),
              .what = {.namespace_ = "shop", .pod = "web-*", .container = "app"},
              .duration = seconds(20),
              .stop_fd = stop.fd(),
              .progress = [&](const Progress&) { stop.Open(); },
              .started =
                  [&] {
                    Attach();
                    victim = std::make_unique<Child>([this] {
                      const bool entered = ours_.Enter() && LoadFilter(program_);
                      for (int i = 0; i < 300; ++i) {
                        MakeCalls();
                      }
                      return entered;
                    });
                    ASSERT_TRUE(victim->Succeeded());  // nobody reads meanwhile
                  },
              .receive_buffer = 65536});
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_GT(evidence->losses.overruns, 0u);
  const Lesson lesson = Learn(*evidence);
  EXPECT_GT(evidence->losses.missing, 0u);
  EXPECT_TRUE(evidence->losses.end_seen);
  EXPECT_FALSE(lesson.complete());
  EXPECT_THAT(lesson.doubts, Contains(HasSubstr("could not keep up")));
}

}  // namespace
}  // namespace sekisho::record

#include "record/recordings.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/unique_fd.h"
#include "record/lease.h"
#include "record/lease_text.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::record {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::chrono::sys_seconds Now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Recording Web() {
  return {.namespace_ = "shop",
          .pod = "web-*",
          .container = "app",
          .until = Now() + std::chrono::minutes(10)};
}

RecordedContainer Container(char digit) {
  return {.id = std::string(64, digit), .namespace_ = "shop", .pod = "web-1", .name = "app"};
}

class RecordingsTest : public ::testing::Test {
 protected:
  Lease Take(Recording recording) const {
    absl::StatusOr<Lease> lease = Lease::Take(dir_.path(), std::move(recording));
    EXPECT_TRUE(lease.ok()) << lease.status();
    return std::move(lease).value();
  }
  std::string Directory() const { return RecordingsDirectory(dir_.path()); }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(Directory())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  bool Matches() const { return recordings_.Matching("shop", "web-1", "app").has_value(); }

  const testing::TempDir dir_;
  std::chrono::sys_seconds now_ = Now();
  const Recordings recordings_{dir_.path(), [this] { return now_; }};
};

TEST_F(RecordingsTest, NoneWithoutALease) {
  EXPECT_FALSE(recordings_.Any());
  EXPECT_FALSE(Matches());
}

TEST_F(RecordingsTest, AContainerMatchesByAllThree) {
  const Lease lease = Take(Web());
  EXPECT_TRUE(recordings_.Any());
  const struct {
    const char* namespace_;
    const char* pod;
    const char* container;
    bool matches;
  } kRows[] = {
      {"shop", "web-1", "app", true},
      {"shop", "web-", "app", true},
      {"shop", "web", "app", false},
      {"shop", "db-1", "app", false},
      {"shop", "web-1", "app2", false},
      {"shop2", "web-1", "app", false},
      {"", "", "", false},
  };
  for (const auto& row : kRows) {
    const std::optional<Recording> found =
        recordings_.Matching(row.namespace_, row.pod, row.container);
    EXPECT_EQ(found.has_value(), row.matches) << row.namespace_ << row.pod << row.container;
    if (found.has_value()) {
      EXPECT_EQ(*found, lease.recording());
    }
  }
}

// Namespaces and containers are names, however they look.
TEST_F(RecordingsTest, OnlyThePodIsAPattern) {
  Recording all = Web();
  all.namespace_ = all.pod = all.container = "*";
  const Lease lease = Take(all);
  EXPECT_FALSE(Matches());
}

TEST_F(RecordingsTest, ALeaseEndsWithItsHolder) {
  {
    const Lease lease = Take(Web());
    EXPECT_TRUE(Matches());
  }
  EXPECT_FALSE(Matches());
  EXPECT_FALSE(recordings_.Any());
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(RecordingsTest, AKilledHolderLeavesALeaseThatIsWorthNothing) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const absl::StatusOr<Lease> lease = Lease::Take(dir_.path(), Web());
    if (::write(ready[1], lease.ok() ? "y" : "n", 1) != 1) {
      ::_exit(1);
    }
    for (;;) {
      ::pause();
    }
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_TRUE(Matches());
  EXPECT_EQ(Files().size(), 2u);

  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(Matches());
  EXPECT_THAT(Files(), IsEmpty()) << "what the dead left is removed";
  EXPECT_FALSE(recordings_.Any());
  (void)::close(ready[0]);
  (void)::close(ready[1]);
}

TEST_F(RecordingsTest, ALeaseEndsWithItsTime) {
  const Lease lease = Take(Web());
  now_ = lease.recording().until - std::chrono::seconds(1);
  EXPECT_TRUE(Matches());
  now_ = lease.recording().until;
  EXPECT_FALSE(Matches());
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(RecordingsTest, NobodyRecordsForLongerThanADay) {
  Recording forever = Web();
  forever.until = now_ + kLongestRecording + std::chrono::seconds(1);
  const Lease lease = Take(forever);
  EXPECT_FALSE(Matches());
  now_ += std::chrono::seconds(1);
  EXPECT_TRUE(Matches());
}

// A lease as Take makes it, held, but for one thing.
TEST_F(RecordingsTest, AnythingOddIsNoRecording) {
  const Lease lease = Take(Web());
  const std::string path = LeaseFile(Directory(), lease.recording().id);
  const std::string good = testing::ReadText(path);
  ASSERT_TRUE(Matches());

  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_FALSE(Matches()) << "others can read it";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(Matches());

  ASSERT_EQ(::chmod(Directory().c_str(), 0755), 0);
  EXPECT_FALSE(Matches()) << "others can see the directory";
  ASSERT_EQ(::chmod(Directory().c_str(), 0700), 0);
  EXPECT_TRUE(Matches());

  const std::string second = Directory() + "/second.name";
  ASSERT_EQ(::link(path.c_str(), second.c_str()), 0);
  EXPECT_FALSE(Matches()) << "has a second name";
  ASSERT_EQ(::unlink(second.c_str()), 0);
  EXPECT_TRUE(Matches());

  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path.c_str(), 1234, 0), 0);
    EXPECT_FALSE(Matches()) << "is somebody else's";
    ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
    EXPECT_TRUE(Matches());
  }

  const std::string target = dir_.File("target");
  ASSERT_EQ(::rename(path.c_str(), target.c_str()), 0);
  ASSERT_EQ(::symlink(target.c_str(), path.c_str()), 0);
  EXPECT_FALSE(Matches()) << "is a symbolic link";
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(Matches()) << "is a FIFO";
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  EXPECT_FALSE(Matches()) << "is a directory";
  ASSERT_EQ(::rmdir(path.c_str()), 0);
  ASSERT_EQ(::rename(target.c_str(), path.c_str()), 0);
  EXPECT_TRUE(Matches());
  EXPECT_EQ(testing::ReadText(path), good);
}

TEST_F(RecordingsTest, AnOddTextIsNoRecording) {
  const Lease lease = Take(Web());
  const std::string path = LeaseFile(Directory(), lease.recording().id);
  const std::string good = testing::ReadText(path);
  const auto with = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), good.substr(0, good.size() / 2),
        with("\"app\"", "\"\""), with("\"app\"", "7"), with("\"app\"", "null"),
        with("\"container\"", "\"containers\""), with("{", "{\"more\":1,"),
        with("\"version\":1", "\"version\":2"), with("\"until\":", "\"until\":1.5e9,\"x\":"),
        good + good, with("\"shop\"", "\"" + std::string(5000, 'x') + "\"")}) {
    testing::WriteText(path, text);
    EXPECT_FALSE(Matches()) << text;
  }
  testing::WriteText(path, good);
  EXPECT_TRUE(Matches());
}

TEST_F(RecordingsTest, TheDaemonTellsEveryRecorderThatMatches) {
  const Lease first = Take(Web());
  const Lease second = Take(Web());
  Recording elsewhere = Web();
  elsewhere.namespace_ = "bank";
  const Lease third = Take(elsewhere);
  EXPECT_THAT(*first.Containers(), IsEmpty());

  EXPECT_TRUE(recordings_.Created(Container('1')).ok());
  EXPECT_TRUE(recordings_.Created(Container('2')).ok());
  EXPECT_TRUE(recordings_.Created(Container('1')).ok());
  EXPECT_THAT(*first.Containers(), ElementsAre(Container('1'), Container('2')));
  EXPECT_THAT(*second.Containers(), ElementsAre(Container('1'), Container('2')));
  EXPECT_THAT(*third.Containers(), IsEmpty());
}

TEST_F(RecordingsTest, AListThatCannotBeReadOrWrittenIsAnError) {
  const Lease lease = Take(Web());
  const std::string path = ContainersFile(Directory(), lease.recording().id);
  testing::WriteText(path,
                     "{\"id\":\"7\",\"namespace\":\"a\",\"pod\":\"b\",\"container\":\"c\"}\n");
  EXPECT_FALSE(lease.Containers().ok());
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_FALSE(recordings_.Created(Container('1')).ok());
}

TEST_F(RecordingsTest, AStateDirectoryOfOthersIsNotUsed) {
  std::filesystem::create_directory(Directory());
  std::filesystem::permissions(Directory(), std::filesystem::perms(0777));
  const absl::StatusOr<Lease> lease = Lease::Take(dir_.path(), Web());
  EXPECT_EQ(lease.status().code(), absl::StatusCode::kFailedPrecondition) << lease.status();
  EXPECT_THAT(Files(), IsEmpty());
}

// File times are coarse: leases that come and go in one tick must be seen all the same.
TEST_F(RecordingsTest, QuickChangesAreNotMissed) {
  for (int i = 0; i < 200; ++i) {
    {
      const Lease lease = Take(Web());
      ASSERT_TRUE(Matches()) << i;
    }
    ASSERT_FALSE(Matches()) << i;
  }
}

TEST_F(RecordingsTest, ManyThreadsMayAsk) {
  std::atomic<bool> stop = false;
  std::atomic<int> matched = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        matched += recordings_.Any() && Matches() ? 1 : 0;
      }
    });
  }
  while (matched < 100) {
    const Lease lease = Take(Web());
    const int before = matched;
    while (matched < before + 10) {
      std::this_thread::yield();
    }
  }
  stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(Files(), IsEmpty());
}

}  // namespace
}  // namespace sekisho::record

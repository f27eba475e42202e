#include "seccomp/watcher.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/str_cat.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::seccomp {
namespace {

constexpr auto kDeadline = std::chrono::seconds(20);

// What the watcher told, and how often.
class Told {
 public:
  void Tell(const std::string& path) {
    std::unique_lock lock(mu_);
    ++times_[path];
    changed_.notify_all();
    changed_.wait_for(lock, kDeadline, [&] { return !held_; });
  }
  // Whether `path` was told of more than `times` times before the deadline.
  bool WaitFor(const std::string& path, int times = 0) {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, kDeadline, [&] { return times_[path] > times; });
  }
  int Times(const std::string& path) {
    const std::lock_guard lock(mu_);
    return times_[path];
  }
  size_t count() {
    const std::lock_guard lock(mu_);
    return times_.size();
  }
  bool WaitForCount(size_t count) {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, kDeadline, [&] { return times_.size() >= count; });
  }
  // Of `count` paths.
  bool WaitForSecondTime(int count) {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, kDeadline, [&] {
      return std::count_if(times_.begin(), times_.end(),
                           [](const auto& entry) { return entry.second > 1; }) >= count;
    });
  }
  // Lets the watcher wait in the middle of telling.
  void Hold(bool held) {
    const std::lock_guard lock(mu_);
    held_ = held;
    changed_.notify_all();
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  std::map<std::string, int> times_;
  bool held_ = false;
};

class WatcherTest : public ::testing::Test {
 protected:
  std::string Root() const { return dir_.File("a/root"); }
  std::string InRoot(const std::string& name) const { return base::StrCat(Root(), "/", name); }
  void MakeRoot() { std::filesystem::create_directories(Root()); }
  void Write(const std::string& name) { testing::WriteText(InRoot(name), "text"); }
  void Start(WatcherOptions options = {}) {
    options.root = Root();
    absl::StatusOr<std::unique_ptr<Watcher>> watcher =
        Watcher::Start(options, [this](const std::string& path) { told_.Tell(path); });
    ASSERT_TRUE(watcher.ok()) << watcher.status();
    watcher_ = *std::move(watcher);
  }
  // A file is told of, so that whatever came before it has been seen.
  void WaitForMark(const std::string& name) {
    Write(name);
    ASSERT_TRUE(told_.WaitFor(name));
  }

  testing::TempDir dir_;
  Told told_;
  std::unique_ptr<Watcher> watcher_;
};

TEST_F(WatcherTest, TellsOfWhatIsThere) {
  MakeRoot();
  std::filesystem::create_directories(InRoot("x/y"));
  Write("top.json");
  Write("x/y/deep.json");
  std::filesystem::create_symlink("x", InRoot("link"));
  Start();
  EXPECT_TRUE(told_.WaitFor("x/y/deep.json"));
  EXPECT_TRUE(told_.WaitFor("top.json"));
  EXPECT_EQ(told_.count(), 2u) << "symbolic links are not followed";
}

TEST_F(WatcherTest, TellsOfEachWayToChangeAFile) {
  MakeRoot();
  Write("x.json");
  Start();
  ASSERT_TRUE(told_.WaitFor("x.json"));
  testing::WriteText(dir_.File("moved"), "text");
  const std::pair<std::string, std::function<void()>> kWays[] = {
      {"written", [&] { Write("x.json"); }},
      {"replaced", [&] { std::filesystem::rename(dir_.File("moved"), InRoot("x.json")); }},
      {"another mode", [&] { ::chmod(InRoot("x.json").c_str(), 0600); }},
  };
  for (const auto& [name, change] : kWays) {
    SCOPED_TRACE(name);
    WaitForMark(base::StrCat(name, ".mark"));
    const int before = told_.Times("x.json");
    change();
    EXPECT_TRUE(told_.WaitFor("x.json", before));
  }
}

TEST_F(WatcherTest, ForgetsWhatIsGone) {
  MakeRoot();
  Start();
  WaitForMark("one.json");
  WaitForMark("two.json");
  std::filesystem::remove(InRoot("one.json"));
  std::filesystem::rename(InRoot("two.json"), dir_.File("two.json"));
  WaitForMark("three.json");
  EXPECT_EQ(watcher_->files(), 1u);
}

TEST_F(WatcherTest, FollowsNewDirectories) {
  MakeRoot();
  Start();
  WaitForMark("first");
  std::filesystem::create_directories(InRoot("new/deep"));
  Write("new/deep/x.json");
  EXPECT_TRUE(told_.WaitFor("new/deep/x.json"));
  // A whole tree at once.
  std::filesystem::create_directories(dir_.File("tree/below"));
  testing::WriteText(dir_.File("tree/below/y.json"), "text");
  std::filesystem::rename(dir_.File("tree"), InRoot("tree"));
  EXPECT_TRUE(told_.WaitFor("tree/below/y.json"));
  // And still: the old ones are watched.
  WaitForMark("last");
  WaitForMark("new/deep/last");
}

TEST_F(WatcherTest, WaitsForARootThatIsNotThereYet) {
  Start();
  MakeRoot();
  WaitForMark("x.json");
}

TEST_F(WatcherTest, SurvivesTheRootsRemoval) {
  MakeRoot();
  Write("old.json");
  Start();
  ASSERT_TRUE(told_.WaitFor("old.json"));
  std::filesystem::remove_all(dir_.File("a"));
  MakeRoot();
  WaitForMark("new.json");
  std::filesystem::rename(Root(), dir_.File("a/away"));
  MakeRoot();
  WaitForMark("newer.json");
}

TEST_F(WatcherTest, LooksAtEverythingAgainWhenEventsWereLost) {
  MakeRoot();
  Write("one.json");
  Write("two.json");
  Start();
  ASSERT_TRUE(told_.WaitFor("one.json"));
  ASSERT_TRUE(told_.WaitFor("two.json"));
  WaitForMark("mark");
  told_.Hold(true);
  const int before = told_.Times("mark");
  ::chmod(InRoot("mark").c_str(), 0600);
  ASSERT_TRUE(told_.WaitFor("mark", before));  // it is in our hands now, and reads nothing more
  int limit = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
  ASSERT_GT(limit, 0);
  for (int i = 0; i < limit; ++i) {  // two at a time, since equal neighbours count as one event
    ::chmod(InRoot("one.json").c_str(), 0600);
    ::chmod(InRoot("two.json").c_str(), 0600);
  }
  Write("lost.json");
  told_.Hold(false);
  EXPECT_TRUE(told_.WaitFor("lost.json"));
  EXPECT_GE(watcher_->overflows(), 1u);
}

TEST_F(WatcherTest, TellsOfNoMoreFilesThanItMay) {
  MakeRoot();
  for (const char* name : {"a", "b", "c", "d"}) {
    Write(name);
  }
  Start({.root = {}, .files_max = 3});
  ASSERT_TRUE(told_.WaitForCount(3));
  std::filesystem::create_directory(InRoot("x"));  // everything is looked at again
  EXPECT_TRUE(told_.WaitForSecondTime(3));
  EXPECT_EQ(told_.count(), 3u);
  EXPECT_EQ(watcher_->files(), 3u);
}

TEST_F(WatcherTest, GoesNoDeeperThanItMay) {
  MakeRoot();
  std::filesystem::create_directories(InRoot("x/y/z"));
  Write("x/y/z/deep");
  Write("x/y/near");
  Start({.root = {}, .depth_max = 2});
  ASSERT_TRUE(told_.WaitFor("x/y/near"));
  WaitForMark("mark");  // the walk is over
  EXPECT_EQ(told_.count(), 2u);
}

TEST_F(WatcherTest, EndsAtOnce) {
  for (int i = 0; i < 50; ++i) {
    Start();
    watcher_.reset();
    MakeRoot();
  }
}

}  // namespace
}  // namespace sekisho::seccomp

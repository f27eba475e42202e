#include "seccomp/pins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "base/sha256.h"
#include "base/str_cat.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::seccomp {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

class PinsTest : public ::testing::Test {
 protected:
  std::string Directory() const { return dir_.File("state/pins"); }
  std::unique_ptr<Pins> Open(size_t pins_max = 8, seconds grace = seconds(0)) {
    absl::StatusOr<std::unique_ptr<Pins>> pins =
        Pins::Open({.directory = Directory(), .pins_max = pins_max, .uses_max = 4, .grace = grace});
    EXPECT_TRUE(pins.ok()) << pins.status();
    return pins.ok() ? *std::move(pins) : nullptr;
  }
  static std::string Pin(Pins& pins, const std::string& bytes) {
    const absl::StatusOr<std::string> path = pins.Pin(bytes);
    EXPECT_TRUE(path.ok()) << path.status();
    return path.value_or("");
  }
  // What an intruder, or a bad disk, does.
  static void Corrupt(const std::string& path, const std::string& bytes) {
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    testing::WriteText(path, bytes);
    ASSERT_EQ(::chmod(path.c_str(), 0400), 0);
  }

  testing::TempDir dir_;
};

TEST_F(PinsTest, IsNamedByItsContentAndItsOwnersAlone) {
  const auto pins = Open();
  const std::string path = Pin(*pins, "one");
  EXPECT_EQ(path, base::StrCat(Directory(), "/", base::Sha256Hex("one"), ".json"));
  EXPECT_EQ(testing::ReadText(path), "one");
  EXPECT_EQ(ModeOf(path), 0400u);
  EXPECT_EQ(ModeOf(Directory()), 0700u);
  EXPECT_EQ(Pin(*pins, "one"), path);
  EXPECT_NE(Pin(*pins, "two"), path);
  EXPECT_EQ(pins->count(), 2u);
}

TEST_F(PinsTest, SurvivesARestartAndIsNotWrittenAgain) {
  const std::string path = Pin(*Open(), "one");
  struct stat before {};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  const auto pins = Open();
  EXPECT_EQ(pins->count(), 1u);
  EXPECT_FALSE(pins->GiveAgain(path)) << "nobody has looked at it in this run";
  EXPECT_EQ(Pin(*pins, "one"), path);
  EXPECT_TRUE(pins->GiveAgain(path));
  struct stat after {};
  ASSERT_EQ(::stat(path.c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
}

TEST_F(PinsTest, MendsWhatWasChangedBetweenRuns) {
  const std::string path = Pin(*Open(), "one");
  Corrupt(path, "ONE");
  const auto pins = Open();
  EXPECT_EQ(Pin(*pins, "one"), path);
  EXPECT_EQ(testing::ReadText(path), "one");
}

TEST_F(PinsTest, MendsWhatIsWritableByOthers) {
  const std::string path = Pin(*Open(), "one");
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(Pin(*Open(), "one"), path);
  EXPECT_EQ(ModeOf(path), 0400u);
}

TEST_F(PinsTest, NoticesWhatHappensToAPinWhileItRuns) {
  const auto pins = Open();
  const std::string path = Pin(*pins, "one");
  const std::pair<std::string, std::function<void()>> kDeeds[] = {
      {"rewritten", [&] { Corrupt(path, "ONE"); }},
      {"removed", [&] { std::filesystem::remove(path); }},
      {"a symbolic link",
       [&] {
         testing::WriteText(dir_.File("other"), "one");
         std::filesystem::remove(path);
         std::filesystem::create_symlink(dir_.File("other"), path);
       }},
  };
  for (const auto& [name, deed] : kDeeds) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(pins->GiveAgain(path));
    deed();
    EXPECT_FALSE(pins->GiveAgain(path));
    EXPECT_EQ(Pin(*pins, "one"), path);
    EXPECT_EQ(testing::ReadText(path), "one");
    EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(path)));
  }
}

TEST_F(PinsTest, IsBounded) {
  const auto pins = Open(2);
  const std::string one = Pin(*pins, "one");
  const std::string two = Pin(*pins, "two");
  ASSERT_TRUE(pins->Use("c1", one).ok());
  const std::string three = Pin(*pins, "three");
  EXPECT_TRUE(std::filesystem::exists(one));
  EXPECT_FALSE(std::filesystem::exists(two)) << "the one that nobody uses makes room";
  ASSERT_TRUE(pins->Use("c3", three).ok());
  const absl::Status full = pins->Pin("four").status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
  EXPECT_THAT(std::string(full.message()), HasSubstr("containers use all of them"));
  EXPECT_EQ(Pin(*pins, "one"), one) << "what is there needs no room";
  Corrupt(one, "ONE");
  EXPECT_EQ(Pin(*pins, "one"), one) << "nor does mending it";
  pins->Release("c3");
  EXPECT_TRUE(pins->Pin("four").ok());
  EXPECT_EQ(pins->count(), 2u);
}

TEST_F(PinsTest, WhatWasJustGivenOutMakesNoRoom) {
  const auto pins = Open(1, seconds(60));
  const std::string one = Pin(*pins, "one");
  EXPECT_FALSE(pins->Pin("two").ok());
  EXPECT_TRUE(pins->GiveAgain(one));
}

TEST_F(PinsTest, CollectKeepsWhatIsUsedAndTheLatest) {
  const auto pins = Open();
  const std::string used = Pin(*pins, "used");
  const std::string oldest = Pin(*pins, "oldest");
  const std::string older = Pin(*pins, "older");
  const std::string latest = Pin(*pins, "latest");
  EXPECT_TRUE(pins->GiveAgain(oldest));  // so that `older` is the oldest
  ASSERT_TRUE(pins->Use("c1", used).ok());
  ASSERT_TRUE(pins->Use("c2", latest).ok());
  pins->Collect({"c1"}, 2);  // c2 is gone
  EXPECT_TRUE(std::filesystem::exists(used));
  EXPECT_TRUE(std::filesystem::exists(oldest));
  EXPECT_FALSE(std::filesystem::exists(older));
  EXPECT_TRUE(std::filesystem::exists(latest));
  EXPECT_EQ(pins->uses(), 1u);
  EXPECT_FALSE(pins->GiveAgain(older));
  pins->Collect({}, 0);
  EXPECT_EQ(pins->count(), 0u);
  EXPECT_EQ(pins->uses(), 0u);
  EXPECT_FALSE(std::filesystem::exists(used));
}

TEST_F(PinsTest, CollectSparesWhatIsYoungerThanItsList) {
  const auto pins = Open(8, seconds(60));
  const std::string given = Pin(*pins, "given");
  ASSERT_TRUE(pins->Use("c1", Pin(*pins, "used")).ok());
  pins->Collect({}, 0);
  EXPECT_EQ(pins->count(), 2u);
  EXPECT_EQ(pins->uses(), 1u);
  EXPECT_TRUE(pins->GiveAgain(given));
}

TEST_F(PinsTest, UsesSurviveARestart) {
  std::string used;
  {
    const auto pins = Open();
    used = Pin(*pins, "used");
    const std::string unused = Pin(*pins, "unused");
    ASSERT_TRUE(pins->Use("c1", used).ok());
    ASSERT_TRUE(pins->Use("gone", used).ok());
    pins->Release("gone");
    pins->Release("never-there");
  }
  const auto pins = Open();
  EXPECT_EQ(pins->uses(), 1u);
  pins->Collect({"c1"}, 0);
  EXPECT_EQ(pins->count(), 1u);
  EXPECT_TRUE(std::filesystem::exists(used));
}

TEST_F(PinsTest, AContainerMayChangeItsPin) {
  const auto pins = Open();
  const std::string one = Pin(*pins, "one");
  const std::string two = Pin(*pins, "two");
  ASSERT_TRUE(pins->Use("c1", one).ok());
  ASSERT_TRUE(pins->Use("c1", two).ok());
  ASSERT_TRUE(pins->Use("c1", two).ok());
  EXPECT_EQ(pins->uses(), 1u);
  pins->Collect({"c1"}, 0);
  EXPECT_FALSE(std::filesystem::exists(one));
  EXPECT_TRUE(std::filesystem::exists(two));
}

TEST_F(PinsTest, RefusesUsesThatMeanNothing) {
  const auto pins = Open();
  const std::string path = Pin(*pins, "one");
  for (const std::string& id :
       {std::string(), std::string("../c1"), std::string("c.1"), std::string("c/1"),
        std::string(129, 'a'), std::string("c\0d", 3)}) {
    EXPECT_EQ(pins->Use(id, path).code(), absl::StatusCode::kInvalidArgument) << id;
  }
  for (const std::string& pin :
       {std::string(), dir_.File("x.json"), Directory(), base::StrCat(Directory(), "/x.json"),
        base::StrCat(Directory(), "/", base::Sha256Hex("never pinned"), ".json")}) {
    EXPECT_EQ(pins->Use("c1", pin).code(), absl::StatusCode::kNotFound) << pin;
  }
  EXPECT_EQ(pins->uses(), 0u);
  for (const char* id : {"a", "b", "c", "d"}) {
    EXPECT_TRUE(pins->Use(id, path).ok());
  }
  EXPECT_EQ(pins->Use("e", path).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(pins->Use("a", path).ok()) << "one that is known needs no room";
}

TEST_F(PinsTest, LeavesWhatIsNotItsOwnAlone) {
  std::string pinned;
  {
    const auto pins = Open();
    pinned = Pin(*pins, "one");
    EXPECT_EQ(pins->foreign(), 0u);
  }
  const std::string left = base::StrCat(pinned, ".a1B2c3");  // of a crash
  const std::string note = base::StrCat(Directory(), "/NOTE");
  const std::string use = base::StrCat(Directory(), "/uses/c1");
  for (const std::string& path : {left, note, use}) {
    testing::WriteText(path, "text");
  }
  std::filesystem::create_symlink("../../elsewhere", base::StrCat(Directory(), "/uses/c2"));
  const auto pins = Open();
  EXPECT_EQ(pins->foreign(), 3u);
  EXPECT_EQ(pins->uses(), 0u);
  pins->Collect({}, 0);
  EXPECT_FALSE(std::filesystem::exists(pinned));
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(note));
  EXPECT_TRUE(std::filesystem::exists(use));
}

TEST_F(PinsTest, RefusesADirectoryThatOthersMayWriteTo) {
  Open();
  ASSERT_EQ(::chmod(Directory().c_str(), 0777), 0);
  EXPECT_EQ(Pins::Open({.directory = Directory()}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(::chmod(Directory().c_str(), 0755), 0);
  Open();
  EXPECT_EQ(ModeOf(Directory()), 0700u) << "what others may read is taken away";
}

TEST_F(PinsTest, RefusesADirectoryThatIsNone) {
  testing::WriteText(dir_.File("file"), "");
  EXPECT_FALSE(Pins::Open({.directory = dir_.File("file")}).ok());
  std::filesystem::create_directory(dir_.File("real"));
  std::filesystem::create_symlink("real", dir_.File("link"));
  EXPECT_FALSE(Pins::Open({.directory = dir_.File("link")}).ok());
}

}  // namespace
}  // namespace sekisho::seccomp

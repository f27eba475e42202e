#include "install/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::install {
namespace {

using ::testing::HasSubstr;
using testing::ReadText;
using testing::WriteText;

class TransactionTest : public ::testing::Test {
 protected:
  NodeChange Change(const std::string& path, std::optional<std::string> after) {
    return {.change = {.path = path,
                       .before = *ReadIfThere(root_.path() + path),
                       .after = std::move(after),
                       .mode = 0640,
                       .why = "a test"},
            .of = SavedFile::Of::kAgent};
  }
  mode_t ModeOf(const std::string& path) {
    struct stat info {};
    return ::stat((root_.path() + path).c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }

  testing::TempDir root_;
  testing::TempDir state_dir_;
  StateStore store_{state_dir_.path() + "/install"};
};

TEST_F(TransactionTest, ChangesMakesAndRemovesAndPutsBack) {
  WriteText(root_.File("changed"), "old");
  std::filesystem::permissions(root_.File("changed"), std::filesystem::perms(0604));
  WriteText(root_.File("gone"), "here");
  const std::vector<NodeChange> changes = {Change("/changed", "new"), Change("/gone", std::nullopt),
                                           Change("/a/b/made", "made")};
  Transaction transaction(store_, SavedState(), root_.path());
  ASSERT_TRUE(transaction.Begin(false, false).ok());
  ASSERT_TRUE(transaction.Announce(changes).ok());
  for (const NodeChange& change : changes) {
    ASSERT_TRUE(transaction.Make(change.change).ok());
  }
  EXPECT_EQ(ReadText(root_.File("changed")), "new");
  EXPECT_EQ(ModeOf("/changed"), 0604u);
  EXPECT_EQ(ModeOf("/a/b/made"), 0640u);
  EXPECT_FALSE(std::filesystem::exists(root_.File("gone")));

  // As a later process finds it.
  const absl::StatusOr<SavedState> found = store_.Load();
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(found->run.has_value());
  Transaction later(store_, *found, root_.path());
  ASSERT_TRUE(later.PutBack(SavedFile::Of::kAgent).ok());
  EXPECT_EQ(ReadText(root_.File("changed")), "old");
  EXPECT_EQ(ModeOf("/changed"), 0604u);
  EXPECT_EQ(ReadText(root_.File("gone")), "here");
  EXPECT_FALSE(std::filesystem::exists(root_.File("a")));
  ASSERT_TRUE(later.Forget().ok());
  EXPECT_EQ(*store_.Load(), SavedState());
}

TEST_F(TransactionTest, WhatSomebodyElseChangedMeanwhileIsNotOverwritten) {
  WriteText(root_.File("file"), "planned from");
  const NodeChange change = Change("/file", "new");
  WriteText(root_.File("file"), "by somebody else");
  Transaction transaction(store_, SavedState(), root_.path());
  ASSERT_TRUE(transaction.Begin(false, false).ok());
  ASSERT_TRUE(transaction.Announce({change}).ok());
  EXPECT_THAT(std::string(transaction.Make(change.change).message()),
              HasSubstr("/file: was changed by somebody else"));
  EXPECT_EQ(ReadText(root_.File("file")), "by somebody else");
}

TEST_F(TransactionTest, ACommitKeepsWhatWasBeforeTheFirstRun) {
  WriteText(root_.File("file"), "original");
  SavedState state;
  for (const char* text : {"first", "second"}) {
    Transaction transaction(store_, state, root_.path());
    ASSERT_TRUE(transaction.Begin(false, false).ok());
    const NodeChange change = Change("/file", text);
    ASSERT_TRUE(transaction.Announce({change}).ok());
    ASSERT_TRUE(transaction.Make(change.change).ok());
    ASSERT_TRUE(transaction.Commit("kubelet.service", "unix:///a", "unix:///b").ok());
    state = transaction.state();
  }
  ASSERT_EQ(state, *store_.Load());
  ASSERT_EQ(state.installed.size(), 1u);
  EXPECT_EQ(*store_.Get(*state.installed[0].before), "original");
  EXPECT_TRUE(IsAsWritten(state.installed[0], root_.path()));
  WriteText(root_.File("file"), "third");
  EXPECT_FALSE(IsAsWritten(state.installed[0], root_.path()));
  ASSERT_TRUE(RestoreFile(store_, state.installed[0], root_.path()).ok());
  EXPECT_EQ(ReadText(root_.File("file")), "original");
}

TEST_F(TransactionTest, ABlobThatWasTamperedWithIsNotRestored) {
  const std::string sha256 = *store_.Put("original");
  WriteText(store_.directory() + "/blobs/" + sha256, "Original");
  EXPECT_THAT(std::string(store_.Get(sha256).status().message()), HasSubstr("something else"));
}

TEST_F(TransactionTest, TheCopiesAreForRootOnly) {
  WriteText(root_.File("file"), "secret");
  Transaction transaction(store_, SavedState(), root_.path());
  ASSERT_TRUE(transaction.Begin(false, false).ok());
  ASSERT_TRUE(transaction.Announce({Change("/file", "new")}).ok());
  struct stat info {};
  ASSERT_EQ(::stat((store_.directory() + "/blobs").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0700u);
  ASSERT_EQ(::stat((store_.directory() + "/state.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0600u);
}

TEST_F(TransactionTest, AStateOfAnotherVersionIsRefused) {
  ASSERT_TRUE(store_.Save(SavedState()).ok());
  const std::string file = store_.directory() + "/state.json";
  std::string text = ReadText(file);
  text.replace(text.find("1"), 1, "2");
  WriteText(file, text);
  EXPECT_THAT(std::string(store_.Load().status().message()), HasSubstr("another version"));
}

TEST(RunStateTest, SurvivesBeingWritten) {
  const testing::TempDir dir;
  const StateStore store(dir.path());
  SavedState state{
      .kubelet_unit = "kubelet.service",
      .runtime_endpoint = "unix:///a",
      .agent_endpoint = "unix:///b",
      .installed = {{.path = "/x",
                     .of = SavedFile::Of::kKubelet,
                     .before = std::nullopt,
                     .after = std::string(64, 'a'),
                     .mode = 0600,
                     .user = 7,
                     .group = 8}},
      .folders = {"/y"},
      .run = SavedRun{
          .files = {}, .folders = {"/z"}, .agent_was_running = true, .agent_was_enabled = false}};
  ASSERT_TRUE(store.Save(state).ok());
  EXPECT_EQ(*store.Load(), state);
}

}  // namespace
}  // namespace sekisho::install

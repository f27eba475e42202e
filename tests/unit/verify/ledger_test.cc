#include "verify/ledger.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include "caps/cap_set.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::verify {
namespace {

namespace fs = std::filesystem;
using sekisho::testing::ReadText;
using sekisho::testing::TempDir;
using sekisho::testing::WriteText;
using std::chrono::microseconds;
using std::chrono::system_clock;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

system_clock::time_point Now() {
  return std::chrono::floor<microseconds>(system_clock::now());
}

LedgerEntry Entry(const std::string& level = "baseline:latest") {
  Expected expected;
  expected.seccomp_filter = true;
  expected.bounding = caps::CapSet::Of({"CHOWN", "KILL"});
  expected.no_new_privs = true;
  expected.uid = 1000;
  expected.own_namespaces = {"mnt", "pid"};
  return {.time = Now(), .level = level, .policy_hash = "9e9e", .expected = expected};
}

std::string Id(int number) {
  return std::to_string(number) + std::string(60, 'a');
}

class LedgerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Ledger> Open() {
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(dir_.path());
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return ledger.ok() ? *std::move(ledger) : nullptr;
  }
  LedgerView Read() {
    absl::StatusOr<LedgerView> view = ReadLedger(dir_.path());
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *std::move(view) : LedgerView{};
  }
  std::string Text() const { return ReadText(file_); }
  void AppendText(const std::string& text) { WriteText(file_, Text() + text); }

  TempDir dir_;
  const std::string file_ = dir_.File("containers.jsonl");
};

TEST_F(LedgerTest, WithoutAFileThereIsNone) {
  EXPECT_TRUE(absl::IsNotFound(ReadLedger(dir_.path()).status()));
}

TEST_F(LedgerTest, ANewOneSaysSinceWhen) {
  const system_clock::time_point before = Now();
  const auto ledger = Open();
  EXPECT_GE(Read().since, before);
  EXPECT_LE(Read().since, system_clock::now());
  EXPECT_THAT(Text(), StartsWith("{\"since\":"));
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
}

TEST_F(LedgerTest, WhatWasAddedIsReadByOthersAtOnceAndAfterARestart) {
  auto ledger = Open();
  const system_clock::time_point since = ledger->View().since;
  const LedgerEntry first = Entry();
  const LedgerEntry second = Entry("restricted:v1.30");
  ASSERT_TRUE(ledger->Add(Id(1), first).ok());
  ASSERT_TRUE(ledger->Add(Id(2), second).ok());
  ASSERT_TRUE(ledger->Add(Id(3), Entry()).ok());
  ASSERT_TRUE(ledger->Remove(Id(3)).ok());
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE(round == 0 ? "beside the agent" : "after a restart");
    const LedgerView view = Read();
    EXPECT_EQ(view.since, since);
    EXPECT_EQ(view.unreadable, 0U);
    ASSERT_EQ(view.entries.size(), 2U);
    EXPECT_EQ(view.entries.at(Id(1)), first);
    EXPECT_EQ(view.entries.at(Id(2)), second);
    ledger.reset();
    ledger = Open();
    EXPECT_EQ(ledger->View().entries, view.entries);
    EXPECT_EQ(ledger->View().since, since);
  }
}

TEST_F(LedgerTest, TextsThatNeedEscapesComeBack) {
  const auto ledger = Open();
  LedgerEntry entry = Entry("a\"b\\c\nd");
  entry.policy_hash = "\x01é";
  ASSERT_TRUE(ledger->Add("web_1.2-x", entry).ok());
  EXPECT_EQ(Read().entries.at("web_1.2-x"), entry);
}

TEST_F(LedgerTest, WhatIsNoIdIsNotTaken) {
  const auto ledger = Open();
  const std::string before = Text();
  for (const std::string& id : {std::string(), std::string(129, 'a'), std::string("a b"),
                                std::string("a\"b"), std::string("a\nb"), std::string("é")}) {
    EXPECT_EQ(ledger->Add(id, Entry()).code(), absl::StatusCode::kInvalidArgument) << id;
  }
  EXPECT_EQ(ledger->size(), 0U);
  EXPECT_EQ(Text(), before);
}

TEST_F(LedgerTest, AnEntryThatIsTooLongIsNotTaken) {
  const auto ledger = Open();
  EXPECT_EQ(ledger->Add(Id(1), Entry(std::string(100'000, 'x'))).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ledger->size(), 0U);
}

TEST_F(LedgerTest, RemovingWhatIsNotThereWritesNothing) {
  const auto ledger = Open();
  const std::string before = Text();
  EXPECT_TRUE(ledger->Remove(Id(7)).ok());
  EXPECT_TRUE(ledger->Keep({}).ok());
  EXPECT_EQ(Text(), before);
}

TEST_F(LedgerTest, KeepForgetsWhatIsGoneButForTheYoung) {
  const auto ledger = Open();
  LedgerEntry old = Entry();
  old.time -= std::chrono::minutes(2);
  ASSERT_TRUE(ledger->Add("old-gone", old).ok());
  ASSERT_TRUE(ledger->Add("old-here", old).ok());
  ASSERT_TRUE(ledger->Add("young", Entry()).ok());
  LedgerEntry ahead = Entry();
  ahead.time += std::chrono::hours(1);
  ASSERT_TRUE(ledger->Add("ahead", ahead).ok());
  ASSERT_TRUE(ledger->Keep({"old-here"}).ok());
  const LedgerView view = Read();
  EXPECT_EQ(view.entries.size(), 3U);
  EXPECT_FALSE(view.entries.contains("old-gone"));
}

TEST_F(LedgerTest, OneContainerIsReadAlone) {
  const auto ledger = Open();
  const LedgerEntry entry = Entry();
  ASSERT_TRUE(ledger->Add("one", entry).ok());
  ASSERT_TRUE(ledger->Add("other", Entry()).ok());
  const LedgerView view = ledger->ViewOf("one");
  EXPECT_EQ(view.since, ledger->View().since);
  ASSERT_EQ(view.entries.size(), 1U);
  EXPECT_EQ(view.entries.at("one"), entry);
  EXPECT_TRUE(ledger->ViewOf("neither").entries.empty());
}

TEST_F(LedgerTest, ItIsWrittenAnewWhenMostOfItIsAboutContainersThatAreGone) {
  const auto ledger = Open();
  ASSERT_TRUE(ledger->Add("stays", Entry()).ok());
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(ledger->Add(Id(i), Entry()).ok());
    ASSERT_TRUE(ledger->Remove(Id(i)).ok());
  }
  const std::string text = Text();
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 1100);  // of 6000
  EXPECT_EQ(Read().entries.size(), 1U);
  EXPECT_EQ(Read().since, ledger->View().since);
}

TEST_F(LedgerTest, ATornLastLineIsPassedOverAndHealed) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->Add(Id(1), Entry()).ok());
  ASSERT_TRUE(ledger->Add(Id(2), Entry()).ok());
  ledger.reset();
  const std::string whole = Text();
  const size_t last = whole.rfind("{\"id\"");
  for (const size_t cut : {last + 1, last + 40, whole.size() - 1}) {
    SCOPED_TRACE(whole.size() - cut);
    WriteText(file_, whole.substr(0, cut));
    EXPECT_EQ(Read().entries.size(), 1U);
    EXPECT_EQ(Read().unreadable, 1U);
    ledger = Open();
    EXPECT_EQ(ledger->View().unreadable, 1U);
    ASSERT_TRUE(ledger->Add(Id(3), Entry()).ok());
    const LedgerView view = Read();
    EXPECT_EQ(view.unreadable, 0U);
    EXPECT_EQ(view.entries.size(), 2U);
    EXPECT_TRUE(view.entries.contains(Id(3)));
  }
}

TEST_F(LedgerTest, LinesThatCannotBeReadArePassedOverAndCounted) {
  const struct {
    const char* why;
    std::string line;
  } kRows[] = {
      {"no JSON", "nonsense"},
      {"no object", "[1]"},
      {"empty", ""},
      {"neither an entry nor a removal", "{}"},
      {"a second since", "{\"since\":1}"},
      {"no time", R"({"id":"x","expected":{}})"},
      {"a time that is text", R"({"id":"x","time":"now","expected":{}})"},
      {"a time before all times", R"({"id":"x","time":-1,"expected":{}})"},
      {"a time after all times", R"({"id":"x","time":18446744073709551615,"expected":{}})"},
      {"no id", R"({"time":1,"expected":{}})"},
      {"an id that is none", R"({"id":"a b","time":1,"expected":{}})"},
      {"nothing expected", R"({"id":"x","time":1})"},
      {"expected is no object", R"({"id":"x","time":1,"expected":[]})"},
      {"expected is none", R"({"id":"x","time":1,"expected":{"seccompFilter":"perhaps"}})"},
      {"no UTF-8", "{\"removed\":\"\xff\"}"},
      {"two million bytes", "{\"id\":\"" + std::string(2'000'000, 'a') + "\"}"},
      {"two million brackets", std::string(2'000'000, '[')},
      {"as many as fit", std::string(60'000, '[')},
      {"deep within", R"({"id":"x","time":1,"expected":{"a":)" + std::string(30'000, '[') +
                          std::string(30'000, ']') + "}}"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    (void)fs::remove(file_);
    auto ledger = Open();
    ASSERT_TRUE(ledger->Add(Id(1), Entry()).ok());
    ledger.reset();
    AppendText(row.line + "\n");
    ledger = Open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_EQ(ledger->View().unreadable, 1U);
    EXPECT_EQ(ledger->size(), 1U);
    EXPECT_FALSE(fs::exists(file_ + ".damaged"));
    // It does not stay for ever.
    EXPECT_EQ(Read().unreadable, 0U);
    EXPECT_LT(Text().size(), 10'000U);
  }
}

TEST_F(LedgerTest, ADamagedFileIsPutAside) {
  const struct {
    const char* why;
    std::string text;
  } kRows[] = {
      {"empty", ""},
      {"text", "nonsense\n"},
      {"no first line", R"({"removed":"x"})"
                        "\n"},
      {"the first line is torn", R"({"since":1)"},
      {"the first line has no end", R"({"since":1})"},
      {"a time that is none", "{\"since\":\"yesterday\"}\n"},
      {"zeros, as a machine leaves them that lost power", std::string(4096, '\0')},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    WriteText(file_, row.text);
    EXPECT_TRUE(absl::IsDataLoss(ReadLedger(dir_.path()).status()));
    EXPECT_EQ(Text(), row.text);  // a reader moves nothing
    const system_clock::time_point before = Now();
    const auto ledger = Open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_GE(ledger->View().since, before);
    EXPECT_EQ(ReadText(file_ + ".damaged"), row.text);
    EXPECT_TRUE(ledger->Add(Id(1), Entry()).ok());
    EXPECT_EQ(Read().entries.size(), 1U);
  }
}

TEST_F(LedgerTest, WhatIsNoFileOfOursIsPutAside) {
  WriteText(dir_.File("elsewhere"), "{\"since\":1}\n");
  const struct {
    const char* why;
    std::function<void()> make;
  } kRows[] = {
      {"a symbolic link", [this] { fs::create_symlink(dir_.File("elsewhere"), file_); }},
      {"a directory", [this] { fs::create_directory(file_); }},
      {"a directory with something in it", [this] { fs::create_directories(file_ + "/x"); }},
      {"a FIFO", [this] { ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0); }},
      {"others may write it",
       [this] {
         WriteText(file_, "{\"since\":1}\n");
         fs::permissions(file_, fs::perms(0622));
       }},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    (void)fs::remove_all(file_);
    row.make();
    EXPECT_TRUE(absl::IsDataLoss(ReadLedger(dir_.path()).status()))
        << ReadLedger(dir_.path()).status();
    const auto ledger = Open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_TRUE(ledger->Add(Id(1), Entry()).ok());
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(file_)));
    EXPECT_EQ(ReadText(dir_.File("elsewhere")), "{\"since\":1}\n");
  }
}

TEST_F(LedgerTest, AFileThatIsTooLongIsPutAside) {
  const auto first = Open();
  fs::resize_file(file_, (uintmax_t{64} << 20) + 1);
  EXPECT_TRUE(absl::IsDataLoss(ReadLedger(dir_.path()).status()));
  const auto ledger = Open();
  ASSERT_NE(ledger, nullptr);
  EXPECT_LT(Text().size(), 100U);
}

TEST_F(LedgerTest, ADirectoryThatTakesNoFileIsAnError) {
  const absl::StatusOr<std::unique_ptr<Ledger>> missing = Ledger::Open(dir_.File("missing"));
  EXPECT_TRUE(absl::IsNotFound(missing.status())) << missing.status();
  // Root may write where nobody may; procfs takes no file from anybody.
  const absl::StatusOr<std::unique_ptr<Ledger>> read_only = Ledger::Open("/proc/self");
  EXPECT_FALSE(read_only.ok());
  EXPECT_THAT(std::string(read_only.status().message()), HasSubstr("containers.jsonl"));
}

TEST_F(LedgerTest, WhatCannotBeWrittenStaysInMemoryAndIsWrittenLater) {
  fs::create_directory(dir_.File("state"));
  absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(dir_.File("state"));
  ASSERT_TRUE(ledger.ok());
  ASSERT_TRUE((*ledger)->Add(Id(1), Entry()).ok());
  fs::remove_all(dir_.File("state"));
  // The open file still takes bytes, which nobody would ever read.
  const absl::Status lost = (*ledger)->Add(Id(2), Entry());
  EXPECT_FALSE(lost.ok());
  EXPECT_THAT(std::string(lost.message()), HasSubstr("containers.jsonl"));
  EXPECT_FALSE((*ledger)->Remove(Id(1)).ok());
  EXPECT_EQ((*ledger)->size(), 1U);
  fs::create_directory(dir_.File("state"));
  EXPECT_TRUE((*ledger)->Add(Id(3), Entry()).ok());
  const absl::StatusOr<LedgerView> view = ReadLedger(dir_.File("state"));
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->since, (*ledger)->View().since);
  EXPECT_EQ(view->entries, (*ledger)->View().entries);
  EXPECT_EQ(view->entries.size(), 2U);
}

// No file of this process may be longer than so many bytes: write(2) then takes a part of what it
// is given, or nothing, as on a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(size_t bytes) {
    (void)::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    (void)::signal(SIGXFSZ, SIG_IGN);
    (void)::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { (void)::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(LedgerTest, AFullDiskLeavesHalfALineThatIsHealed) {
  const auto ledger = Open();
  ASSERT_TRUE(ledger->Add(Id(1), Entry()).ok());
  {
    const FileSizeLimit limit(Text().size() + 20);
    EXPECT_FALSE(ledger->Add(Id(2), Entry()).ok());
    EXPECT_THAT(Text(), Not(::testing::EndsWith("\n")));
    EXPECT_EQ(Read().entries.size(), 1U);
    EXPECT_FALSE(ledger->Add(Id(3), Entry()).ok());
  }
  EXPECT_TRUE(ledger->Add(Id(4), Entry()).ok());
  EXPECT_EQ(Read().entries, ledger->View().entries);
  EXPECT_EQ(Read().entries.size(), 4U);
  EXPECT_EQ(Read().unreadable, 0U);
}

TEST_F(LedgerTest, TwoAgentsAtAnUpgradeLoseNothing) {
  const auto old_agent = Open();
  ASSERT_TRUE(old_agent->Add(Id(1), Entry()).ok());
  AppendText("torn");  // so that the new one writes it anew
  const auto new_agent = Open();
  ASSERT_TRUE(new_agent->Add(Id(2), Entry()).ok());
  ASSERT_TRUE(old_agent->Add(Id(3), Entry()).ok());
  ASSERT_TRUE(new_agent->Add(Id(4), Entry()).ok());
  const LedgerView view = Read();
  for (const int number : {1, 2, 3, 4}) {
    EXPECT_TRUE(view.entries.contains(Id(number))) << number;
  }
}

TEST_F(LedgerTest, ThreadsAddRemoveAndReadAtOnce) {
  const auto ledger = Open();
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&ledger, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = "c-" + std::to_string(thread) + "-" + std::to_string(i);
        EXPECT_TRUE(ledger->Add(id, Entry()).ok());
        EXPECT_TRUE(ledger->View().entries.contains(id));
        if (i % 3 != 0) {
          EXPECT_TRUE(ledger->Remove(id).ok());
        }
      }
    });
  }
  // A reader that is not the agent never sees anything but a whole ledger.
  for (int i = 0; i < 200; ++i) {
    const absl::StatusOr<LedgerView> view = ReadLedger(dir_.path());
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(view->since, ledger->View().since);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(ledger->size(), size_t{kThreads * kEach / 3});
  EXPECT_EQ(Read().entries, ledger->View().entries);
  EXPECT_EQ(Read().unreadable, 0U);
}

TEST_F(LedgerTest, ItHoldsOnlySoMany) {
  // Adding them one by one would take a while; the file is taken as it is.
  std::string text = "{\"since\":1}\n";
  LedgerEntry entry;
  for (size_t i = 0; i < Ledger::kEntriesMax; ++i) {
    text += "{\"id\":\"c" + std::to_string(i) +
            "\",\"time\":1,\"expected\":" + ToJson(entry.expected) + "}\n";
  }
  WriteText(file_, text);
  const auto ledger = Open();
  ASSERT_EQ(ledger->size(), Ledger::kEntriesMax);
  EXPECT_EQ(ledger->Add("one-more", Entry()).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(ledger->Add("c7", Entry()).ok());  // known already
  ASSERT_TRUE(ledger->Remove("c8").ok());
  EXPECT_TRUE(ledger->Add("one-more", Entry()).ok());
}

}  // namespace
}  // namespace sekisho::verify

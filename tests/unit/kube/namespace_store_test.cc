#include "kube/namespace_store.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

using Json = nlohmann::json;
using policy::NamespaceTable;
using policy::PodSecurityLabels;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::string_view kEnforce = "pod-security.kubernetes.io/enforce";

Json Namespace(const std::string& name, const Json& labels = Json::object()) {
  return {{"metadata", {{"name", name}, {"labels", labels}}}};
}
Json Enforcing(const std::string& name, const std::string& level) {
  return Namespace(name, {{std::string(kEnforce), level}});
}

// Clocks that stand until a test moves them.
class NamespaceStoreTest : public ::testing::Test {
 protected:
  void List(const std::vector<Json>& objects, const std::string& version = "1") {
    store_.BeginList();
    for (const Json& object : objects) {
      ASSERT_TRUE(store_.Listed(object).ok()) << object;
    }
    store_.EndList();
    store_.Confirmed(version);
  }
  // The enforce label of every namespace, "-" where there is none: "a=baseline b=-".
  std::string Seen() const {
    std::string text;
    const policy::NamespaceView view = store_.View();
    for (const auto& [name, labels] : view.table->namespaces()) {
      text += base::StrCat(text.empty() ? "" : " ", name, "=", labels->enforce.value_or("-"));
    }
    return text;
  }

  std::chrono::nanoseconds boot_ = std::chrono::hours(5);
  sys_seconds wall_ = sys_seconds(seconds(1'800'000'000));
  NamespaceStore store_{{.since_boot = [this] { return boot_; }, .wall = [this] { return wall_; }}};
};

TEST_F(NamespaceStoreTest, BeginsEmptyAndUnconfirmed) {
  const policy::NamespaceView view = store_.View();
  ASSERT_NE(view.table, nullptr) << "null would mean that no API server is asked";
  EXPECT_TRUE(view.table->namespaces().empty());
  EXPECT_FALSE(view.synced);
  EXPECT_EQ(view.age, std::nullopt);
  EXPECT_EQ(store_.changes(), 0u);
  ASSERT_NE(store_.Copy().table, nullptr);
}

TEST_F(NamespaceStoreTest, TakesAllSixLabelsAsTheyAreWritten) {
  const Json labels = {{"pod-security.kubernetes.io/enforce", "Baseline "},
                       {"pod-security.kubernetes.io/enforce-version", "v1.34"},
                       {"pod-security.kubernetes.io/audit", ""},
                       {"pod-security.kubernetes.io/audit-version", "latest"},
                       {"pod-security.kubernetes.io/warn", "restricted"},
                       {"pod-security.kubernetes.io/warn-version", "1.34"},
                       {"pod-security.kubernetes.io/exempt", "true"},
                       {"team", "payments"}};
  List({Namespace("a", labels)});
  const NamespaceTable& table = *store_.View().table;
  ASSERT_NE(table.Find("a"), nullptr);
  EXPECT_EQ(*table.Find("a"), (PodSecurityLabels{.enforce = "Baseline ",
                                                 .enforce_version = "v1.34",
                                                 .audit = "",
                                                 .audit_version = "latest",
                                                 .warn = "restricted",
                                                 .warn_version = "1.34"}));
}

TEST_F(NamespaceStoreTest, WhatIsNoLabelSetIsNoLabels) {
  const std::vector<Json> objects = {
      {{"metadata", {{"name", "none"}}}},
      {{"metadata", {{"name", "null"}, {"labels", nullptr}}}},
      {{"metadata", {{"name", "whole"}, {"annotations", {{"a", 1}}}}}, {"spec", 7}, {"status", {}}},
  };
  List(objects);
  EXPECT_EQ(Seen(), "none=- null=- whole=-");
}

TEST_F(NamespaceStoreTest, CutsAValueThatIsLongerThanAnyLabel) {
  struct Row {
    const char* name;
    std::string value;
    std::string kept;
  };
  const std::array<Row, 4> rows = {{
      {"the longest that is kept", std::string(256, 'x'), std::string(256, 'x')},
      {"one more", std::string(257, 'x'), std::string(256, 'x')},
      {"a megabyte", std::string(1 << 20, 'x'), std::string(256, 'x')},
      {"not inside a character", std::string(255, 'x') + "\u00e9\u00e9", std::string(255, 'x')},
  }};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    List({Enforcing("a", row.value)});
    EXPECT_EQ(store_.View().table->Find("a")->enforce, row.kept);
  }
}

TEST_F(NamespaceStoreTest, RefusesWhatIsNoNamespace) {
  struct Row {
    const char* name;
    Json object;
    std::string message;
  };
  const std::string key(kEnforce);
  const std::vector<Row> rows = {
      {"null", nullptr, "a namespace without metadata.name"},
      {"a text", "namespace", "a namespace without metadata.name"},
      {"a list", Json::array({1}), "a namespace without metadata.name"},
      {"nothing in it", Json::object(), "a namespace without metadata.name"},
      {"metadata is a number", {{"metadata", 1}}, "a namespace without metadata.name"},
      {"name is a number", {{"metadata", {{"name", 1}}}}, "a namespace without metadata.name"},
      {"an empty name", Namespace(""), "a namespace with a name of 0 bytes, where 1 to 253 can be"},
      {"a long name", Namespace(std::string(254, 'n')),
       "a namespace with a name of 254 bytes, where 1 to 253 can be"},
      {"labels are a list", Namespace("a", Json::array()),
       "namespace \"a\": metadata.labels is no object"},
      {"a label is a number", Namespace("a\n", {{key, 1}}),
       "namespace \"a\\x0a\": the label pod-security.kubernetes.io/enforce is no text"},
      {"a label is null", Namespace("a", {{key, nullptr}}),
       "namespace \"a\": the label pod-security.kubernetes.io/enforce is no text"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    store_.BeginList();
    const absl::Status listed = store_.Listed(row.object);
    EXPECT_EQ(listed.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(listed.message(), row.message);
    EXPECT_EQ(store_.Changed(row.object), listed);
    store_.AbandonList();
  }
  // What goes away needs a name and nothing else.
  EXPECT_FALSE(store_.Deleted(Json::object()).ok());
  EXPECT_TRUE(store_.Deleted(Namespace("a", {{key, 1}})).ok());
  store_.Confirmed("1");
  EXPECT_EQ(Seen(), "");
}

TEST_F(NamespaceStoreTest, AListIsSeenAsAWholeAtConfirmed) {
  List({Enforcing("a", "baseline")});
  store_.BeginList();
  ASSERT_TRUE(store_.Listed(Enforcing("b", "restricted")).ok());
  EXPECT_EQ(Seen(), "a=baseline");
  ASSERT_TRUE(store_.Listed(Namespace("c")).ok());
  store_.EndList();
  EXPECT_EQ(Seen(), "a=baseline");
  store_.Confirmed("2");
  EXPECT_EQ(Seen(), "b=restricted c=-");
}

TEST_F(NamespaceStoreTest, AnAbandonedListLeavesNoTrace) {
  List({Enforcing("a", "baseline")});
  store_.BeginList();
  ASSERT_TRUE(store_.Listed(Enforcing("a", "privileged")).ok());
  ASSERT_TRUE(store_.Listed(Enforcing("b", "privileged")).ok());
  store_.AbandonList();
  EXPECT_FALSE(store_.Listed(Enforcing("c", "privileged")).ok()) << "no list has begun";
  store_.EndList();
  store_.Confirmed("2");
  EXPECT_EQ(Seen(), "a=baseline");
  EXPECT_EQ(store_.changes(), 1u);

  store_.BeginList();
  ASSERT_TRUE(store_.Listed(Enforcing("b", "privileged")).ok());
  store_.BeginList();  // without an end of the one before
  ASSERT_TRUE(store_.Listed(Enforcing("d", "privileged")).ok());
  store_.EndList();
  store_.Confirmed("3");
  EXPECT_EQ(Seen(), "d=privileged");
}

TEST_F(NamespaceStoreTest, ChangesAreSeenTogetherAtConfirmed) {
  List({Enforcing("a", "baseline"), Enforcing("b", "baseline")});
  ASSERT_TRUE(store_.Changed(Enforcing("a", "restricted")).ok());
  ASSERT_TRUE(store_.Changed(Enforcing("c", "privileged")).ok());
  ASSERT_TRUE(store_.Deleted(Namespace("b")).ok());
  EXPECT_EQ(Seen(), "a=baseline b=baseline");
  EXPECT_EQ(store_.changes(), 1u);
  store_.Confirmed("2");
  EXPECT_EQ(Seen(), "a=restricted c=privileged");
  EXPECT_EQ(store_.changes(), 2u);
}

TEST_F(NamespaceStoreTest, TheLastOfSeveralChangesCounts) {
  List({Enforcing("a", "baseline")});
  ASSERT_TRUE(store_.Deleted(Namespace("a")).ok());
  ASSERT_TRUE(store_.Changed(Enforcing("a", "restricted")).ok());
  ASSERT_TRUE(store_.Changed(Enforcing("new", "baseline")).ok());
  ASSERT_TRUE(store_.Deleted(Namespace("new")).ok());
  ASSERT_TRUE(store_.Deleted(Namespace("never-heard-of")).ok());
  store_.Confirmed("2");
  EXPECT_EQ(Seen(), "a=restricted");
}

TEST_F(NamespaceStoreTest, AListPutsEarlierChangesAsideAndLaterOnesCount) {
  List({Enforcing("a", "baseline"), Enforcing("b", "baseline")});
  ASSERT_TRUE(store_.Changed(Enforcing("a", "privileged")).ok());  // never confirmed
  store_.BeginList();
  ASSERT_TRUE(store_.Listed(Enforcing("a", "restricted")).ok());
  store_.EndList();
  ASSERT_TRUE(store_.Changed(Enforcing("c", "restricted")).ok());
  ASSERT_TRUE(store_.Deleted(Namespace("b")).ok());
  store_.Confirmed("2");
  EXPECT_EQ(Seen(), "a=restricted c=restricted");
}

TEST_F(NamespaceStoreTest, OnlyAnotherContentCountsAsAChange) {
  List({Enforcing("a", "baseline"), Namespace("b")});
  EXPECT_EQ(store_.changes(), 1u);
  const auto table = store_.View().table;

  List({Namespace("b"), Enforcing("a", "baseline")}, "2");
  EXPECT_EQ(store_.changes(), 1u) << "the same list";
  ASSERT_TRUE(store_.Changed(Enforcing("a", "baseline")).ok());
  store_.Confirmed("3");
  EXPECT_EQ(store_.changes(), 1u) << "the same labels (an annotation has changed)";
  ASSERT_TRUE(store_.Changed(Enforcing("a", "restricted")).ok());
  ASSERT_TRUE(store_.Changed(Enforcing("a", "baseline")).ok());
  store_.Confirmed("4");
  EXPECT_EQ(store_.changes(), 1u) << "there and back";
  ASSERT_TRUE(store_.Deleted(Namespace("c")).ok());
  store_.Confirmed("5");
  EXPECT_EQ(store_.changes(), 1u) << "nothing was deleted";
  EXPECT_EQ(store_.View().table, table) << "not even copied";
  EXPECT_EQ(store_.Copy().resource_version, "5");

  ASSERT_TRUE(store_.Changed(Enforcing("a", "")).ok());
  store_.Confirmed("6");
  EXPECT_EQ(store_.changes(), 2u);
  ASSERT_TRUE(store_.Changed(Namespace("a")).ok());
  store_.Confirmed("7");
  EXPECT_EQ(store_.changes(), 3u) << "an empty label is another thing than none";
}

TEST_F(NamespaceStoreTest, NamespacesWithTheSameLabelsShareThem) {
  List({Enforcing("a", "baseline"), Enforcing("b", "baseline"), Enforcing("c", "restricted")});
  ASSERT_TRUE(store_.Changed(Enforcing("c", "baseline")).ok());
  store_.Confirmed("2");
  const NamespaceTable& table = *store_.View().table;
  EXPECT_EQ(table.Find("a"), table.Find("b"));
  EXPECT_EQ(table.Find("a"), table.Find("c"));
}

TEST_F(NamespaceStoreTest, LabelsThatNoNamespaceHasAnyMoreAreFreed) {
  List({Enforcing("a", "baseline"), Enforcing("b", "restricted")});
  std::weak_ptr<const PodSecurityLabels> old = store_.View().table->namespaces().at("b");
  ASSERT_FALSE(old.expired());
  ASSERT_TRUE(store_.Changed(Enforcing("b", "baseline")).ok());
  store_.Confirmed("2");
  EXPECT_TRUE(old.expired());
}

TEST_F(NamespaceStoreTest, ATableThatWasTakenStaysAsItIs) {
  List({Enforcing("a", "baseline")});
  const policy::NamespaceView view = store_.View();
  ASSERT_TRUE(store_.Changed(Enforcing("a", "restricted")).ok());
  store_.Confirmed("2");
  EXPECT_EQ(view.table->Find("a")->enforce, "baseline");
  EXPECT_EQ(Seen(), "a=restricted");
}

TEST_F(NamespaceStoreTest, ThereIsAnEndToHowManyThereCanBe) {
  store_.BeginList();
  absl::Status status;
  int taken = 0;
  for (; status.ok() && taken < 200'000; ++taken) {
    status = store_.Listed(Namespace(base::StrCat("n", taken)));
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(taken, 100'001);
  store_.AbandonList();

  status = absl::OkStatus();
  for (taken = 0; status.ok() && taken < 200'000; ++taken) {
    status = store_.Changed(Namespace(base::StrCat("n", taken)));
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(taken, 100'001);
  EXPECT_TRUE(store_.Changed(Enforcing("n0", "baseline")).ok()) << "one that is known";
}

// --- ages

TEST_F(NamespaceStoreTest, AgeIsCountedFromEachConfirmation) {
  List({Namespace("a")});
  EXPECT_TRUE(store_.View().synced);
  EXPECT_EQ(store_.View().age, seconds(0));
  boot_ += std::chrono::milliseconds(1'999);
  EXPECT_EQ(store_.View().age, seconds(1));
  boot_ += seconds(600);
  wall_ -= std::chrono::hours(1'000);
  EXPECT_EQ(store_.View().age, seconds(601)) << "whatever the wall clock says";
  store_.Confirmed("2");
  EXPECT_EQ(store_.View().age, seconds(0));
}

TEST_F(NamespaceStoreTest, ARestoredCopyIsAsOldAsItWasAndNotSynced) {
  const auto table = std::make_shared<const NamespaceTable>(NamespaceTable::Map{
      {"a", std::make_shared<const PodSecurityLabels>(PodSecurityLabels{.enforce = "baseline"})}});
  const sys_seconds confirmed = wall_ - seconds(90);
  store_.Restore({.table = table, .resource_version = "77", .confirmed = confirmed});
  EXPECT_EQ(store_.View().table, table);
  EXPECT_FALSE(store_.View().synced);
  EXPECT_EQ(store_.View().age, seconds(90));
  EXPECT_EQ(store_.changes(), 1u);
  EXPECT_EQ(store_.Copy().resource_version, "77");
  EXPECT_EQ(store_.Copy().confirmed, confirmed);

  boot_ += seconds(10);
  wall_ += std::chrono::hours(24 * 365);
  EXPECT_EQ(store_.View().age, seconds(100)) << "the wall clock's jumps do not matter any more";
  EXPECT_EQ(store_.Copy().confirmed, confirmed) << "nothing was confirmed since";

  // The server takes a watch from the restored version: nothing has changed.
  store_.Confirmed("77");
  EXPECT_TRUE(store_.View().synced);
  EXPECT_EQ(store_.View().age, seconds(0));
  EXPECT_EQ(store_.View().table, table);
  EXPECT_EQ(store_.changes(), 1u);
  EXPECT_EQ(store_.Copy().confirmed, wall_);

  ASSERT_TRUE(store_.Changed(Enforcing("b", "baseline")).ok());
  store_.Confirmed("78");
  EXPECT_EQ(Seen(), "a=baseline b=baseline");
  EXPECT_EQ(store_.View().table->Find("a"), store_.View().table->Find("b")) << "shared, too";
}

TEST_F(NamespaceStoreTest, AClockThatCannotBeBelievedGivesNoAge) {
  struct Row {
    const char* name;
    seconds ago;
    std::optional<seconds> age;
  };
  const seconds century = std::chrono::hours(24 * 365 * 100);
  const std::array<Row, 5> rows = {{
      {"now", seconds(0), seconds(0)},
      {"before the machine was started", std::chrono::hours(30), std::chrono::hours(30)},
      {"a second in the future", seconds(-1), std::nullopt},
      {"the end of time", -std::chrono::hours(24 * 365 * 5'000), std::nullopt},
      {"the year 1: the longest age there is", std::chrono::hours(24 * 365 * 2'025), century},
  }};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    NamespaceStore store(
        {.since_boot = [this] { return boot_; }, .wall = [this] { return wall_; }});
    store.Restore({.table = std::make_shared<const NamespaceTable>(),
                   .resource_version = "1",
                   .confirmed = wall_ - row.ago});
    EXPECT_EQ(store.View().age, row.age);
    boot_ += seconds(5);
    EXPECT_EQ(store.View().age.has_value(), row.age.has_value()) << "time alone makes none";
    store.Confirmed("1");
    EXPECT_EQ(store.View().age, seconds(0));
  }
}

TEST(NamespaceClocks, AreThoseOfTheSystem) {
  const Clocks clocks = Clocks::System();
  const std::chrono::nanoseconds boot = clocks.since_boot();
  EXPECT_GT(boot, std::chrono::nanoseconds(0));
  EXPECT_GE(clocks.since_boot(), boot);
  const auto apart = std::chrono::system_clock::now() - clocks.wall();
  EXPECT_LT(std::chrono::abs(apart), seconds(60));
}

// --- threads

// Every table that a reader sees is one that was confirmed: all namespaces have the same labels.
TEST(NamespaceStoreThreads, ReadersSeeWholeTablesOnly) {
  constexpr int kNamespaces = 50;
  constexpr int kRounds = 200;
  NamespaceStore store;
  std::atomic<bool> is_done = false;
  std::atomic<uint64_t> mixed = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&store, &is_done, &mixed] {
      while (!is_done) {
        const policy::NamespaceView view = store.View();
        std::set<std::string> levels;
        for (const auto& [name, labels] : view.table->namespaces()) {
          levels.insert(labels->enforce.value_or(""));
        }
        mixed += levels.size() > 1 || (view.synced && !view.age.has_value()) ? 1 : 0;
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    const bool is_list = round % 10 == 0;
    if (is_list) {
      store.BeginList();
    }
    for (int i = 0; i < kNamespaces; ++i) {
      const Json object = Enforcing(base::StrCat("n", i), base::StrCat("level", round));
      ASSERT_TRUE((is_list ? store.Listed(object) : store.Changed(object)).ok());
    }
    if (is_list) {
      store.EndList();
    }
    store.Confirmed(std::to_string(round));
  }
  is_done = true;
  for (std::thread& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(mixed, 0u);
  EXPECT_EQ(store.changes(), static_cast<uint64_t>(kRounds));
}

}  // namespace
}  // namespace sekisho::kube

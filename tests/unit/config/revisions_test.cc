// `revision` and `replacesRevision`, and what a node remembers of them.
#include "config/revisions.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/sha256.h"
#include "support/text_file.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ReadText;

class RevisionKeys : public ConfigFiles {};

TEST_F(RevisionKeys, AreReadFromTheMainFile) {
  const auto none = LoadPolicyText(std::string(kPolicyHeader));
  ASSERT_THAT(Texts(none.errors), IsEmpty());
  EXPECT_EQ(none.value.revision, std::nullopt);
  EXPECT_EQ(none.value.replaces_revision, std::nullopt);
  EXPECT_EQ(none.value.revision_where, Location());

  const auto both =
      LoadPolicyText(std::string(kPolicyHeader) + "revision: 7\nreplacesRevision: 9\n");
  ASSERT_THAT(Texts(both.errors), IsEmpty());
  EXPECT_EQ(both.value.revision, 7);
  EXPECT_EQ(both.value.replaces_revision, 9);
  EXPECT_EQ(both.value.revision_where, (Location{4, 11}));

  const auto most = LoadPolicyText(std::string(kPolicyHeader) + "revision: 9007199254740992\n");
  EXPECT_EQ(most.value.revision, int64_t{1} << 53);
}

TEST_F(RevisionKeys, WrongOnes) {
  for (const std::string key : {"revision", "replacesRevision"}) {
    const std::string at = "policy.yaml:4:" + std::to_string(key.size() + 3) + ": " + key + ": ";
    const std::string wanted = "expected a whole number from 1 to 9007199254740992, found ";
    struct Row {
      std::string value;
      std::string error;
    };
    const std::vector<Row> rows = {
        {"0", at + wanted + "\"0\""},
        {"-1", at + wanted + "\"-1\""},
        {"1.0", at + wanted + "\"1.0\""},
        {"07", at + wanted + "\"07\""},
        {"latest", at + wanted + "\"latest\""},
        {"9007199254740993", at + wanted + "\"9007199254740993\""},
        {"99999999999999999999", at + wanted + "\"99999999999999999999\""},
        {"\"7\"", at + wanted + "quoted text (remove the quotes)"},
        {"[7]", at + "expected a single value, found a list"},
    };
    for (const Row& row : rows) {
      EXPECT_THAT(
          Texts(LoadPolicyText(std::string(kPolicyHeader) + key + ": " + row.value + "\n").errors),
          ElementsAre(row.error))
          << row.value;
    }
  }
}

class RevisionsTest : public ConfigFiles {
 protected:
  // A policy with these lines behind the header, under this name.
  Snapshot Policy(const std::string& lines, const std::string& name = "policy.yaml") {
    Write(name, std::string(kPolicyHeader) + lines);
    config_.policy_file = Path(name);
    LoadResult<Snapshot> result = Load();
    EXPECT_THAT(Texts(result.errors), IsEmpty());
    return std::move(result.value);
  }
  Snapshot At(int64_t revision, const std::string& name = "policy.yaml") {
    return Policy("revision: " + std::to_string(revision) + "\n", name);
  }
  // "" when it may come into force.
  std::string WhyNot(const Snapshot& snapshot) const {
    const std::optional<Diagnostic> why = Revisions(Path("state")).WhyNot(snapshot);
    return why.has_value() ? Texts({*why}).front() : "";
  }
  void Record(const Snapshot& snapshot) const {
    const absl::Status status = Revisions(Path("state")).Record(snapshot);
    EXPECT_TRUE(status.ok()) << status;
  }
  static std::string WithDigest(const std::string& lines) {
    return base::Sha256Hex(lines) + "\n" + lines;
  }
  std::string Kept() const { return ReadText(Path("state/policy-revisions")); }
};

TEST_F(RevisionsTest, AnUnknownNodeTakesWhateverComes) {
  EXPECT_EQ(WhyNot(At(1)), "");
  EXPECT_EQ(WhyNot(At(1000)), "");
  EXPECT_EQ(WhyNot(Policy("")), "");
  // Asking leaves nothing behind.
  EXPECT_FALSE(std::filesystem::exists(Path("state")));
}

TEST_F(RevisionsTest, ForwardAndEqualAreTakenAndBackIsNot) {
  Record(At(7));
  EXPECT_EQ(Kept(), WithDigest("7 policy.yaml\n"));
  EXPECT_EQ(WhyNot(At(8)), "");
  EXPECT_EQ(WhyNot(At(7)), "");
  EXPECT_EQ(WhyNot(At(6)),
            "policy.yaml:4:11: revision: goes back to 6: 7 was in force on this node (raise it "
            "above 7, or add replacesRevision: 7 to go back on purpose)");
  EXPECT_EQ(WhyNot(At(1)),
            "policy.yaml:4:11: revision: goes back to 1: 7 was in force on this node (raise it "
            "above 7, or add replacesRevision: 7 to go back on purpose)");
  Record(At(8));
  EXPECT_EQ(Kept(), WithDigest("8 policy.yaml\n"));
  EXPECT_NE(WhyNot(At(7)), "");
}

TEST_F(RevisionsTest, LeavingTheRevisionOutIsGoingBack) {
  Record(At(7));
  EXPECT_EQ(WhyNot(Policy("")),
            "policy.yaml: revision: is missing: 7 was in force on this node (give one above 7, or "
            "remove state/policy-revisions on the node)");
  // It takes the place of 7, but is itself nothing that could be compared.
  EXPECT_EQ(WhyNot(Policy("replacesRevision: 7\n")),
            "policy.yaml: revision: is missing: 7 was in force on this node (give one above 7, or "
            "remove state/policy-revisions on the node)");
}

TEST_F(RevisionsTest, ReplacesRevisionGoesBackOnceAndNoFurther) {
  Record(At(7));
  EXPECT_NE(WhyNot(Policy("revision: 5\nreplacesRevision: 6\n")), "");
  const Snapshot back = Policy("revision: 5\nreplacesRevision: 7\n");
  EXPECT_EQ(WhyNot(back), "");
  Record(back);
  EXPECT_EQ(Kept(), WithDigest("5 policy.yaml\n"));
  // The same file at the next start and reload.
  EXPECT_EQ(WhyNot(back), "");
  Record(back);
  EXPECT_EQ(WhyNot(At(4)),
            "policy.yaml:4:11: revision: goes back to 4: 5 was in force on this node (raise it "
            "above 5, or add replacesRevision: 5 to go back on purpose)");
  // Once 8 was in force, the permission to replace 7 is spent.
  Record(At(8));
  EXPECT_EQ(WhyNot(Policy("revision: 5\nreplacesRevision: 7\n")),
            "policy.yaml:4:11: revision: goes back to 5: 8 was in force on this node (raise it "
            "above 8, or add replacesRevision: 8 to go back on purpose)");
  // A bound that is higher than need be holds as well.
  EXPECT_EQ(WhyNot(Policy("revision: 5\nreplacesRevision: 100\n")), "");
}

TEST_F(RevisionsTest, EveryMainFileHasItsOwn) {
  Record(At(7));
  Record(At(3, "policy.group.gpu.yaml"));
  Record(At(900, "policy.node.a b.yaml"));
  EXPECT_EQ(Kept(),
            WithDigest("3 policy.group.gpu.yaml\n900 policy.node.a b.yaml\n7 policy.yaml\n"));
  EXPECT_EQ(WhyNot(At(3, "policy.group.gpu.yaml")), "");
  EXPECT_NE(WhyNot(At(2, "policy.group.gpu.yaml")), "");
  EXPECT_EQ(WhyNot(At(1, "policy.node.other.yaml")), "");
  EXPECT_EQ(WhyNot(Policy("", "policy.node.other.yaml")), "");
  EXPECT_NE(WhyNot(At(899, "policy.node.a b.yaml")), "");
  EXPECT_NE(WhyNot(At(6)), "");
}

// The name counts and not the directory: a ConfigMap may be mounted elsewhere after an upgrade.
TEST_F(RevisionsTest, AnotherDirectoryIsTheSameFile) {
  Record(At(7));
  MakeDirectory("elsewhere");
  EXPECT_EQ(WhyNot(At(6, "elsewhere/policy.yaml")),
            "elsewhere/policy.yaml:4:11: revision: goes back to 6: 7 was in force on this node "
            "(raise it above 7, or add replacesRevision: 7 to go back on purpose)");
}

TEST_F(RevisionsTest, APolicyWithoutARevisionLeavesNoTrace) {
  Record(Policy(""));
  EXPECT_FALSE(std::filesystem::exists(Path("state")));
}

TEST_F(RevisionsTest, TheDirectoryIsMadeForRootAloneAndSoIsTheFile) {
  Record(At(7));
  EXPECT_EQ(std::filesystem::status(Path("state")).permissions(), std::filesystem::perms(0700));
  EXPECT_EQ(std::filesystem::status(Path("state/policy-revisions")).permissions(),
            std::filesystem::perms(0600));
}

TEST_F(RevisionsTest, TheFileIsReplacedAsAWhole) {
  Record(At(7));
  // Whoever has the old one open still has all of it, and no other name is left over.
  std::ifstream before(Path("state/policy-revisions"));
  Record(At(8));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(before), {}), WithDigest("7 policy.yaml\n"));
  EXPECT_EQ(Kept(), WithDigest("8 policy.yaml\n"));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(Path("state"))) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ElementsAre("policy-revisions"));
}

TEST_F(RevisionsTest, WhatIsKeptAlreadyIsNotWrittenAgain) {
  Record(At(7));
  const auto file = [this] { return Path("state/policy-revisions"); };
  // The file's place on disk stays as long as nobody replaces it.
  std::filesystem::create_hard_link(file(), Path("same"));
  Record(At(7));
  EXPECT_TRUE(std::filesystem::equivalent(file(), Path("same")));
  Record(At(8));
  EXPECT_FALSE(std::filesystem::equivalent(file(), Path("same")));
}

TEST_F(RevisionsTest, ADamagedFileIsAnErrorThatNamesTheWayOut) {
  MakeDirectory("state");
  const Snapshot policy = At(7);
  struct Row {
    std::string text;
    std::string line;
  };
  const std::vector<Row> rows = {
      {"x policy.yaml\n", "x policy.yaml"},
      {"7 policy.yaml\n\n", ""},
      {"7\n", "7"},
      {"7 \n", "7 "},
      {"0 policy.yaml\n", "0 policy.yaml"},
      {"-7 policy.yaml\n", "-7 policy.yaml"},
      {"7:policy.yaml\n", "7:policy.yaml"},
      {"6 a.yaml\n7policy.yaml", "7policy.yaml"},
      {"99999999999999999999 policy.yaml\n", "99999999999999999999 policy.yaml"},
  };
  for (const Row& row : rows) {
    Write("state/policy-revisions", row.text);
    EXPECT_EQ(WhyNot(policy),
              "policy.yaml:4:11: revision: cannot be compared with the one that was in force: "
              "state/policy-revisions: \"" +
                  row.line + "\" is no revision and name (mend or remove state/policy-revisions)");
    // What cannot be read is not written over.
    EXPECT_FALSE(Revisions(Path("state")).Record(policy).ok());
    EXPECT_EQ(Kept(), row.text);
  }
  // A policy without a revision does not slip by.
  EXPECT_THAT(WhyNot(Policy("")), HasSubstr("policy.yaml: revision: cannot be compared"));
  // Who mends it by hand makes no digest, and an end without a line feed is whole enough.
  Write("state/policy-revisions", "7 policy.yaml");
  EXPECT_EQ(WhyNot(At(7)), "");
  EXPECT_NE(WhyNot(At(6)), "");
}

// A disk that lost or changed a part of it must not make the node forget.
TEST_F(RevisionsTest, NoPartOfTheFileCanBeMissingOrAnotherOne) {
  Record(At(7));
  const std::string whole = Kept();
  for (size_t size = 0; size < whole.size(); ++size) {
    Write("state/policy-revisions", whole.substr(0, size));
    EXPECT_NE(WhyNot(At(6)), "") << size;
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int bit : {1, 64}) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ bit);
      Write("state/policy-revisions", flipped);
      EXPECT_NE(WhyNot(At(6)), "") << at;
    }
  }
  Write("state/policy-revisions", whole);
  EXPECT_EQ(WhyNot(At(7)), "");
}

TEST_F(RevisionsTest, AFileThatOthersCouldHaveWrittenIsNotBelieved) {
  Record(At(7));
  std::filesystem::permissions(Path("state/policy-revisions"), std::filesystem::perms(0666));
  EXPECT_THAT(WhyNot(At(8)), HasSubstr("others than its owner may write it"));
  if (::geteuid() == 0) {
    std::filesystem::permissions(Path("state/policy-revisions"), std::filesystem::perms(0600));
    ASSERT_EQ(::chown(Path("state/policy-revisions").c_str(), 65534, 65534), 0);
    EXPECT_THAT(WhyNot(At(8)), HasSubstr("belongs to user 65534"));
  }
}

TEST_F(RevisionsTest, WhatCannotBeReadIsAnError) {
  MakeDirectory("state");
  MakeDirectory("state/policy-revisions");
  EXPECT_EQ(WhyNot(At(7)),
            "policy.yaml:4:11: revision: cannot be compared with the one that was in force: "
            "state/policy-revisions: not a regular file (mend or remove state/policy-revisions)");
  std::filesystem::remove(Path("state/policy-revisions"));
  Write("state/policy-revisions", std::string((1 << 20) + 1, 'x'));
  EXPECT_THAT(WhyNot(At(7)), HasSubstr("longer than the 1048576 bytes allowed"));
}

TEST_F(RevisionsTest, WhoMayNotReadIsToldSo) {
  const Snapshot policy = At(7);
  MakeDirectory("state");
  Write("state/policy-revisions", "7 policy.yaml\n", 0000);
  constexpr uid_t kSomebody = 65534;
  const bool root = ::geteuid() == 0;
  if (root) {
    // Root may read everything.
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    ASSERT_EQ(::seteuid(kSomebody), 0);
  }
  const std::string why = WhyNot(policy);
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(why,
            "policy.yaml:4:11: revision: cannot be compared with the one that was in force: "
            "state/policy-revisions: cannot open: Permission denied (mend or remove "
            "state/policy-revisions)");
}

TEST_F(RevisionsTest, WithoutAPlaceToKeepItTheErrorNamesTheFile) {
  Write("state", "a file in place of the directory");
  const absl::Status status = Revisions(Path("state")).Record(At(7));
  EXPECT_THAT(std::string(status.message()), HasSubstr(Path("state/policy-revisions")));
  // Only the last component is made.
  EXPECT_FALSE(Revisions(Path("no/state")).Record(At(7)).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("no")));
}

}  // namespace
}  // namespace sekisho::config

// What holds of every node, whatever its files look like.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "install/kubelet_setup.h"
#include "unit/install/node_tree.h"
#include "unit/install/random_setup.h"

namespace sekisho::install {
namespace {

constexpr int kRounds = 400;

bool EndsEndpoint(char c) {
  return c == ' ' || c == '"' || c == '\'' || c == '\n' || c == '\r';
}

// Every endpoint that is the same as `endpoint`, as "<it>". Finds them by themselves, in flags or
// keys alike: by what may stand around an endpoint.
std::string Masked(const std::string& text, const std::string& endpoint) {
  std::string masked;
  for (size_t at = 0; at < text.size();) {
    const bool begins = at == 0 || EndsEndpoint(text[at - 1]) || text[at - 1] == '=';
    size_t end = at;
    while (end < text.size() && !EndsEndpoint(text[end])) {
      ++end;
    }
    if (begins && end > at && SameEndpoint(text.substr(at, end - at), endpoint)) {
      masked += "<it>";
      at = end;
    } else {
      masked += text[at++];
    }
  }
  return masked;
}

std::vector<std::string> Masked(const std::vector<std::string>& words,
                                const std::string& endpoint) {
  std::vector<std::string> masked;
  for (const std::string& word : words) {
    masked.push_back(Masked(word, endpoint));
  }
  return masked;
}

struct Outcome {
  bool added = false;
  bool refused = false;
  bool dropped_in = false;
};

// `now` is what stands where `from` stood.
void CheckFiles(const Files& before, const Files& after, const std::string& from,
                const std::string& now, bool added) {
  for (const auto& [path, text] : after) {
    if (path == kOurDropIn) {
      continue;
    }
    SCOPED_TRACE(path);
    ASSERT_TRUE(before.contains(path));
    const std::string& old = before.at(path);
    if (path == kUnit || path == kKubeadmDropIn) {
      EXPECT_EQ(text, old) << "a file that may be a package's";
    } else if (!added || path != "/c") {
      EXPECT_EQ(Masked(text, now), Masked(old, from));
    } else {
      EXPECT_NE(text, old);
    }
  }
  EXPECT_EQ(after.size(), before.size() + (after.contains(kOurDropIn) ? 1 : 0));
}

Outcome CheckOne(const RandomSetup& setup) {
  Outcome outcome;
  const NodeTree tree(setup.files);
  const absl::StatusOr<KubeletSetup> before = tree.Setup();
  EXPECT_TRUE(before.ok()) << before.status();
  if (!before.ok()) {
    return outcome;
  }
  EXPECT_EQ(before->runtime_endpoint, setup.runtime_endpoint);
  EXPECT_EQ(before->image_endpoint, setup.image_endpoint);
  const auto changes = tree.Point(setup.from, kSekisho);
  outcome.refused = !changes.ok();
  EXPECT_EQ(changes.ok(), SameEndpoint(setup.runtime_endpoint, setup.from)) << changes.status();
  if (!changes.ok()) {
    return outcome;
  }
  tree.Apply(*changes);
  const absl::StatusOr<KubeletSetup> after = tree.Setup();
  EXPECT_TRUE(after.ok()) << after.status();
  if (!after.ok()) {
    return outcome;
  }
  EXPECT_EQ(after->runtime_endpoint, kSekisho);
  EXPECT_EQ(after->image_endpoint,
            SameEndpoint(setup.image_endpoint, setup.from) ? kSekisho : setup.image_endpoint);
  std::vector<std::string> argv = Masked(after->argv, kSekisho);
  outcome.dropped_in = tree.Has(kOurDropIn);
  const bool flag_added = argv.size() > before->argv.size();
  if (flag_added) {
    EXPECT_EQ(argv[1], "--container-runtime-endpoint=<it>");
    argv.erase(argv.begin() + 1);
  }
  EXPECT_EQ(argv, Masked(before->argv, setup.from));
  outcome.added =
      flag_added || (setup.files.contains("/c") &&
                     Masked(tree.Read("/c"), kSekisho) != Masked(setup.files.at("/c"), setup.from));
  CheckFiles(setup.files, tree.All(), setup.from, kSekisho, outcome.added);

  const auto again = tree.Point(setup.from, kSekisho);
  EXPECT_TRUE(again.ok() && again->empty()) << again.status();
  const auto back = tree.Point(kSekisho, setup.from);
  EXPECT_TRUE(back.ok()) << back.status();
  if (back.ok()) {
    tree.Apply(*back);
    EXPECT_FALSE(tree.Has(kOurDropIn));
    EXPECT_TRUE(SameEndpoint(tree.Setup()->runtime_endpoint, setup.from));
    CheckFiles(setup.files, tree.All(), setup.from, setup.from, outcome.added);
  }
  return outcome;
}

std::string Shown(const RandomSetup& setup) {
  std::string text = "from " + setup.from + "\n";
  for (const auto& [path, content] : setup.files) {
    text += base::StrCat("== ", path, "\n", content, "\n");
  }
  return text;
}

TEST(PointKubeletPropertyTest, HoldsForRandomNodes) {
  SetupGenerator generator(20'240'601);
  int added = 0;
  int refused = 0;
  int dropped_in = 0;
  for (int round = 0; round < kRounds && !::testing::Test::HasFailure(); ++round) {
    const RandomSetup setup = generator.Next();
    SCOPED_TRACE(base::StrCat("round ", round, "\n", Shown(setup)));
    const Outcome outcome = CheckOne(setup);
    added += outcome.added ? 1 : 0;
    refused += outcome.refused ? 1 : 0;
    dropped_in += outcome.dropped_in ? 1 : 0;
  }
  // The nodes are of every sort.
  EXPECT_GT(added, kRounds / 20);
  EXPECT_GT(refused, kRounds / 50);
  EXPECT_GT(dropped_in, kRounds / 5);
  EXPECT_LT(dropped_in, kRounds * 9 / 10);
}

}  // namespace
}  // namespace sekisho::install

#include "install/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "install/kubelet_flags.h"

namespace sekisho::install {
namespace {

using ::testing::HasSubstr;

constexpr char kPath[] = "/usr/bin/kubelet";

absl::StatusOr<std::vector<std::string>> Argv(std::string_view exec_start) {
  const absl::StatusOr<ExecCommand> command = ParseExecCommand(TracedText::Untraced(exec_start));
  if (!command.ok()) {
    return command.status();
  }
  EXPECT_EQ(command->path, kPath);
  const std::map<std::string, std::string> values = {
      {"ONE", "1"}, {"TWO", " a  'b c' "}, {"EMPTY", ""}, {"ESC", "a\\ b \\\"c"}, {"OPEN", "'a"}};
  Environment environment;
  for (const auto& [name, value] : values) {
    environment[name] = TracedText::Untraced(value);
  }
  const absl::StatusOr<std::vector<TracedText>> argv =
      ExpandVariables(*command, environment, {"OUTSIDE"});
  if (!argv.ok()) {
    return argv.status();
  }
  std::vector<std::string> words;
  for (const TracedText& word : *argv) {
    words.push_back(word.text());
  }
  return words;
}

struct Row {
  const char* why;
  std::string_view exec_start;
  std::vector<std::string> want;
};

TEST(CommandLineTest, IsTakenApartAsSystemdDoes) {
  const std::vector<Row> rows = {
      {"words", "/usr/bin/kubelet  --a\t--b ", {kPath, "--a", "--b"}},
      {"prefixes", "-+/usr/bin/kubelet --a", {kPath, "--a"}},
      {"the name of its own", "@/usr/bin/kubelet kube --a", {"kube", "--a"}},
      {"both prefixes", "-@/usr/bin/kubelet kube --a", {"kube", "--a"}},
      {"quotes",
       "/usr/bin/kubelet \"a b\" 'c \"d' e\"f g\"h ''",
       {kPath, "a b", "c \"d", "ef gh", ""}},
      {"a quoted path", "\"/usr/bin/kubelet\" a", {kPath, "a"}},
      {"escapes",
       R"(/usr/bin/kubelet a\sb "c\"d" 'e\'f' g\\h \x2dx \055y i\tj)",
       {kPath, "a b", "c\"d", "e'f", "g\\h", "-x", "-y", "i\tj"}},
      {"percent signs", "/usr/bin/kubelet a%%b 5%,6% %%H", {kPath, "a%b", "5%,6%", "%H"}},
      {"a variable in a word", "/usr/bin/kubelet x${ONE}y${TWO}z", {kPath, "x1y a  'b c' z"}},
      {"a variable that gives words", "/usr/bin/kubelet $TWO $ONE", {kPath, "a", "b c", "1"}},
      {"no words of an empty or unknown variable", "/usr/bin/kubelet $EMPTY $NONE", {kPath}},
      {"but an empty word", "/usr/bin/kubelet ${EMPTY} ${NONE}", {kPath, "", ""}},
      {"escapes in a variable's words", "/usr/bin/kubelet $ESC", {kPath, "a b", "\"c"}},
      {"$$ is a dollar", "/usr/bin/kubelet $$ONE a$${ONE} b$$", {kPath, "$ONE", "a${ONE}", "b$"}},
      {"$NAME inside a word is no variable", "/usr/bin/kubelet a$ONE b$", {kPath, "a$ONE", "b$"}},
      {"no variables after :", ":/usr/bin/kubelet $ONE ${TWO} $$", {kPath, "$ONE", "${TWO}", "$$"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    const absl::StatusOr<std::vector<std::string>> got = Argv(row.exec_start);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(*got, row.want);
  }
}

TEST(CommandLineTest, RefusesWhatItDoesNotKnow) {
  const std::vector<std::pair<std::string_view, const char*>> rows = {
      {" ", "no command"},
      {"@/usr/bin/kubelet", "the prefix @ without a name"},
      {"-", "the program's path is not written out"},
      {"${ONE}/kubelet", "the program's path is not written out"},
      {"/usr/bin/kubelet a ; b", "more than one command"},
      {"/usr/bin/kubelet 'a", "a quote ' is never closed"},
      {"/usr/bin/kubelet a\\", "ends in a backslash"},
      {"/usr/bin/kubelet a\\q", "the escape \\q"},
      {"/usr/bin/kubelet a\\x4", "the escape \\x"},
      {"/usr/bin/kubelet a\\x00", "the escape \\x"},
      {"/usr/bin/kubelet a\\u0041", "the escape \\u"},
      {"/usr/bin/kubelet a\\400", "the escape \\4"},
      {"/usr/bin/kubelet %i", "the specifier %i"},
      {"/usr/bin/kubelet %%%n", "the specifier %n"},
      {"/usr/bin/kubelet ${ONE", "${ is never closed"},
      {"/usr/bin/kubelet ${ONE:-2}", "\"ONE:-2\" is not the name of a variable"},
      {"/usr/bin/kubelet $ONE/x", "\"ONE/x\" is not the name of a variable"},
      {"/usr/bin/kubelet $", "\"\" is not the name of a variable"},
      {"/usr/bin/kubelet $OPEN", "a quote ' is never closed"},
      {"/usr/bin/kubelet $OUTSIDE", "the value of $OUTSIDE is not in the unit's files"},
      {"/usr/bin/kubelet a${OUTSIDE}", "the value of $OUTSIDE is not in the unit's files"},
  };
  for (const auto& [exec_start, message] : rows) {
    SCOPED_TRACE(exec_start);
    const absl::StatusOr<std::vector<std::string>> got = Argv(exec_start);
    ASSERT_FALSE(got.ok());
    EXPECT_THAT(std::string(got.status().message()), HasSubstr(message));
  }
}

// "flag value" of every use, or the error.
std::vector<std::string> Flags(const std::vector<std::string>& words) {
  std::vector<TracedText> traced;
  for (const std::string& word : words) {
    traced.push_back(TracedText::Untraced(word));
  }
  const absl::StatusOr<std::vector<FlagUse>> uses = FindFlags(traced);
  if (!uses.ok()) {
    return {"error: " + std::string(uses.status().message())};
  }
  std::vector<std::string> found;
  for (const FlagUse& use : *uses) {
    found.push_back(std::string(use.flag) + " " + use.value.text());
    EXPECT_TRUE(words[use.word].ends_with(use.value.text()));
  }
  return found;
}

TEST(KubeletFlagsTest, AreFoundAsTheKubeletFindsThem) {
  struct FlagRow {
    std::vector<std::string> words;
    std::vector<std::string> want;
  };
  const std::vector<FlagRow> rows = {
      {{}, {}},
      {{"--config=/c", "--config-dir=/d"}, {"--config /c", "--config-dir /d"}},
      {{"--config", "/c", "--v", "2"}, {"--config /c"}},
      {{"--container_runtime_endpoint=unix:///a_b"}, {"--container-runtime-endpoint unix:///a_b"}},
      {{"--image-service-endpoint", "--x"}, {"--image-service-endpoint --x"}},
      {{"--config=a=b", "--config="}, {"--config a=b", "--config "}},
      {{"--node-labels", "--v=2", "--config=/c"}, {"--config /c"}},
      {{"--fail-swap-on", "--config=/c", "-v2", "--config=/d"}, {"--config /c", "--config /d"}},
      {{"--oom-score-adj", "-999", "--config=/c"}, {"--config /c"}},
      {{"-v", "2", "-h", "--config=/c"}, {"--config /c"}},
      {{"--node-labels=--config=/c", "--configuration=/x"}, {}},
  };
  for (const FlagRow& row : rows) {
    EXPECT_EQ(Flags(row.words), row.want) << ::testing::PrintToString(row.words);
  }
}

TEST(KubeletFlagsTest, RefusesWhatNoKubeletStartsWithOrIsUnclear) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> rows = {
      {{"run"}, "\"run\" is neither a flag nor a flag's value"},
      {{"--v=2", ""}, "\"\" is neither"},
      {{"--fail-swap-on", "false"}, "\"false\" is neither"},
      {{"--", "--config=/c"}, "\"--\" ends the flags"},
      {{"-config=/c"}, "one dash where the kubelet takes two"},
      {{"-container-runtime-endpoint", "x"}, "one dash where the kubelet takes two"},
      {{"--config"}, "--config without a value"},
      {{"--node-labels", "--config=/c"}, "cannot tell whether \"--config=/c\" is the value"},
      {{"-v", "--config=/c"}, "cannot tell whether"},
  };
  for (const auto& [words, message] : rows) {
    EXPECT_THAT(Flags(words), ::testing::ElementsAre(HasSubstr(message)));
  }
}

}  // namespace
}  // namespace sekisho::install

#include "install/environment_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::install {
namespace {

using ::testing::HasSubstr;

struct Row {
  const char* why;
  std::string_view text;
  std::vector<std::string> want;  // "NAME=value"
};

TEST(EnvironmentFileTest, ReadsAsSystemdDoes) {
  const std::vector<Row> rows = {
      {"nothing", "\n\n", {}},
      {"no newline at the end", "A=1", {"A=1"}},
      {"blanks around name and value", "  A =\t 1 2 \t\nB= \n", {"A=1 2", "B="}},
      {"comments", "#A=1\n ;A=2\nA=3 # kept\n", {"A=3 # kept"}},
      {"lines without =", "A\nB=1\nC", {"B=1"}},
      {"both of one name, in order", "A=1\nA=2\n", {"A=1", "A=2"}},
      {"a shell's export is no variable", "export A=1\nA-B=2\n1A=3\n=4\n_a1=5\n", {"_a1=5"}},
      {"single quotes take everything", "A='a\\ \"$x\n b' \n", {"A=a\\ \"$x\n b"}},
      {"double quotes", "A=\"a\\\"b\\\\c\\$d\\`e\\nf  \"\n", {"A=a\"b\\c$d`e\\nf  "}},
      {"a quoted line goes on after a backslash", "A=\"1 \\\n2\"\n", {"A=1 2"}},
      {"quoted parts join, blanks between them go", "A='1'  \"2\"\n", {"A=12"}},
      {"text after a quoted part", "A=\"1\" 2 \n", {"A=12"}},
      {"a quote after other text is itself", "A=1\"2\" '\n", {"A=1\"2\" '"}},
      {"a backslash takes the next character", "A=\\'a\\ b\\\\\\n\n", {"A='a b\\n"}},
      {"a plain line goes on after a backslash", "A=1\\\n 2\n", {"A=1 2"}},
      {"an escaped blank stays at the end", "A=1\\ \n", {"A=1 "}},
      {"CRLF, and CR alone", "A=1\r\nB='2'\r\nC=3\rD=4", {"A=1", "B=2", "C=3", "D=4"}},
      {"flags of kubeadm",
       "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///x --v=2\"\n",
       {"KUBELET_KUBEADM_ARGS=--container-runtime-endpoint=unix:///x --v=2"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    const absl::StatusOr<std::vector<FileAssignment>> read = ParseEnvironmentFile(row.text, "f", 0);
    ASSERT_TRUE(read.ok()) << read.status();
    std::vector<std::string> got;
    for (const FileAssignment& each : *read) {
      got.push_back(base::StrCat(each.name, "=", each.value.text()));
      for (size_t i = 0; i < each.value.size(); ++i) {
        const Origin& origin = each.value.origin(i);
        EXPECT_EQ(row.text[origin.end - 1], each.value[i]);
        EXPECT_TRUE(origin.end == origin.begin + 1 || row.text[origin.begin] == '\\') << i;
      }
    }
    EXPECT_EQ(got, row.want);
  }
}

TEST(EnvironmentFileTest, RefusesWhatItDoesNotKnow) {
  const std::vector<std::pair<std::string_view, const char*>> rows = {
      {"\nA='1\n2\n", "f:2: a quote ' is never closed"},
      {"\n\nA=\"1\\\"\n", "f:3: a quote \" is never closed"},
      {"A=1\\", "f:1: the file ends in a backslash"},
      {"A=\"1\\", "f:1: a backslash before the end"},
      {"A=1\\\r\nB=2\r\n", "f:1: a backslash before a carriage return"},
      {"A=\"1\\\r\n2\"\r\n", "f:1: a backslash before the end of the file or a carriage return"},
      {"A=1\n# x \\\nB=2\n", "f:2: a comment ends in a backslash"},
      {"A=1\nB=\x01\n", "f:2: not plain text"},
  };
  for (const auto& [text, message] : rows) {
    SCOPED_TRACE(message);
    const absl::StatusOr<std::vector<FileAssignment>> read = ParseEnvironmentFile(text, "f", 0);
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(message));
  }
}

}  // namespace
}  // namespace sekisho::install

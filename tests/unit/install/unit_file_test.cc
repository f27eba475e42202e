#include "install/unit_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::install {
namespace {

using ::testing::HasSubstr;

struct Row {
  const char* why;
  std::string_view text;
  std::vector<std::string> want;  // "line Section.Key=value"
};

TEST(UnitFileTest, ReadsAssignments) {
  const std::vector<Row> rows = {
      {"nothing", "", {}},
      {"no newline at the end", "[Service]\nA=1", {"2 Service.A=1"}},
      {"blanks around everything", "  [Service]\t\n \tA \t=  1 2 \n", {"2 Service.A=1 2"}},
      {"an empty value resets", "[Service]\nA=\n", {"2 Service.A="}},
      {"only the first = separates", "[S]\nA=B=C\n", {"2 S.A=B=C"}},
      {"comments of both kinds", "#[A]\n ; A=1\n[S]\nA=1 # kept\n", {"4 S.A=1 # kept"}},
      {"sections follow each other",
       "[Unit]\nA=1\n[Service]\nA=2\n",
       {"2 Unit.A=1", "4 Service.A=2"}},
      {"a line goes on after a backslash",
       "[S]\nA=1\\\n  2 \\\n3\nB=4\n",
       {"2 S.A=1   2  3", "5 S.B=4"}},
      {"a comment inside a continued line", "[S]\nA=1\\\n# no\n;no\\\n2\n", {"2 S.A=1 2"}},
      {"an empty line ends a continued one", "[S]\nA=1 \\\n\nB=2\n", {"2 S.A=1", "4 S.B=2"}},
      {"two backslashes are one, escaped", "[S]\nA=1\\\\\nB=2\n", {"2 S.A=1\\\\", "3 S.B=2"}},
      {"a backslash and a blank go on nowhere", "[S]\nA=1\\ \nB=2\n", {"2 S.A=1\\", "3 S.B=2"}},
      {"the file ends in a continued line", "[S]\nA=1\\", {"2 S.A=1"}},
      {"CRLF", "[S]\r\nA=1\\\r\n2\r\nB=3\r\n", {"2 S.A=1 2", "4 S.B=3"}},
      {"a byte order mark", "\xef\xbb\xbf[S]\nA=1\n", {"2 S.A=1"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    const absl::StatusOr<std::vector<UnitAssignment>> read = ParseUnitFile(row.text, "f", 0);
    ASSERT_TRUE(read.ok()) << read.status();
    std::vector<std::string> got;
    for (const UnitAssignment& each : *read) {
      got.push_back(
          base::StrCat(each.line, " ", each.section, ".", each.key, "=", each.value.text()));
    }
    EXPECT_EQ(got, row.want);
  }
}

TEST(UnitFileTest, RefusesWhatItDoesNotKnow) {
  const std::vector<std::pair<std::string_view, const char*>> rows = {
      {"A=1\n", "f:1: an assignment outside of any section"},
      {"[S]\nA\n", "f:2: neither a section nor an assignment"},
      {"[S]\n.include /etc/other\n", "f:2: neither a section nor an assignment"},
      {"[S] # x\n", "f:1: not a section"},
      {"[S]\nA=1\rB=2\n", "f:2: a carriage return inside a line"},
      {std::string_view("[S]\nA=\0\n", 8), "f:2: not plain text"},
      {"[S]\nA=\xc3\n", "f:2: not plain text"},
  };
  for (const auto& [text, message] : rows) {
    SCOPED_TRACE(message);
    const absl::StatusOr<std::vector<UnitAssignment>> read = ParseUnitFile(text, "f", 0);
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(message));
  }
}

// The origin is what a change goes by.
TEST(UnitFileTest, EveryByteKnowsWhereItStood) {
  const std::string text = "[S]\r\n  A = b\\\r\n# c\r\n d\r\n";
  const absl::StatusOr<std::vector<UnitAssignment>> read = ParseUnitFile(text, "f", 7);
  ASSERT_TRUE(read.ok()) << read.status();
  const TracedText& value = read->front().value;
  ASSERT_EQ(value.text(), "b  d");
  for (const size_t i : {size_t{0}, size_t{2}, size_t{3}}) {
    EXPECT_EQ(text.substr(value.origin(i).begin, 1), value.text().substr(i, 1)) << i;
    EXPECT_EQ(value.origin(i).source, 7U);
  }
  EXPECT_EQ(value.Slice(2, 4).Extent(), (Origin{7, 20, 22}));
  EXPECT_EQ(value.Slice(0, 4).Extent(), std::nullopt) << "a comment stands between";
}

}  // namespace
}  // namespace sekisho::install

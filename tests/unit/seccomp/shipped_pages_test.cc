// What the pages of seccomp-profiles/ say, held against the compiled filters.
#include <gtest/gtest.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "seccomp/bpf.h"
#include "seccomp/syscalls.h"
#include "shipped_profiles.h"

namespace sekisho::seccomp {
namespace {

using Row = std::map<std::string, std::string>;  // by the heading of the column

// The cells of "| a | b |".
std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream text(line.substr(1));
  for (std::string cell; std::getline(text, cell, '|');) {
    const size_t begin = cell.find_first_not_of(' ');
    const size_t end = cell.find_last_not_of(' ');
    cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
  }
  return cells;
}

// The rows of all tables below a heading ("## Groups") and above the next one.
std::vector<Row> RowsBelow(const std::string& page, const std::string& heading) {
  std::vector<Row> rows;
  std::vector<std::string> columns;
  bool below = false;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) {
      below = line == heading;
    }
    if (!below || !line.starts_with("|")) {
      columns.clear();
    } else if (columns.empty()) {
      columns = Cells(line);
    } else if (!line.starts_with("| ---")) {
      const std::vector<std::string> cells = Cells(line);
      EXPECT_EQ(cells.size(), columns.size()) << line;
      Row row;
      for (size_t i = 0; i < std::min(cells.size(), columns.size()); ++i) {
        row[columns[i]] = cells[i];
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

// What stands between backticks.
std::vector<std::string> Quoted(const std::string& cell) {
  static const std::regex kPattern("`([^`]*)`");
  std::vector<std::string> words;
  for (std::sregex_iterator match(cell.begin(), cell.end(), kPattern), end; match != end; ++match) {
    words.push_back((*match)[1]);
  }
  return words;
}

// "socket(2, 1)" as the call that it is. Nothing for "AF_INET", or a call that the native
// architecture does not have.
std::optional<seccomp_data> CallIn(const std::string& text) {
  const size_t open = text.find('(');
  if (open == std::string::npos) {
    return std::nullopt;
  }
  const std::string name = text.substr(0, open);
  EXPECT_TRUE(IsKnownSyscall(name)) << text;
  seccomp_data call = {};
  call.nr = NativeNumber(name);
  call.arch = NativeArch().token;
  std::istringstream arguments(text.substr(open + 1));
  size_t index = 0;
  for (std::string argument; std::getline(arguments, argument, ',') && index < 6; ++index) {
    call.args[index] = std::stoull(argument, nullptr, 0);
  }
  return call.nr < 0 ? std::nullopt : std::optional(call);
}

class ShippedPages : public ::testing::TestWithParam<std::string> {
 protected:
  const Shipped& Profile() const { return ShippedProfiles().at(GetParam()); }
  std::string Page() const { return ShippedText(GetParam() + ".md"); }

  // On every architecture of the filter that has the call.
  bool Executes(const std::string& syscall, bool every_case) const {
    EXPECT_TRUE(IsKnownSyscall(syscall)) << syscall;
    for (const Arch& arch : Profile().verdicts.architectures()) {
      const std::span<const Syscall> known = SyscallsOf(arch);
      if (std::none_of(known.begin(), known.end(),
                       [&](const Syscall& call) { return call.name == syscall; })) {
        continue;
      }
      const Outcomes& outcomes = Profile().verdicts.For(arch, syscall);
      const auto executes = [](const Outcome& outcome) { return MayExecute(outcome.action); };
      if (every_case != (every_case ? std::all_of(outcomes.begin(), outcomes.end(), executes)
                                    : std::any_of(outcomes.begin(), outcomes.end(), executes))) {
        return !every_case;
      }
    }
    return every_case;
  }
};

TEST_P(ShippedPages, WhatIsNamedAsRefusedIsRefused) {
  const std::vector<Row> rows = RowsBelow(Page(), "## What it refuses, and why");
  EXPECT_EQ(rows.empty(), GetParam() == "audit-all");
  for (const Row& row : rows) {
    EXPECT_FALSE(Quoted(row.at("calls")).empty()) << row.at("group");
    for (const std::string& syscall : Quoted(row.at("calls"))) {
      EXPECT_FALSE(Executes(syscall, /*every_case=*/false)) << syscall;
    }
  }
}

TEST_P(ShippedPages, WhatIsNamedAsAllowedIsAllowed) {
  std::set<std::string> conditional;
  for (const Row& row : RowsBelow(Page(), "### By argument")) {
    for (const std::string& example : Quoted(row.at("permitted"))) {
      conditional.insert(example.substr(0, example.find('(')));
    }
  }
  const std::vector<Row> rows = RowsBelow(Page(), "## What it deliberately allows");
  EXPECT_FALSE(rows.empty());
  for (const Row& row : rows) {
    for (const std::string& syscall : Quoted(row.at("calls"))) {
      // Some case, or every one if the page names no condition.
      EXPECT_TRUE(Executes(syscall, !conditional.contains(syscall))) << syscall;
    }
  }
}

TEST_P(ShippedPages, ExamplesOfArgumentsAreAnsweredSo) {
  const std::vector<Row> rows = RowsBelow(Page(), "### By argument");
  EXPECT_EQ(rows.empty(), GetParam() == "audit-all");
  for (const Row& row : rows) {
    for (const bool permitted : {true, false}) {
      int examples = 0;
      for (const std::string& text : Quoted(row.at(permitted ? "permitted" : "refused"))) {
        if (const std::optional<seccomp_data> call = CallIn(text); call.has_value()) {
          EXPECT_EQ(MayExecute(ActionOf(seccomp::Run(Profile().filter.program, *call))), permitted)
              << text;
          ++examples;
        }
      }
      EXPECT_GT(examples, 0) << row.at("call");
    }
  }
}

// Whoever reads the page of a profile learns of each call that takes arguments into account.
TEST_P(ShippedPages, EveryConditionIsExplained) {
  std::set<std::string> explained;
  for (const Row& row : RowsBelow(Page(), "### By argument")) {
    for (const char* column : {"permitted", "refused"}) {
      for (const std::string& example : Quoted(row.at(column))) {
        explained.insert(example.substr(0, example.find('(')));
      }
    }
  }
  for (const std::string_view syscall : Profile().verdicts.Conditional(NativeArch())) {
    EXPECT_TRUE(explained.contains(std::string(syscall))) << syscall;
  }
}

// Those that there are: shipped_profiles_test.cc.
const std::string kProfiles[] = {"audit-all", "baseline-plus", "batch-compute", "runtime-default",
                                 "web-service"};

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Profiles, ShippedPages, ::testing::ValuesIn(kProfiles), TestName);

// A group is the same in every profile that has it, and the table says which these are.
TEST(ShippedGroups, AreAsTheIndexSays) {
  std::map<std::string, Row> groups;
  for (const Row& row : RowsBelow(ShippedText("README.md"), "## Groups")) {
    if (row.contains("group")) {
      groups[row.at("group")] = row;
    }
  }
  ASSERT_FALSE(groups.empty());
  for (const std::string profile : {"baseline-plus", "web-service", "batch-compute"}) {
    std::set<std::string> met;
    for (const Rule& rule : ShippedProfiles().at(profile).profile.rules) {
      if (!rule.args.empty() || rule.action != Action::kAllow) {
        continue;
      }
      met.insert(rule.comment);
      ASSERT_TRUE(groups.contains(rule.comment)) << profile << ": " << rule.comment;
      EXPECT_EQ(rule.names, Quoted(groups[rule.comment].at("calls"))) << profile;
    }
    for (const auto& [group, row] : groups) {
      const std::string& in = row.at("in");
      EXPECT_EQ(met.contains(group), in == "all three" || in.find(profile) != std::string::npos)
          << profile << ": " << group;
    }
  }
}

}  // namespace
}  // namespace sekisho::seccomp

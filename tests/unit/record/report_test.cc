#include "record/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sekisho::record {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report Good() {
  Report report;
  report.evidence.lasted = std::chrono::seconds(60);
  report.evidence.containers = {
      {.id = std::string(64, 'a'), .namespace_ = "shop", .pod = "web-1", .name = "app"}};
  report.evidence.sum.records_of[std::string(64, 'a')] = 1234;
  report.evidence.sum.recorded.records = 1234;
  report.evidence.losses = {.in_kernel = 0, .end_seen = true};
  report.lesson.observed = 58;
  report.file = "web.json";
  report.in_file = 61;
  report.comparison = Comparison{.allowed = 61, .allowed_default = 340};
  return report;
}

TEST(ReportTest, TextOfACompleteRecording) {
  EXPECT_EQ(ToText(Good()),
            "recorded 60 s\n"
            "containers: 1\n"
            "  shop/web-1/app (aaaaaaaaaaaaa): 1234 records\n"
            "system calls: 58 seen, 61 in web.json with those that a container needs to start\n"
            "records: 1234 of these containers, 0 of other processes, 0 of processes that ended "
            "before they could be looked up\n"
            "lost: 0 records by their numbers, 0 by the kernel's count, 0 overruns\n"
            "RuntimeDefault: allows 340 system calls (with containerd's default capabilities), "
            "this profile 61\n"
            "complete: yes, nothing was lost; what the containers did not do in this time is not "
            "in it\n"
            "The containers above keep the logging profile, which refuses nothing, until they are "
            "created anew.\n");
}

TEST(ReportTest, TextOfAnIncompleteOne) {
  Report report = Good();
  report.evidence.ended_early = true;
  report.evidence.losses.in_kernel.reset();
  report.evidence.sum.unknown.records = 7;
  report.lesson.guessed = {"mount", "swapon"};
  report.lesson.doubts = {"one reason", "and another"};
  report.conditional = {"clone", "socket"};
  report.comparison->beyond = {"mount", "clone (some arguments)"};
  const std::string text = ToText(report);
  EXPECT_THAT(text, HasSubstr("recorded 60 s, ended early\n"));
  EXPECT_THAT(text, HasSubstr("7 of processes that ended before they could be looked up\n"));
  EXPECT_THAT(text, HasSubstr("not in the profile because other processes were logging too: mount, "
                              "swapon\n"));
  EXPECT_THAT(text, HasSubstr("which records do not hold: clone, socket\n"));
  EXPECT_THAT(text, HasSubstr("unknown by the kernel's count"));
  EXPECT_THAT(text, HasSubstr("allows: mount, clone (some arguments)\n"));
  EXPECT_THAT(text, HasSubstr("complete: NO\n  one reason\n  and another\n"));
  EXPECT_THAT(text, Not(HasSubstr("complete: yes")));
  report.lesson.guesses_included = true;
  EXPECT_THAT(ToText(report), HasSubstr("look at them: mount, swapon\n"));
}

TEST(ReportTest, JsonSaysTheSame) {
  Report report = Good();
  const auto json = nlohmann::json::parse(ToJson(report));
  EXPECT_EQ(json.at("complete"), true);
  EXPECT_EQ(json.at("incompleteBecause").size(), 0u);
  EXPECT_EQ(json.at("containers").at(0).at("records"), 1234);
  EXPECT_EQ(json.at("lost").at("inKernel"), 0);
  EXPECT_EQ(json.at("systemCalls").at("seen"), 58);
  EXPECT_EQ(json.at("runtimeDefault").at("allowed"), 340);
  report.lesson.doubts = {"a reason"};
  report.evidence.losses.in_kernel.reset();
  report.comparison.reset();
  const auto other = nlohmann::json::parse(ToJson(report));
  EXPECT_EQ(other.at("complete"), false);
  EXPECT_EQ(other.at("incompleteBecause").at(0), "a reason");
  EXPECT_TRUE(other.at("lost").at("inKernel").is_null());
  EXPECT_FALSE(other.contains("runtimeDefault"));
}

}  // namespace
}  // namespace sekisho::record

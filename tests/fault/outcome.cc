#include "fault/outcome.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace sekisho::testing {
namespace {

nlohmann::ordered_json ToJson(const FaultOutcome& outcome) {
  nlohmann::ordered_json json = {{"fault", outcome.fault},
                                 {"mustHold", outcome.must_hold},
                                 {"injected", outcome.injected},
                                 {"calls", outcome.calls},
                                 {"answered", outcome.answered},
                                 {"lost", outcome.lost},
                                 {"wronglyForwarded", outcome.wrongly_forwarded}};
  if (!outcome.recoveries.empty()) {
    json["recoveries"] = outcome.recoveries.size();
    json["recoveryMedianMs"] = MedianOf(outcome.recoveries).count();
    json["recoveryWorstMs"] = WorstOf(outcome.recoveries).count();
  }
  if (outcome.rss_kib_most != 0) {
    json["rssKiBBefore"] = outcome.rss_kib_before;
    json["rssKiBMost"] = outcome.rss_kib_most;
  }
  json["passed"] = !::testing::Test::HasFailure();
  return json;
}

}  // namespace

std::chrono::milliseconds MedianOf(std::vector<std::chrono::milliseconds> times) {
  if (times.empty()) {
    return {};
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

std::chrono::milliseconds WorstOf(const std::vector<std::chrono::milliseconds>& times) {
  return times.empty() ? std::chrono::milliseconds{} : *std::ranges::max_element(times);
}

void Report(const FaultOutcome& outcome) {
  EXPECT_EQ(outcome.wrongly_forwarded, 0u) << outcome.fault << ": wrongly forwarded";
  const nlohmann::ordered_json json = ToJson(outcome);
  for (const auto& [key, value] : json.items()) {
    ::testing::Test::RecordProperty(key,
                                    value.is_string() ? value.get<std::string>() : value.dump());
  }
  if (const char* path = std::getenv("SEKISHO_FAULT_RESULTS"); path != nullptr && *path != '\0') {
    std::ofstream file(path, std::ios::app);
    file << json.dump() + "\n";
    EXPECT_TRUE(file.flush().good()) << "cannot write " << path;
  }
}

}  // namespace sekisho::testing

#include "bench/results_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/str_cat.h"

namespace sekisho::bench {
namespace {

using Json = nlohmann::json;

// A figure a round on one line, everything else on lines of its own.
std::string Pretty(const Json& json, const std::string& indent) {
  const bool flat =
      std::ranges::none_of(json, [](const Json& inner) { return inner.is_structured(); });
  if (!json.is_structured() || json.empty() || (json.is_array() && flat)) {
    return json.dump();
  }
  const std::string deeper = indent + "  ";
  std::string text;
  for (const auto& [key, value] : json.items()) {
    text += base::StrCat(text.empty() ? "" : ",", "\n", deeper,
                         json.is_object() ? Json(key).dump() + ": " : "", Pretty(value, deeper));
  }
  return json.is_object() ? base::StrCat("{", text, "\n", indent, "}")
                          : base::StrCat("[", text, "\n", indent, "]");
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Figures, p50_us, p99_us, per_second, cpu_us)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CaseResult, name, title, unit, ways)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Memory, rss, anon, file)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WayMemory, way, idle, loaded)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LeakResult::Sample, calls, memory)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LeakResult, samples)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Pair, name, direct, through)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PodsResult, steps)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SoakResult::Process, anon_kib, heap_kib, fds, threads)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SoakResult::Sample, per_second, p50_us, p99_us, p999_us,
                                   direct_p99_us, loaded, node)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SoakResult, minutes, calls, errors, first_error, pods, live,
                                   refused, wrongly_forwarded, verify, samples)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BackgroundResult, containers, calls, seconds, cpu_seconds)

std::string ToJson(const Results& results) {
  Json json = {{"machine", results.machine},
               {"versions", results.versions},
               {"cases", results.cases},
               {"memory_kib", results.memory},
               {"skipped", results.skipped}};
  if (results.leak.has_value()) {
    json["leak"] = *results.leak;
  }
  if (results.pods.has_value()) {
    json["pods_ms"] = *results.pods;
  }
  if (results.background.has_value()) {
    json["background_ms"] = *results.background;
  }
  if (results.soak.has_value()) {
    json["soak"] = *results.soak;
  }
  return Pretty(json, "") + "\n";
}

absl::StatusOr<Results> FromJson(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    Results results;
    json.at("machine").get_to(results.machine);
    json.at("versions").get_to(results.versions);
    json.at("cases").get_to(results.cases);
    json.at("memory_kib").get_to(results.memory);
    json.at("skipped").get_to(results.skipped);
    if (json.contains("leak")) {
      results.leak = json["leak"].get<LeakResult>();
    }
    if (json.contains("pods_ms")) {
      results.pods = json["pods_ms"].get<PodsResult>();
    }
    if (json.contains("background_ms")) {
      results.background = json["background_ms"].get<BackgroundResult>();
    }
    if (json.contains("soak")) {
      results.soak = json["soak"].get<SoakResult>();
    }
    return results;
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(base::StrCat("no results of a bench: ", error.what()));
  }
}

}  // namespace sekisho::bench

// Results as text for people, and as JSON.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/str_cat.h"
#include "base/wrapped.h"
#include "check/result.h"
#include "check/tone.h"

namespace sekisho::check {
namespace {

constexpr std::string_view kMark = " [manifest-only]";
constexpr std::string_view kLegend =
    "[manifest-only]: CRI shows nothing of it, so it was checked in the manifest; the node cannot.";

struct Verdict {
  std::string_view word;
  base::Tone tone;
};

Verdict VerdictOf(const Result& result) {
  if (!result.allowed) {
    return {"refused", base::Tone::kBad};
  }
  return result.edits.empty() ? Verdict{"allowed", base::Tone::kGood}
                              : Verdict{"hardened", base::Tone::kChanged};
}

std::string Heading(const Result& result) {
  std::string heading = result.kind;
  if (!result.name.empty()) {
    heading += base::StrCat(" ", result.namespace_, "/", result.name);
  }
  if (!result.container.empty()) {
    heading += base::StrCat(" container ", result.container);
  }
  if (!result.enforced.empty()) {
    heading += base::StrCat(" at ", result.enforced);
  }
  return base::StrCat(heading, " (", result.source, ")");
}

std::string Details(const Result& result, size_t columns) {
  std::string text;
  if (!result.rule.empty() && result.rule != kLevelOption) {
    text += base::Wrapped("  rule", result.rule, columns);
  }
  if (!result.exemption.empty()) {
    text += base::Wrapped("  exempt", result.exemption, columns);
  }
  for (const ResultViolation& violation : result.violations) {
    const std::string_view mark = violation.seen_in == SeenIn::kManifest ? kMark : "";
    text += base::Wrapped("  breaks",
                          violation.detail.empty()
                              ? base::StrCat(violation.reason, mark)
                              : base::StrCat(violation.reason, " (", violation.detail, ")", mark),
                          columns);
  }
  if (!result.warn.empty()) {
    text += base::Wrapped("  warn", result.warn, columns);
  }
  if (!result.audit.empty() && result.audit != result.warn) {
    text += base::Wrapped("  audit", result.audit, columns);
  }
  for (const ResultEdit& edit : result.edits) {
    text +=
        base::Wrapped("  edit",
                      base::StrCat(edit.container.empty() ? "" : base::StrCat(edit.container, ": "),
                                   edit.field, ": ", edit.before, " -> ", edit.after),
                      columns);
  }
  for (const std::string& remark : result.remarks) {
    text += base::Wrapped("  note", remark, columns);
  }
  return text;
}

bool HasManifestOnly(const Result& result) {
  return std::ranges::find(result.violations, SeenIn::kManifest, &ResultViolation::seen_in) !=
         result.violations.end();
}

}  // namespace

std::string ToText(const std::vector<Result>& results, size_t columns, bool colour) {
  size_t refused = 0;
  size_t hardened = 0;
  bool manifest_only = false;
  std::string text;
  for (const Result& result : results) {
    const std::string details = Details(result, columns);
    const Verdict verdict = VerdictOf(result);
    text += base::StrCat(WithTone(base::Wrapped(verdict.word, Heading(result), columns), 0,
                                  verdict.word.size(), verdict.tone, colour),
                         details, details.empty() ? "" : "\n");
    refused += result.allowed ? 0 : 1;
    hardened += result.allowed && !result.edits.empty() ? 1 : 0;
    manifest_only = manifest_only || HasManifestOnly(result);
  }
  if (!text.empty() && !text.ends_with("\n\n")) {
    text += "\n";
  }
  if (manifest_only) {
    text += base::Wrapped("", kLegend, columns);
  }
  return text + base::Wrapped(
                    "",
                    base::StrCat(results.size(), " checked: ", results.size() - refused - hardened,
                                 " allowed, ", hardened, " hardened, ", refused, " refused"),
                    columns);
}

std::string ToJson(const std::vector<Result>& results) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Result& result : results) {
    Json violations = Json::array();
    for (const ResultViolation& violation : result.violations) {
      violations.push_back(
          {{"check", violation.check},
           {"reason", violation.reason},
           {"detail", violation.detail},
           {"seenIn", violation.seen_in == SeenIn::kRequest ? "request" : "manifest"}});
    }
    Json edits = Json::array();
    for (const ResultEdit& edit : result.edits) {
      edits.push_back({{"container", edit.container},
                       {"field", edit.field},
                       {"before", edit.before},
                       {"after", edit.after}});
    }
    Json one = {{"source", result.source},
                {"kind", result.kind},
                {"namespace", result.namespace_},
                {"name", result.name}};
    if (!result.container.empty()) {
      one["container"] = result.container;
    }
    one["enforced"] = result.enforced;
    one["rule"] = result.rule;
    one["exemption"] = result.exemption;
    one["allowed"] = result.allowed;
    one["message"] = result.message;
    one["audit"] = result.audit;
    one["warn"] = result.warn;
    one["violations"] = std::move(violations);
    one["edits"] = std::move(edits);
    one["remarks"] = result.remarks;
    list.push_back(std::move(one));
  }
  return Json{{"results", std::move(list)}}.dump(-1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace sekisho::check

#include "check/profile_lint.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/utf8.h"
#include "base/wrapped.h"
#include "check/tone.h"
#include "seccomp/compare.h"
#include "seccomp/groups.h"
#include "seccomp/judgement.h"

namespace sekisho::check {
namespace {

using base::StrCat;

// What each call is worth saying of, once for all architectures and argument classes.
std::vector<Permitted> Beyond(const std::vector<seccomp::Excess>& excess) {
  std::vector<Permitted> list;
  for (const seccomp::Excess& one : seccomp::OncePerCall(excess)) {
    list.push_back({seccomp::ToText(one), std::string(seccomp::WhyItMatters(one.syscall))});
  }
  return list;
}

std::vector<Permitted> MustDeny(const seccomp::Verdicts& verdicts,
                                const std::vector<std::string>& must_deny) {
  std::vector<Permitted> list;
  for (const std::string& name : must_deny) {
    if (seccomp::MayExecuteSome(verdicts, name)) {
      list.push_back({name, std::string(seccomp::WhyItMatters(name))});
    }
  }
  return list;
}

void Count(const seccomp::Judged& judged, LintResult& result) {
  const seccomp::Arch& first = judged.verdicts.architectures().front();
  result.permitted = judged.verdicts.Permitted(first).size();
  result.conditional = judged.verdicts.Conditional(first).size();
  result.refused = judged.verdicts.Refused(first).size();
  for (const seccomp::Arch& arch : judged.verdicts.architectures()) {
    result.architectures.push_back(ArchText(arch));
  }
}

std::string Heading(const LintResult& result) {
  return StrCat(result.file, ": ", result.format == seccomp::Format::kDocker ? "Docker" : "OCI",
                " format, default ", result.default_action, ", ",
                base::StrJoin(result.architectures, " "));
}

std::string Place(const LintResult& result, const seccomp::Remark& remark) {
  return remark.where.line == 0
             ? result.file
             : StrCat(result.file, ":", remark.where.line, ":", remark.where.column);
}

base::Tone ToneOf(seccomp::Severity severity) {
  switch (severity) {
    case seccomp::Severity::kError:
      return base::Tone::kBad;
    case seccomp::Severity::kWarning:
      return base::Tone::kChanged;
    default:
      return base::Tone::kPlain;
  }
}

// `text` in lines, with the tone for its first `size` bytes.
std::string Verdict(std::string_view text, size_t size, base::Tone tone, size_t columns,
                    bool colour) {
  return WithTone(base::Wrapped("", text, columns), 0, size, tone, colour);
}

// The severity stands behind the place, whose name may be longer when it is printed.
std::string RemarkText(const LintResult& result, const seccomp::Remark& remark, size_t columns,
                       bool colour) {
  const std::string place = StrCat(Place(result, remark), ": ");
  const std::string_view severity = seccomp::SeverityName(remark.severity);
  const std::string text =
      base::Wrapped("",
                    StrCat(place, severity, ": ", remark.message, remark.fix.empty() ? "" : "; ",
                           remark.fix, " [", remark.id, "]"),
                    columns);
  return WithTone(text, base::Printable(place).size(), severity.size(), ToneOf(remark.severity),
                  colour);
}

std::string ListText(const std::vector<Permitted>& list, size_t columns) {
  std::string text;
  for (const Permitted& one : list) {
    text +=
        base::Wrapped("  ", one.why.empty() ? one.call : StrCat(one.call, ": ", one.why), columns);
  }
  return text;
}

std::string TextOf(const LintResult& result, size_t columns, bool colour) {
  constexpr std::string_view kError = "error";
  constexpr std::string_view kWeaker = "weaker than";
  constexpr std::string_view kStrict = "at least as strict as";
  constexpr std::string_view kPermits = "permits what it must deny:";
  std::string text;
  if (!result.errors.empty()) {
    for (const yaml::Diagnostic& error : result.errors) {
      text += Verdict(StrCat(kError, ": ", error.ToString()), kError.size(), base::Tone::kBad,
                      columns, colour);
    }
    return text;
  }
  text += base::Wrapped("", Heading(result), columns);
  text += base::Wrapped("",
                        StrCat("permits ", result.permitted, " system calls, ", result.conditional,
                               " more for some arguments, and refuses ", result.refused),
                        columns);
  for (const seccomp::Remark& remark : result.remarks) {
    text += RemarkText(result, remark, columns, colour);
  }
  if (!result.beyond_floor.empty()) {
    text += Verdict(StrCat(kWeaker, " ", result.floor, ", which refuses:"), kWeaker.size(),
                    base::Tone::kBad, columns, colour);
    text += ListText(result.beyond_floor, columns);
  } else if (!result.floor.empty()) {
    text += Verdict(StrCat(kStrict, " ", result.floor), kStrict.size(), base::Tone::kGood, columns,
                    colour);
  }
  if (!result.must_deny.empty()) {
    text += Verdict(kPermits, kPermits.size(), base::Tone::kBad, columns, colour);
    text += ListText(result.must_deny, columns);
  }
  return text;
}

nlohmann::ordered_json JsonOf(const std::vector<Permitted>& list) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Permitted& one : list) {
    array.push_back({{"call", one.call}, {"why", one.why}});
  }
  return array;
}

nlohmann::ordered_json JsonOf(const LintResult& result) {
  using Json = nlohmann::ordered_json;
  Json json = {{"file", result.file}, {"ok", result.ok()}};
  Json errors = Json::array();
  for (const yaml::Diagnostic& error : result.errors) {
    errors.push_back({{"line", error.line},
                      {"column", error.column},
                      {"key", error.key},
                      {"message", error.message},
                      {"fix", error.fix}});
  }
  json["errors"] = std::move(errors);
  if (!result.errors.empty()) {
    return json;
  }
  json["format"] = result.format == seccomp::Format::kDocker ? "docker" : "oci";
  json["architectures"] = result.architectures;
  json["defaultAction"] = result.default_action;
  json["permitted"] = result.permitted;
  json["conditional"] = result.conditional;
  json["refused"] = result.refused;
  Json remarks = Json::array();
  for (const seccomp::Remark& remark : result.remarks) {
    remarks.push_back({{"id", remark.id},
                       {"severity", seccomp::SeverityName(remark.severity)},
                       {"line", remark.where.line},
                       {"column", remark.where.column},
                       {"message", remark.message},
                       {"fix", remark.fix}});
  }
  json["remarks"] = std::move(remarks);
  json["floor"] = result.floor;
  json["beyondFloor"] = JsonOf(result.beyond_floor);
  json["mustDenyPermitted"] = JsonOf(result.must_deny);
  return json;
}

}  // namespace

bool LintResult::ok() const {
  return errors.empty() && beyond_floor.empty() && must_deny.empty() &&
         std::ranges::none_of(remarks, [](const seccomp::Remark& remark) {
           return remark.severity == seccomp::Severity::kError;
         });
}

LintResult Lint(const std::string& file, std::string_view bytes, const LintOptions& options) {
  LintResult result;
  result.file = file;
  const std::optional<NamedProfile> profile =
      ReadProfile(file, bytes, options.target, &result.errors);
  if (!profile.has_value()) {
    return result;
  }
  const std::optional<seccomp::Judged> judged = JudgeProfile(*profile, &result.errors);
  if (!judged.has_value()) {
    return result;
  }
  result.format = profile->written_in;
  result.default_action = seccomp::ActionName(profile->profile.default_action);
  result.remarks = seccomp::DockerRemarks(profile->as_written);
  result.remarks.insert(result.remarks.end(), judged->remarks.begin(), judged->remarks.end());
  Count(*judged, result);
  if (options.floor.has_value()) {
    result.floor = options.floor_name;
    absl::StatusOr<std::vector<seccomp::Excess>> excess =
        seccomp::Compare(judged->verdicts, *options.floor);
    if (!excess.ok()) {
      result.errors.push_back(yaml::AboutFile(file, std::string(excess.status().message())));
      return result;
    }
    result.beyond_floor = Beyond(*excess);
  }
  result.must_deny = MustDeny(judged->verdicts, options.must_deny);
  return result;
}

std::string ToText(const std::vector<LintResult>& results, size_t columns, bool colour) {
  std::string text;
  size_t bad = 0;
  for (const LintResult& result : results) {
    text += StrCat(TextOf(result, columns, colour), "\n");
    bad += result.ok() ? 0 : 1;
  }
  return text +
         base::Wrapped(
             "", StrCat(results.size(), " checked: ", results.size() - bad, " good, ", bad, " not"),
             columns);
}

std::string ToJson(const std::vector<LintResult>& results) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const LintResult& result : results) {
    list.push_back(JsonOf(result));
  }
  return Json{{"profiles", std::move(list)}}.dump(-1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace sekisho::check

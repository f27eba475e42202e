#include "config/describe.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "config/describe_controls.h"
#include "seccomp/groups.h"

namespace sekisho::config {
namespace {

using base::StrCat;
using policy::CheckGroup;
using policy::Spec;

constexpr size_t kColumns = 100;
constexpr size_t kLabelWidth = 17;

// Characters, not bytes: continuation bytes of UTF-8 take no column.
size_t Width(std::string_view text) {
  size_t width = 0;
  for (const char c : text) {
    width += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  }
  return width;
}

// Appends "<label> <text>" at the indent; lines that are too long go on below the text.
void AppendLine(std::string& out, size_t indent, std::string_view label, std::string_view text) {
  std::string line(indent, ' ');
  size_t hanging = indent;
  if (!label.empty()) {
    line += label;
    line.append(label.size() < kLabelWidth ? kLabelWidth - label.size() : 1, ' ');
    hanging += kLabelWidth;
  }
  bool first_word = true;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (!first_word && Width(line) + 1 + Width(word) > kColumns) {
      out += line;
      out += '\n';
      line.assign(hanging, ' ');
      first_word = true;
    }
    line += StrCat(first_word ? "" : " ", word);
    first_word = false;
  }
  out += line;
  out += '\n';
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  return base::StrJoin(parts, separator, [](const std::string& part) {
    return part.empty() ? std::string_view("\"\"") : std::string_view(part);
  });
}

std::string MatchText(const policy::Match& match) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view name, const std::vector<std::string>& patterns) {
    if (!patterns.empty()) {
      parts.push_back(StrCat(name, " ", Join(patterns, ", ")));
    }
  };
  add("namespaces", match.namespaces);
  add("pods", match.pods);
  add("containers", match.containers);
  add("runtimeHandlers", match.runtime_handlers);
  if (match.source.has_value()) {
    parts.emplace_back(*match.source == policy::PodSource::kStatic ? "source static"
                                                                   : "source api");
  }
  return Join(parts, "; ");
}

std::string TargetText(const policy::SeccompTarget& target) {
  return target.localhost_path.has_value() ? *target.localhost_path : "RuntimeDefault";
}

// What an entry says, as labelled lines. Two specs are compared line by line.
struct Line {
  std::string_view label;
  std::string text;
};

std::string SeccompText(const policy::Hardening& harden) {
  if (harden.seccomp_always.has_value()) {
    return StrCat("always ", TargetText(*harden.seccomp_always));
  }
  return harden.deny_unconfined
             ? "unconfined is refused"
             : StrCat("unconfined becomes ", TargetText(harden.seccomp_unconfined));
}

// With as many names of groups as there are for it.
std::string SyscallsText(const std::vector<std::string>& calls) {
  std::vector<std::string> parts;
  std::vector<std::string> left = calls;
  for (const seccomp::Group& group : seccomp::Groups()) {
    const auto is_member = [&group](const std::string& call) {
      return std::ranges::find(group.members, call) != group.members.end();
    };
    const bool whole = std::ranges::all_of(group.members, [&calls](std::string_view member) {
      return std::ranges::find(calls, member) != calls.end();
    });
    if (whole && std::ranges::any_of(left, is_member)) {
      parts.emplace_back(group.name);
      std::erase_if(left, is_member);
    }
  }
  parts.insert(parts.end(), left.begin(), left.end());
  return Join(parts, ", ");
}

constexpr std::string_view kUsualDemands = "as strict as RuntimeDefault";

// What is demanded of Localhost profiles.
std::string LocalhostText(const Spec& spec) {
  const seccomp::Demands& demands = spec.localhost;
  std::vector<std::string> parts;
  switch (demands.floor.kind) {
    case seccomp::Floor::Kind::kNone:
      parts.emplace_back("no floor");
      break;
    case seccomp::Floor::Kind::kRuntimeDefault:
      parts.emplace_back(kUsualDemands);
      break;
    case seccomp::Floor::Kind::kFile:
      parts.push_back(StrCat("as strict as ", demands.floor.path));
      break;
  }
  if (!demands.must_deny.empty()) {
    parts.push_back(StrCat("must deny ", SyscallsText(demands.must_deny)));
  }
  if (demands.docker_format != seccomp::DockerFormat::kResolve) {
    parts.emplace_back(demands.docker_format == seccomp::DockerFormat::kDeny
                           ? "Docker's format is refused"
                           : "Docker's format is judged as containerd reads it");
  }
  if (spec.missing_profile.has_value()) {
    parts.push_back(StrCat("a missing one becomes ", TargetText(*spec.missing_profile)));
  }
  if (demands.allow_unconfined_in_disguise) {
    parts.emplace_back("may be unconfined in disguise");
  }
  return Join(parts, "; ");
}

// Whether anything can be found in the group: some are about one control only.
bool IsInUse(const Spec& spec, CheckGroup group) {
  switch (group) {
    case CheckGroup::kAllowedCapabilities:
      return spec.controls.allowed_capabilities.has_value();
    case CheckGroup::kDefaultAddCapabilities:
      return !spec.controls.default_add_capabilities.empty();
    case CheckGroup::kReadOnlyRootFilesystem:
      return spec.controls.read_only_root_filesystem;
    case CheckGroup::kRequiredDropCapabilities:
      return !spec.controls.required_drop_capabilities.empty();
    default:
      return true;
  }
}

std::string HardenedGroups(const Spec& spec) {
  std::vector<std::string> names;
  for (size_t i = 0; i < policy::kCheckGroupCount; ++i) {
    const auto group = static_cast<CheckGroup>(i);
    if (spec.For(group) == policy::OnViolation::kHarden && IsInUse(spec, group)) {
      names.emplace_back(policy::CheckGroupName(group));
    }
  }
  return names.empty() ? "deny all" : StrCat("harden ", Join(names, ", "), "; deny the rest");
}

std::string EnforceText(const Spec& spec) {
  const bool privileged = spec.enforce.level == policy::Level::kPrivileged;
  const std::string_view remark = spec.controls == policy::Controls()
                                      ? " (nothing is refused or hardened)"
                                      : " (only the controls are enforced)";
  return StrCat(spec.enforce.ToString(), privileged ? remark : "");
}

std::string DurationText(std::chrono::seconds time) {
  const int64_t seconds = time.count();
  if (seconds % 3600 == 0) {
    return StrCat(seconds / 3600, "h");
  }
  return seconds % 60 == 0 ? StrCat(seconds / 60, "m") : StrCat(seconds, "s");
}

// Said whether or not an API server is asked: the same policy is for many nodes.
std::string LabelsText(const policy::LabelRules& labels) {
  if (labels.mode == policy::LabelMode::kIgnore) {
    return "ignored";
  }
  const std::string unknown = labels.unknown_namespace.has_value()
                                  ? std::string(policy::LevelName(*labels.unknown_namespace))
                                  : "this policy";
  return StrCat(labels.mode == policy::LabelMode::kFollow ? "followed" : "the stricter of the two",
                "; after ", DurationText(labels.stale_after),
                " without the API server: ", policy::WhenStaleName(labels.when_stale),
                "; unknown namespaces: ", unknown);
}

std::vector<Line> SpecLines(const Spec& spec) {
  const policy::Hardening& harden = spec.harden;
  return {
      {"enforce", EnforceText(spec)},
      {"audit", spec.audit.ToString()},
      {"warn", spec.warn.ToString()},
      {"seccomp", SeccompText(harden)},
      {"localhost", LocalhostText(spec)},
      {"capabilities", harden.drop_capabilities.empty()
                           ? "as asked"
                           : StrCat("drop ", Join(harden.drop_capabilities, ", "))},
      {"noNewPrivileges", harden.no_new_privileges ? "set" : "as asked"},
      {"maskedPaths", harden.masked_paths ? "set" : "as asked"},
      {"onViolation", HardenedGroups(spec)},
      {"labels", LabelsText(spec.labels)},
      {"controls", ControlsText(spec.controls)},
      {"trusted", TrustText(spec.trust)},
      {"annotations", AnnotationsText(spec.annotations)},
  };
}

std::string LastDay(std::chrono::sys_seconds expires_at) {
  const std::chrono::year_month_day day{
      std::chrono::floor<std::chrono::days>(expires_at - std::chrono::seconds(1))};
  const auto two = [](unsigned number) { return StrCat(number < 10 ? "0" : "", number); };
  return StrCat(static_cast<int>(day.year()), "-", two(static_cast<unsigned>(day.month())), "-",
                two(static_cast<unsigned>(day.day())));
}

void AppendExemptions(std::string& out, const policy::Policy& policy) {
  out += "\n1. Exemptions: nothing is enforced\n";
  if (policy.exemptions().empty()) {
    out += "   none\n";
  }
  for (const policy::Exemption& exemption : policy.exemptions()) {
    AppendLine(out, 3, "", exemption.origin);
    AppendLine(out, 6, "match", MatchText(exemption.match));
    AppendLine(out, 6, "reason", exemption.reason);
    AppendLine(out, 6, "expires",
               exemption.expires_at.has_value() ? StrCat("after ", LastDay(*exemption.expires_at))
                                                : "never");
  }
}

void AppendRules(std::string& out, const policy::Policy& policy) {
  out += "\n2. Rules, the most specific first: the first that matches applies\n";
  if (policy.rules().empty()) {
    out += "   none\n";
  }
  const std::vector<Line> defaults = SpecLines(policy.defaults());
  for (const policy::Rule& rule : policy.rules()) {
    AppendLine(out, 3, "", rule.origin);
    AppendLine(out, 6, "match", MatchText(rule.match));
    bool all_shown = true;
    const std::vector<Line> lines = SpecLines(rule.spec);
    for (size_t i = 0; i < lines.size(); ++i) {
      // The enforced level is shown always; of the rest, what makes this rule different.
      if (i == 0 || lines[i].text != defaults[i].text) {
        AppendLine(out, 6, lines[i].label, lines[i].text);
      } else {
        all_shown = false;
      }
    }
    if (!all_shown) {
      AppendLine(out, 6, "otherwise", "as the defaults");
    }
  }
}

}  // namespace

std::string DescribePolicy(const Snapshot& snapshot) {
  std::string out = StrCat(
      "Policy ", snapshot.hash.substr(0, 12),
      snapshot.revision.has_value() ? StrCat(", revision ", *snapshot.revision) : "", " from\n");
  for (const std::string& file : snapshot.files) {
    out += StrCat("   ", file, "\n");
  }
  if (snapshot.policy == nullptr) {
    return out;
  }
  AppendExemptions(out, *snapshot.policy);
  AppendRules(out, *snapshot.policy);
  out += "\n3. Defaults: where nothing above matches\n";
  for (const Line& line : SpecLines(snapshot.policy->defaults())) {
    if (line.label == "localhost" && line.text == kUsualDemands) {
      continue;  // what holds when nobody says anything
    }
    AppendLine(out, 3, line.label, line.text);
  }
  return out;
}

}  // namespace sekisho::config

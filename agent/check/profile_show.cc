#include "check/profile_show.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/utf8.h"
#include "base/wrapped.h"
#include "check/tone.h"
#include "seccomp/groups.h"
#include "seccomp/syscalls.h"

namespace sekisho::check {
namespace {

using base::StrCat;
using Json = nlohmann::ordered_json;

bool Has(const seccomp::Arch& arch, std::string_view syscall) {
  for (const seccomp::Syscall& one : seccomp::SyscallsOf(arch)) {
    if (one.name == syscall) {
      return true;
    }
  }
  return false;
}

std::string OutcomesText(const seccomp::Outcomes& outcomes) {
  return base::StrJoin(outcomes, "; ", [](const seccomp::Outcome& outcome) {
    const std::string action = ActionText(outcome.action, outcome.data);
    return outcome.when.empty() ? action : StrCat(action, " when ", seccomp::ToText(outcome.when));
  });
}

std::string FirstWord(const std::string& text) {
  return text.substr(0, text.find(' '));
}

base::Tone ToneOf(seccomp::Action action) {
  return seccomp::MayExecute(action) ? base::Tone::kGood : base::Tone::kBad;
}

// Wraps `outcomes` behind `label`; their actions in colour.
std::string OutcomeLines(std::string_view label, const seccomp::Outcomes& outcomes, size_t columns,
                         bool colour) {
  std::string text = base::Wrapped(label, OutcomesText(outcomes), columns);
  size_t at = label.size();
  for (const seccomp::Outcome& outcome : outcomes) {
    const std::string action = FirstWord(ActionText(outcome.action, outcome.data));
    const size_t found = text.find(action, at);  // no condition has a name like this
    if (found == std::string::npos) {
      break;
    }
    const size_t before = text.size();
    text = WithTone(text, found, action.size(), ToneOf(outcome.action), colour);
    at = found + action.size() + (text.size() - before);
  }
  return text;
}

std::string Summary(const seccomp::Judged& judged, size_t columns, bool colour) {
  const seccomp::Verdicts& verdicts = judged.verdicts;
  const seccomp::Arch& arch = verdicts.architectures().front();
  std::string text;
  const auto list = [&](std::string_view word, std::string_view where, base::Tone tone,
                        const std::vector<std::string_view>& names) {
    text += WithTone(base::Wrapped("", StrCat(word, where, " (", names.size(), ")"), columns), 0,
                     word.size(), tone, colour);
    text += base::Wrapped("  ", names.empty() ? "none" : base::StrJoin(names, " "), columns);
  };
  list("permitted", StrCat(" on ", ArchText(arch)), base::Tone::kGood, verdicts.Permitted(arch));
  list("for some arguments", "", base::Tone::kChanged, verdicts.Conditional(arch));
  list("refused", "", base::Tone::kBad, verdicts.Refused(arch));
  return text + base::Wrapped("",
                              StrCat("calls that this build knows no name of: ",
                                     OutcomesText(verdicts.ForUnknown(arch))),
                              columns);
}

Json JsonOf(const seccomp::Outcomes& outcomes) {
  Json list = Json::array();
  for (const seccomp::Outcome& outcome : outcomes) {
    list.push_back({{"when", outcome.when.empty() ? "" : seccomp::ToText(outcome.when)},
                    {"action", seccomp::ActionName(outcome.action)},
                    {"data", outcome.data}});
  }
  return list;
}

std::vector<std::string> AllNames(const seccomp::Verdicts& verdicts) {
  std::set<std::string> names;
  for (const seccomp::Arch& arch : verdicts.architectures()) {
    for (const seccomp::Syscall& syscall : seccomp::SyscallsOf(arch)) {
      names.insert(syscall.name);
    }
  }
  return {names.begin(), names.end()};
}

std::string Arguments(const seccomp::Excess& excess) {
  return base::StrJoin(excess.example, ", ", [](uint64_t value) {
    std::array<char, 19> hex{};
    (void)std::snprintf(hex.data(), hex.size(), "0x%llx", static_cast<unsigned long long>(value));
    return std::string(hex.data());
  });
}

std::string ExcessText(const std::vector<seccomp::Excess>& list, size_t columns) {
  std::string text;
  for (const seccomp::Excess& one : seccomp::OncePerCall(list)) {
    const std::string_view why = seccomp::WhyItMatters(one.syscall);
    std::string line = seccomp::ToText(one);
    if (!one.when.empty()) {
      line += StrCat(", such as ", one.syscall, "(", Arguments(one), ")");
    }
    text += base::Wrapped("  ", why.empty() ? line : StrCat(line, ": ", why), columns);
  }
  return text;
}

Json JsonOf(const std::vector<seccomp::Excess>& list) {
  Json array = Json::array();
  for (const seccomp::Excess& one : list) {
    array.push_back({{"arch", ArchText(one.arch)},
                     {"syscall", one.syscall},
                     {"when", one.when.empty() ? "" : seccomp::ToText(one.when)},
                     {"example", Arguments(one)},
                     {"why", seccomp::WhyItMatters(one.syscall)}});
  }
  return array;
}

// "A is stricter than B", the words between the names in colour.
std::string FirstLine(const ProfileComparison& comparison, size_t columns, bool colour) {
  const auto line = [&](std::string_view a, std::string_view verdict, std::string_view b,
                        std::string_view rest, base::Tone tone) {
    const size_t at = base::Printable(a).size();
    return WithTone(base::Wrapped("", StrCat(a, verdict, b, rest), columns), at, verdict.size(),
                    tone, colour);
  };
  const auto& [a, b, only_a, only_b] = comparison;
  if (!only_a.empty()) {
    return line(StrCat(a, " is "), "not at least as strict", StrCat(" as ", b), "",
                base::Tone::kBad);
  }
  return only_b.empty()
             ? line(StrCat(a, " and ", b, " permit "), "the same", "", "", base::Tone::kGood)
             : line(StrCat(a, " is "), "stricter", StrCat(" than ", b), "", base::Tone::kGood);
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string ShowText(const seccomp::Judged& judged, const std::vector<std::string>& syscalls,
                     size_t columns, bool colour) {
  if (syscalls.empty()) {
    return Summary(judged, columns, colour);
  }
  std::string text;
  for (const std::string& name : syscalls) {
    for (const seccomp::Arch& arch : judged.verdicts.architectures()) {
      const std::string label = StrCat(name, " ", ArchText(arch));
      text += Has(arch, name)
                  ? OutcomeLines(label, judged.verdicts.For(arch, name), columns, colour)
                  : base::Wrapped(label, "not a call of this architecture", columns);
    }
  }
  return text;
}

std::string ShowJson(const std::string& name, const seccomp::Judged& judged,
                     const std::vector<std::string>& syscalls) {
  const std::vector<std::string> names = syscalls.empty() ? AllNames(judged.verdicts) : syscalls;
  Json arches = Json::object();
  for (const seccomp::Arch& arch : judged.verdicts.architectures()) {
    Json calls = Json::object();
    for (const std::string& syscall : names) {
      if (Has(arch, syscall)) {
        calls[syscall] = JsonOf(judged.verdicts.For(arch, syscall));
      }
    }
    arches[ArchText(arch)] = {{"syscalls", std::move(calls)},
                              {"unknown", JsonOf(judged.verdicts.ForUnknown(arch))}};
  }
  return Dump({{"profile", name}, {"architectures", std::move(arches)}});
}

std::string ToText(const ProfileComparison& comparison, size_t columns, bool colour) {
  const auto& [a, b, only_a, only_b] = comparison;
  std::string text = FirstLine(comparison, columns, colour);
  if (!only_a.empty()) {
    text +=
        base::Wrapped("", StrCat("only ", a, " permits:"), columns) + ExcessText(only_a, columns);
  }
  if (!only_b.empty()) {
    text +=
        base::Wrapped("", StrCat("only ", b, " permits:"), columns) + ExcessText(only_b, columns);
  }
  return text;
}

std::string ToJson(const ProfileComparison& comparison) {
  return Dump({{"a", comparison.a},
               {"b", comparison.b},
               {"atLeastAsStrict", comparison.AIsAsStrict()},
               {"onlyA", JsonOf(comparison.only_a)},
               {"onlyB", JsonOf(comparison.only_b)}});
}

}  // namespace sekisho::check

#include "seccomp/rule_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/str_cat.h"
#include "seccomp/condition_reader.h"
#include "seccomp/parse.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;

// --- args ----------------------------------------------------------------------------------------

constexpr std::array<Field<ArgumentTest>, 4> kArgumentKeys = {{
    {"index",
     [](const Value& value, ArgumentTest& out, ErrorList& errors) {
       out.index = static_cast<uint32_t>(ReadUnsigned(value, errors, 5).value_or(0));
     },
     "write which argument it is about, from 0 to 5"},
    {"value",
     [](const Value& value, ArgumentTest& out, ErrorList& errors) {
       out.value =
           ReadUnsigned(value, errors, std::numeric_limits<uint64_t>::max()).value_or(out.value);
     },
     "write what the argument is compared with"},
    {"valueTwo",
     [](const Value& value, ArgumentTest& out, ErrorList& errors) {
       out.value_two = ReadUnsigned(value, errors, std::numeric_limits<uint64_t>::max())
                           .value_or(out.value_two);
     }},
    {"op",
     [](const Value& value, ArgumentTest& out, ErrorList& errors) {
       static constexpr std::array<std::string_view, 7> kNames = {
           "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",       "SCMP_CMP_EQ",
           "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};
       if (const auto name = ReadName(value, errors, kNames); name.has_value()) {
         out.compare = CompareNamed(kNames.at(*name)).value_or(out.compare);
       }
     },
     "write how it is compared: SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ, …"},
}};

// --- rules ---------------------------------------------------------------------------------------

struct RuleDraft {
  Rule rule = {};
  ErrnoPair errno_pair = {};
};

// A name that libseccomp could know. (Others would be cut at a NUL, or never be found.)
void ReadSyscallName(const Value& value, Rule& out, ErrorList& errors) {
  constexpr size_t kLongest = 64;
  std::optional<std::string> text = ReadText(value, errors);
  if (!text.has_value()) {
    return;
  }
  const bool right =
      text->size() <= kLongest && std::all_of(text->begin(), text->end(), [](char each) {
        return each == '_' || absl::ascii_isalnum(static_cast<unsigned char>(each));
      });
  if (!right) {
    errors.Add(value, StrCat(Quoted(*text), " is no name of a system call"),
               "names have letters, digits and underscores, and no group's @");
    return;
  }
  out.names.push_back(*std::move(text));
  out.names_where.push_back(value.node->where);
}

template <Condition Rule::*kMember>
void ReadConditionOf(const Value& value, RuleDraft& out, ErrorList& errors) {
  ReadCondition(value, out.rule.*kMember, errors);
}

constexpr std::array<Field<RuleDraft>, 9> kRuleKeys = {{
    {"names",
     [](const Value& value, RuleDraft& out, ErrorList& errors) {
       for (const Value& element : ReadList(value, errors)) {
         ReadSyscallName(element, out.rule, errors);
       }
     }},
    {"name",
     [](const Value& value, RuleDraft& out, ErrorList& errors) {
       out.rule.single_name = true;
       ReadSyscallName(value, out.rule, errors);
     }},
    {"action",
     [](const Value& value, RuleDraft& out, ErrorList& errors) {
       out.rule.action = ReadAction(value, errors).value_or(out.rule.action);
     },
     "write what becomes of these calls: SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, …"},
    {"errnoRet", [](const Value& value, RuleDraft& out,
                    ErrorList& errors) { out.errno_pair.number = ReadErrnoNumber(value, errors); }},
    {"errno", [](const Value& value, RuleDraft& out,
                 ErrorList& errors) { out.errno_pair.by_name = ReadErrnoName(value, errors); }},
    {"args",
     [](const Value& value, RuleDraft& out, ErrorList& errors) {
       for (const Value& element : ReadList(value, errors)) {
         ReadObject(element, out.rule.args.emplace_back(), errors, kArgumentKeys);
       }
     }},
    {"comment",
     [](const Value& value, RuleDraft& out, ErrorList& errors) {
       out.rule.comment = ReadText(value, errors, /*empty_is_fine=*/true).value_or("");
     }},
    {"includes", ReadConditionOf<&Rule::includes>},
    {"excludes", ReadConditionOf<&Rule::excludes>},
}};

Rule ReadRule(const Value& value, ErrorList& errors) {
  RuleDraft draft;
  ReadObject(value, draft, errors, kRuleKeys);
  Rule& rule = draft.rule;
  rule.where = value.node->where;
  rule.errno_ret = Agreed(draft.errno_pair, value, "errno", errors);
  rule.errno_by_name = draft.errno_pair.by_name.has_value() && !draft.errno_pair.number.has_value();
  const JsonNode* const single = Find(*value.node, "name");
  const JsonNode* const names = Find(*value.node, "names");
  if (single != nullptr && names != nullptr && !names->items.empty()) {
    errors.Add(single->where, ChildKey(value.key, "name"), "is given together with \"names\"",
               "keep \"names\", and put this name there");
  }
  return std::move(rule);
}

// Whether a reader of the OCI format would miss something that this rule says.
bool NeedsDocker(const Rule& rule) {
  return rule.single_name || rule.errno_by_name || !rule.includes.empty() || !rule.excludes.empty();
}

size_t CountNames(const JsonNode& rule) {
  const JsonNode* const names = Find(rule, "names");
  return names == nullptr ? 1 : names->items.size();
}

}  // namespace

std::optional<Action> ReadAction(const Value& value, ErrorList& errors) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "SCMP_ACT_ALLOW",        "SCMP_ACT_ERRNO",       "SCMP_ACT_KILL",
      "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
      "SCMP_ACT_TRACE",        "SCMP_ACT_TRAP",        "SCMP_ACT_NOTIFY"};
  const auto name = ReadName(value, errors, kNames);
  return name.has_value() ? ActionNamed(kNames.at(*name)) : std::nullopt;
}

std::optional<uint32_t> ReadErrnoNumber(const Value& value, ErrorList& errors) {
  // The filter has 16 bits for it; a runtime cuts off the rest, and 65536 would report success.
  const auto number = ReadUnsigned(value, errors, std::numeric_limits<uint16_t>::max());
  return number.has_value() ? std::optional(static_cast<uint32_t>(*number)) : std::nullopt;
}

std::optional<uint32_t> ReadErrnoName(const Value& value, ErrorList& errors) {
  const std::optional<std::string> text = ReadText(value, errors);
  if (!text.has_value()) {
    return std::nullopt;
  }
  // containers/common takes a number in quotes as well.
  uint16_t number = 0;
  const char* const end = text->data() + text->size();
  if (const auto result = std::from_chars(text->data(), end, number);
      result.ec == std::errc() && result.ptr == end) {
    return number;
  }
  static constexpr std::array<std::pair<std::string_view, int>, 4> kSecondNames = {
      {{"EWOULDBLOCK", EWOULDBLOCK},
       {"EDEADLOCK", EDEADLOCK},
       {"ENOTSUP", ENOTSUP},
       {"EOPNOTSUPP", EOPNOTSUPP}}};
  for (const auto& [name, second] : kSecondNames) {
    if (name == *text) {
      return static_cast<uint32_t>(second);
    }
  }
  constexpr int kBeyondAll = 256;
  for (int each = 1; each < kBeyondAll; ++each) {
    const char* const name = strerrorname_np(each);
    if (name != nullptr && *text == name) {
      return static_cast<uint32_t>(each);
    }
  }
  errors.Add(value, StrCat("unknown errno ", Quoted(*text)),
             "write its name in errno.h: \"EPERM\", \"ENOSYS\", …");
  return std::nullopt;
}

std::optional<uint32_t> Agreed(const ErrnoPair& pair, const Value& owner, std::string_view key,
                               ErrorList& errors) {
  if (pair.number.has_value() && pair.by_name.has_value() && *pair.number != *pair.by_name) {
    errors.Add(Find(*owner.node, key)->where, ChildKey(owner.key, key),
               StrCat("is errno ", *pair.by_name, ", and \"", key, "Ret\" is ", *pair.number,
                      ": which of them counts depends on the runtime"),
               "make them the same");
  }
  return pair.number.has_value() ? pair.number : pair.by_name;
}

void ReadRules(const Value& value, Profile& profile, ErrorList& errors) {
  size_t names = 0;
  for (const Value& element : ReadList(value, errors)) {
    names += CountNames(*element.node);
    if (profile.rules.size() >= kRulesMax || names > kNamesMax) {
      errors.Add(element, StrCat("more than ", kRulesMax, " rules, or than ", kNamesMax,
                                 " names of system calls"));
      return;
    }
    profile.rules.push_back(ReadRule(element, errors));
    if (NeedsDocker(profile.rules.back())) {
      profile.format = Format::kDocker;
    }
    if (errors.full()) {
      return;
    }
  }
}

}  // namespace sekisho::seccomp

#include "audit/line_parser.h"

#include <array>
#include <charconv>
#include <utility>

#include "audit/facts_cursor.h"
#include "audit/json_tape.h"
#include "base/str_cat.h"

namespace sekisho::audit {
namespace {

using std::chrono::microseconds;
using std::chrono::system_clock;

// The decimal digits text[at, at + count), or nothing.
std::optional<int> Digits(std::string_view text, size_t at, size_t count) {
  int number = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    number = number * 10 + (c - '0');
  }
  return number;
}

// As Timestamp writes it: "2026-01-31T23:59:59.000001Z".
std::optional<system_clock::time_point> ParseTimestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000000Z";
  if (text.size() != kShape.size()) {
    return std::nullopt;
  }
  for (size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != '0' && text[i] != kShape[i]) {
      return std::nullopt;
    }
  }
  const auto year = Digits(text, 0, 4);
  const auto month = Digits(text, 5, 2);
  const auto day = Digits(text, 8, 2);
  const auto hour = Digits(text, 11, 2);
  const auto minute = Digits(text, 14, 2);
  const auto second = Digits(text, 17, 2);
  const auto micros = Digits(text, 20, 6);
  if (!year || !month || !day || !hour || !minute || !second || !micros) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  // What the clock's 64 bits of nanoseconds can tell ends in the year 2262.
  if (!date.ok() || *year < 1970 || *year > 2261 || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + microseconds(*micros);
}

std::optional<policy::Action> ActionOf(std::string_view name) {
  for (const policy::Action action :
       {policy::Action::kAllow, policy::Action::kHarden, policy::Action::kDeny}) {
    if (policy::ActionName(action) == name) {
      return action;
    }
  }
  return std::nullopt;
}

policy::PodSource SourceOf(std::string_view name) {
  if (name == "api") {
    return policy::PodSource::kApi;
  }
  return name == "static" ? policy::PodSource::kStatic : policy::PodSource::kUnknown;
}

// Text members that are taken as they are.
struct TextMember {
  std::string_view key;
  std::string Line::*member;
};
constexpr std::array kTextMembers = std::to_array<TextMember>({{"method", &Line::method},
                                                               {"sandboxId", &Line::sandbox_id},
                                                               {"container", &Line::container},
                                                               {"image", &Line::image},
                                                               {"enforced", &Line::enforced},
                                                               {"levelSource", &Line::level_source},
                                                               {"rule", &Line::rule},
                                                               {"exemption", &Line::exemption},
                                                               {"recording", &Line::recording},
                                                               {"message", &Line::message},
                                                               {"policyHash", &Line::policy_hash}});
struct PodMember {
  std::string_view key;
  std::string policy::PodIdentity::*member;
};
constexpr std::array kPodMembers =
    std::to_array<PodMember>({{"namespace", &policy::PodIdentity::namespace_},
                              {"pod", &policy::PodIdentity::name},
                              {"uid", &policy::PodIdentity::uid},
                              {"runtimeHandler", &policy::PodIdentity::runtime_handler}});
struct ListMember {
  std::string_view key;
  std::vector<LineViolation> Line::*member;
};
constexpr std::array kListMembers = std::to_array<ListMember>(
    {{"violations", &Line::violations}, {"audit", &Line::audit}, {"warn", &Line::warn}});

class LineReader {
 public:
  explicit LineReader(const JsonTape& tape) : cursor_(tape) {}

  absl::StatusOr<ParsedLine> Read() {
    if (!cursor_.EnterObject()) {
      return absl::InvalidArgumentError("no JSON object");
    }
    while (const std::optional<std::string_view> key = cursor_.NextKey()) {
      TakeMember(*key);
    }
    if (!parsed_.event.empty()) {
      return std::move(parsed_);
    }
    if (wrong_.empty() && !(has_time_ && has_decision_ && !line().method.empty())) {
      wrong_ = !has_time_ ? "time" : !has_decision_ ? "decision" : "method";
    }
    if (!wrong_.empty()) {
      return absl::InvalidArgumentError(
          base::StrCat("no decision: \"", wrong_, "\" is missing or not what it should be"));
    }
    if (line().facts.has_value()) {
      line().facts->sandbox.pod = line().pod;
    }
    return std::move(parsed_);
  }

 private:
  Line& line() { return parsed_.line; }

  void TakeMember(std::string_view key) {
    if (TakeText(key) || TakeList(key)) {
      return;
    }
    if (key == "time") {
      const auto time = ParseTimestamp(cursor_.Text().value_or(""));
      has_time_ = time.has_value();
      line().time = time.value_or(system_clock::time_point());
    } else if (key == "decision") {
      const auto action = ActionOf(cursor_.Text().value_or(""));
      has_decision_ = action.has_value();
      line().action = action.value_or(policy::Action::kDeny);
    } else if (key == "source") {
      line().pod.source = SourceOf(cursor_.Text().value_or(""));
    } else if (key == "edits") {
      TakeEdits();
    } else if (key == "error") {
      TakeError();
    } else if (key == "seccompIgnored") {
      line().seccomp_ignored = cursor_.Bool().value_or(false);
    } else if (key == "durationUs") {
      line().duration = microseconds(cursor_.Integer().value_or(0));
    } else if (key == "facts") {
      DecidedFacts facts;
      if (ReadDecidedFacts(cursor_, facts).ok()) {
        line().facts = std::move(facts);
      }
    } else if (key == "event") {
      parsed_.event = cursor_.Text().value_or("");
    } else if (key == "count") {
      parsed_.event_count =
          static_cast<uint64_t>(std::max<int64_t>(0, cursor_.Integer().value_or(0)));
    } else {
      cursor_.Skip();
    }
  }

  void Into(std::string& member, std::string_view key) {
    if (const std::optional<std::string_view> text = cursor_.Text()) {
      member.assign(*text);
    } else if (wrong_.empty()) {
      wrong_ = key;
    }
  }

  bool TakeText(std::string_view key) {
    for (const TextMember& one : kTextMembers) {
      if (one.key == key) {
        Into(line().*one.member, key);
        return true;
      }
    }
    for (const PodMember& one : kPodMembers) {
      if (one.key == key) {
        Into(line().pod.*one.member, key);
        return true;
      }
    }
    return false;
  }

  bool TakeList(std::string_view key) {
    for (const ListMember& one : kListMembers) {
      if (one.key == key) {
        TakeViolations(line().*one.member);
        return true;
      }
    }
    return false;
  }

  void TakeViolations(std::vector<LineViolation>& violations) {
    if (!cursor_.EnterArray()) {
      return;
    }
    while (cursor_.NextElement()) {
      LineViolation one;
      if (!cursor_.EnterObject()) {
        continue;
      }
      while (const std::optional<std::string_view> key = cursor_.NextKey()) {
        if (*key == "check") {
          Into(one.check, *key);
        } else if (*key == "reason") {
          Into(one.reason, *key);
        } else if (*key == "detail") {
          Into(one.detail, *key);
        } else {
          cursor_.Skip();
        }
      }
      violations.push_back(std::move(one));
    }
  }

  void TakeEdits() {
    if (!cursor_.EnterArray()) {
      return;
    }
    while (cursor_.NextElement()) {
      policy::EditRecord one;
      if (!cursor_.EnterObject()) {
        continue;
      }
      while (const std::optional<std::string_view> key = cursor_.NextKey()) {
        if (*key == "field") {
          Into(one.field, *key);
        } else if (*key == "before") {
          Into(one.before, *key);
        } else if (*key == "after") {
          Into(one.after, *key);
        } else {
          cursor_.Skip();
        }
      }
      line().edits.push_back(std::move(one));
    }
  }

  void TakeError() {
    if (!cursor_.EnterObject()) {
      return;
    }
    while (const std::optional<std::string_view> key = cursor_.NextKey()) {
      if (*key == "id") {
        Into(line().error_id, *key);
      } else if (*key == "text") {
        Into(line().error, *key);
      } else {
        cursor_.Skip();
      }
    }
  }

  JsonCursor cursor_;
  ParsedLine parsed_;
  bool has_time_ = false;
  bool has_decision_ = false;
  std::string wrong_;  // the key of a member that cannot be what it is
};

// Where the facts begin, which are a line's last member: `,"facts":{…}}`. Within a text there is a
// backslash before each quotation mark, so that nothing else of what the agent writes reads like
// it.
size_t FactsAt(std::string_view json) {
  return json.ends_with("}}") ? json.find(",\"facts\":{") : std::string_view::npos;
}

}  // namespace

absl::StatusOr<ParsedLine> LineParser::Parse(std::string_view json, bool with_facts) {
  if (const size_t at = with_facts ? std::string_view::npos : FactsAt(json);
      at != std::string_view::npos && tape_.Parse(base::StrCat(json.substr(0, at), "}"))) {
    if (absl::StatusOr<ParsedLine> parsed = LineReader(tape_).Read(); parsed.ok()) {
      return parsed;
    }
  }
  // Or somebody else wrote it, with such a member elsewhere.
  if (!tape_.Parse(json)) {
    return absl::InvalidArgumentError("no JSON");
  }
  return LineReader(tape_).Read();
}

absl::StatusOr<Line> ParseLine(std::string_view json) {
  absl::StatusOr<ParsedLine> parsed = LineParser().Parse(json, true);
  if (!parsed.ok()) {
    return parsed.status();
  }
  if (!parsed->event.empty()) {
    return absl::InvalidArgumentError("no decision, but an event");
  }
  return std::move(parsed->line);
}

}  // namespace sekisho::audit

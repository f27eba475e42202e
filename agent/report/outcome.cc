#include "report/outcome.h"

#include <algorithm>
#include <tuple>

#include "base/str_cat.h"

namespace sekisho::report {
namespace {

// No request fails more: there are not so many checks. A forged line is not worth more time.
constexpr size_t kFindingsMax = 128;

// A refusal names what was not repaired, and nothing else.
bool IsNamed(const audit::Line& line, const audit::LineViolation& violation) {
  const std::string& message = line.message;
  if (violation.detail.empty()) {
    return message.find(violation.reason) != std::string::npos;
  }
  return message.find(base::StrCat(violation.reason, " (", violation.detail, ")")) !=
         std::string::npos;
}

}  // namespace

void Counts::Add(Outcome outcome, uint64_t times) {
  switch (outcome) {
    case Outcome::kRefused:
      refused += times;
      return;
    case Outcome::kHardened:
      hardened += times;
      return;
    case Outcome::kNoted:
      noted += times;
      return;
  }
}

void Counts::Add(const Counts& other) {
  refused += other.refused;
  hardened += other.hardened;
  noted += other.noted;
}

Outcome Counts::worst() const {
  if (refused > 0) {
    return Outcome::kRefused;
  }
  return hardened > 0 ? Outcome::kHardened : Outcome::kNoted;
}

bool IsWorse(const Counts& a, const Counts& b) {
  return std::tie(a.refused, a.hardened, a.noted) > std::tie(b.refused, b.hardened, b.noted);
}

std::string_view OutcomeWord(Outcome outcome) {
  switch (outcome) {
    case Outcome::kRefused:
      return "refused";
    case Outcome::kHardened:
      return "hardened";
    case Outcome::kNoted:
      break;
  }
  return "audit or warn only";
}

std::string_view OutcomeLetter(Outcome outcome) {
  switch (outcome) {
    case Outcome::kRefused:
      return "R";
    case Outcome::kHardened:
      return "H";
    case Outcome::kNoted:
      break;
  }
  return "A";
}

char OutcomeClass(Outcome outcome) {
  switch (outcome) {
    case Outcome::kRefused:
      return 'r';
    case Outcome::kHardened:
      return 'h';
    case Outcome::kNoted:
      break;
  }
  return 'a';
}

std::vector<Found> FindingsOf(const audit::Line& line) {
  std::vector<Found> found;
  found.reserve(line.violations.size() + line.audit.size());
  const auto add = [&found](const audit::LineViolation& violation, Outcome outcome) {
    const auto known = std::find_if(found.begin(), found.end(), [&violation](const Found& one) {
      return one.violation->check == violation.check;
    });
    if (known == found.end() && found.size() < kFindingsMax) {
      found.push_back({&violation, outcome});
    } else if (known != found.end() && outcome == Outcome::kRefused) {
      *known = {&violation, outcome};  // two levels are enforced, and one of them refuses it
    }
  };
  const bool denied = line.action == policy::Action::kDeny;
  for (const audit::LineViolation& violation : line.violations) {
    add(violation, denied && IsNamed(line, violation) ? Outcome::kRefused : Outcome::kHardened);
  }
  for (const auto* list : {&line.audit, &line.warn}) {
    for (const audit::LineViolation& violation : *list) {
      add(violation, Outcome::kNoted);
    }
  }
  return found;
}

}  // namespace sekisho::report

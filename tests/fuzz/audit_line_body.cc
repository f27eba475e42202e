// A line of the audit log: what `replay` and `report` read, from wherever it was copied.
#include <string>
#include <string_view>

#include "audit/decided_facts.h"
#include "audit/line_parser.h"
#include "audit/reader.h"
#include "base/str_cat.h"
#include "fuzz/target.h"

namespace sekisho::testing {
namespace {

using audit::DecidedFacts;

// What is kept of facts is the facts.
std::string BrokenFacts(DecidedFacts facts) {
  facts.sandbox.pod = {};  // is the line's
  const std::string json = ToJson(facts);
  const absl::StatusOr<DecidedFacts> again = audit::ParseDecidedFacts(json);
  if (!again.ok()) {
    return base::StrCat("written facts cannot be read: ", base::StdView(again.status().message()));
  }
  if (*again != facts) {
    return "written and read again, facts are others";
  }
  std::string redacted;
  AppendRedacted(facts, redacted);
  const absl::StatusOr<DecidedFacts> read = audit::ParseDecidedFacts(redacted);
  if (!read.ok()) {
    return "redacted facts cannot be read";
  }
  std::string twice;
  AppendRedacted(*read, twice);
  return twice == redacted ? "" : "redacted twice, facts are not the same";
}

FuzzResult CheckAuditLine(std::string_view bytes) {
  // Used for line after line, as the reader does: what one leaves behind must not show in the next.
  static audit::LineParser parser;
  const absl::StatusOr<audit::ParsedLine> parsed = parser.Parse(bytes, true);
  const absl::StatusOr<audit::ParsedLine> alone = audit::LineParser().Parse(bytes, true);
  FuzzResult result{.accepted = parsed.ok()};
  if (parsed.ok() != alone.ok()) {
    result.broken = "whether it is a line depends on what was read before";
  } else if (parsed.ok() && !parser.Parse(bytes, false).ok()) {
    result.broken = "with its facts it can be read, and without them it cannot";
  } else if (!parsed.ok()) {
    result.broken = parsed.status().message().empty() ? "refused without a word" : "";
  } else if (parsed->line.facts != alone->line.facts ||
             parsed->line.message != alone->line.message || parsed->event != alone->event) {
    result.broken = "the parser remembers what it read before";
  } else if (parsed->line.facts.has_value()) {
    result.broken = BrokenFacts(*parsed->line.facts);
  }
  const absl::StatusOr<DecidedFacts> facts = audit::ParseDecidedFacts(bytes);
  if (facts.ok() && result.broken.empty()) {
    result.broken = BrokenFacts(*facts);
  }
  return result;
}

const RegisterFuzzTarget kAuditLine("audit_line", CheckAuditLine);

}  // namespace
}  // namespace sekisho::testing

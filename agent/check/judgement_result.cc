#include "check/judgement_result.h"

#include "policy/evaluate.h"

namespace sekisho::check {

std::vector<ResultEdit> EditsOf(const enforce::Judgement& judgement) {
  std::vector<ResultEdit> edits;
  for (const policy::EditRecord& record : judgement.decision.edit_records) {
    edits.push_back({judgement.container, record.field, record.before, record.after});
  }
  return edits;
}

std::vector<policy::Violation> RefusalsOf(const enforce::Judgement& judgement) {
  if (judgement.status.ok() || !judgement.error_id.empty()) {
    return {};
  }
  std::vector<policy::Violation> unrepaired =
      policy::Unrepaired(*judgement.spec, judgement.decision.violations);
  // Nothing is left where a repair was to be made and does not reach what is wrong.
  return unrepaired.empty() ? judgement.decision.violations : unrepaired;
}

void SetSpec(const policy::Spec& spec, Result& result) {
  result.enforced = spec.EnforcedText();
  result.rule = spec.origin;
  result.exemption = spec.exemption_reason.value_or("");
}

std::string MessageOf(const std::vector<ResultViolation>& violations) {
  std::vector<policy::Violation> plain;
  plain.reserve(violations.size());
  for (const ResultViolation& violation : violations) {
    plain.push_back({violation.check, violation.reason, violation.detail});
  }
  return policy::ViolationsText(plain);
}

}  // namespace sekisho::check

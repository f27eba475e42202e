// From the daemon's judgements to results, shared by both kinds of check.
#pragma once

#include <string>
#include <vector>

#include "check/result.h"
#include "enforce/judge.h"
#include "policy/decision.h"
#include "policy/spec.h"

namespace sekisho::check {

std::vector<ResultEdit> EditsOf(const enforce::Judgement& judgement);
// Why the policy refuses a request; nothing where it does not, or where it is not the policy that
// refuses.
std::vector<policy::Violation> RefusalsOf(const enforce::Judgement& judgement);
void SetSpec(const policy::Spec& spec, Result& result);
// `reason (detail), …`
std::string MessageOf(const std::vector<ResultViolation>& violations);

}  // namespace sekisho::check

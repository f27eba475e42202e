// What can be said of a profile by reading it, rule by rule.
#pragma once

#include <string>
#include <vector>

#include "seccomp/lint.h"

namespace sekisho::seccomp {

// Whether runc leaves the rule out because it does what the default does anyway.
bool DoesWhatTheDefaultDoes(const Rule& rule, const Profile& profile);
// Whether libseccomp knows none of its names, so that runc leaves it out.
bool NamesNothingKnown(const Rule& rule);

// "rule for mount, umount2 and 4 more".
std::string Title(const Rule& rule);

void AddRuleRemarks(const Profile& profile, std::vector<Remark>* remarks);

// Errors first, then by place.
void Sort(std::vector<Remark>* remarks);

}  // namespace sekisho::seccomp

// Pods that fail a check each.
#pragma once

#include <string>
#include <vector>

#include "policy/controls.h"
#include "policy/spec.h"

namespace sekisho::testing {

struct FixRow {
  const char* name;
  std::string check;
  std::string spec;  // of the pod, in YAML's flow style
  std::string annotations = "{}";
  int minor = policy::kLatestMinor;
  policy::Controls controls = {};
  bool seccomp_default = false;
  // What a request does not tell of the manifest, so that the node's words cannot name it.
  const char* declared_only = nullptr;
};

std::vector<FixRow> BaselineRows();
std::vector<FixRow> RestrictedRows();
std::vector<FixRow> ControlRows();

}  // namespace sekisho::testing

// A policy file as it was written: typed and checked key by key, but not yet merged. What a rule
// leaves out is absent here, so that it can be inherited.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "config/controls_file.h"
#include "config/label_rules_file.h"
#include "config/profile_name.h"
#include "config/seccomp_file.h"
#include "config/snapshot.h"
#include "config/trust_file.h"
#include "policy/policy.h"
#include "policy/spec.h"

namespace sekisho::config {

// What harden.seccomp.unconfined says.
struct UnconfinedFile {
  bool deny = false;
  std::optional<ProfileName> localhost;  // neither this nor deny: RuntimeDefault
};

struct HardenFile {
  std::optional<UnconfinedFile> unconfined;
  std::optional<ProfileName> seccomp_always;
  std::optional<std::vector<std::string>> drop_capabilities;
  std::optional<bool> no_new_privileges;
  std::optional<bool> masked_paths;
};

using OnViolationFile = std::array<std::optional<policy::OnViolation>, policy::kCheckGroupCount>;

struct SpecFile {
  std::optional<policy::Level> enforce, audit, warn;
  std::optional<policy::Version> enforce_version, audit_version, warn_version;
  HardenFile harden;
  OnViolationFile on_violation;
  LocalhostFile localhost;
  LabelRulesFile labels;
  // Each replaces the inherited one as a whole.
  std::optional<ControlsFile> controls;
  std::optional<VolumesFile> volumes;
  std::optional<DevicesFile> devices;
  std::optional<AnnotationsFile> annotations;
};

struct RuleFile : SpecFile {
  policy::Match match;
  std::string name;
  std::string key;  // "rules[0]"
  Location where;
};

struct ExemptionFile {
  policy::Match match;
  std::string reason;
  std::optional<std::chrono::sys_seconds> expires_at;
  std::string key;
  Location where;
  Location expires_where;
};

struct PolicyFile {
  std::string path;                 // for diagnostics
  std::string label;                // "policy.yaml", "policy.d/10-team.yaml": for origins
  std::optional<int64_t> revision;  // of the main file, as what follows
  std::optional<int64_t> replaces_revision;
  Location revision_where;
  SpecFile defaults;  // of the main file; all but the levels stands at its top level
  std::vector<RuleFile> rules;
  std::vector<ExemptionFile> exemptions;
};

// The main file holds everything; a drop-in holds rules and exemptions only.
enum class PolicyFileRole { kMain, kDropIn };

// Reads one file's text into `file` (whose path and label are set). Every error found is added, in
// no order, and every warning.
void ParsePolicyFile(std::string_view bytes, PolicyFileRole role, PolicyFile* file,
                     std::vector<Diagnostic>* errors, std::vector<Diagnostic>* warnings);

}  // namespace sekisho::config

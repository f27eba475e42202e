// LoadPolicy: reads every policy file, merges what rules inherit, and freezes the result.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <tuple>
#include <utility>

#include "base/str_cat.h"
#include "config/contradictions.h"
#include "config/digest.h"
#include "config/node_profiles.h"
#include "config/policy_choice.h"
#include "config/policy_file.h"
#include "config/snapshot.h"
#include "config/spec_entries.h"
#include "config/trusted_file.h"

namespace sekisho::config {
namespace {

using base::StrCat;

struct Loaded {
  std::vector<PolicyFile> files;  // the main file first
  std::vector<std::pair<std::string, std::string>> labels_and_bytes;
};

std::string BaseName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

void ReadOne(const std::string& path, std::string label, PolicyFileRole role, Loaded* loaded,
             std::vector<Diagnostic>* errors, std::vector<Diagnostic>* warnings) {
  std::optional<std::string> bytes = ReadTrustedFile(path, errors);
  if (!bytes.has_value()) {
    return;
  }
  PolicyFile file;
  file.path = path;
  file.label = label;
  ParsePolicyFile(*bytes, role, &file, errors, warnings);
  loaded->files.push_back(std::move(file));
  loaded->labels_and_bytes.emplace_back(std::move(label), *std::move(bytes));
}

// "policy.yaml: rules[0] (line 12)", with the rule's name when it has one.
std::string Origin(const PolicyFile& file, const std::string& key, const std::string& name,
                   Location where) {
  const std::string shown_name = name.empty() ? "" : StrCat(" \"", name, "\"");
  return StrCat(file.label, ": ", key, shown_name, " (line ", where.line, ")");
}

// Turns written specs into complete ones. Resolves profile names on the way, each where it is
// written, so that a rule that inherits a missing profile does not report it again.
class Merger {
 public:
  // `profiles` outlives it.
  Merger(std::string seccomp_root, NodeProfiles* profiles, std::vector<Diagnostic>* errors)
      : seccomp_root_(std::move(seccomp_root)), profiles_(profiles), errors_(errors) {}

  // `base` with every key that `over` gives.
  policy::Spec Merge(policy::Spec base, const PolicyFile& file, const SpecFile& over) {
    Take(over.enforce, base.enforce.level);
    Take(over.enforce_version, base.enforce.version);
    Take(over.audit, base.audit.level);
    Take(over.audit_version, base.audit.version);
    Take(over.warn, base.warn.level);
    Take(over.warn_version, base.warn.version);
    MergeHardening(base.harden, file, over.harden);
    for (size_t i = 0; i < over.on_violation.size(); ++i) {
      Take(over.on_violation[i], base.on_violation[i]);
    }
    MergeLocalhost(base, file, over.localhost);
    MergeLabels(base.labels, over.labels);
    MergeTrust(base, over);
    MergeControls(base, file, over);
    return base;
  }

 private:
  template <typename T>
  static void Take(const std::optional<T>& given, T& into) {
    if (given.has_value()) {
      into = *given;
    }
  }

  void MergeHardening(policy::Hardening& base, const PolicyFile& file, const HardenFile& over) {
    if (over.unconfined.has_value()) {
      base.deny_unconfined = over.unconfined->deny;
      base.seccomp_unconfined = {};
      if (over.unconfined->localhost.has_value()) {
        base.seccomp_unconfined = Resolve(file, *over.unconfined->localhost);
      }
    }
    if (over.seccomp_always.has_value()) {
      base.seccomp_always = Resolve(file, *over.seccomp_always);
    }
    Take(over.drop_capabilities, base.drop_capabilities);
    Take(over.no_new_privileges, base.no_new_privileges);
    Take(over.masked_paths, base.masked_paths);
  }

  void MergeLocalhost(policy::Spec& base, const PolicyFile& file, const LocalhostFile& over) {
    if (over.floor.has_value()) {
      seccomp::Floor& floor = base.localhost.floor;
      floor = {
          over.floor->none ? seccomp::Floor::Kind::kNone : seccomp::Floor::Kind::kRuntimeDefault,
          ""};
      if (over.floor->localhost.has_value()) {
        floor = {seccomp::Floor::Kind::kFile,
                 *Resolve(file, *over.floor->localhost).localhost_path};
      }
    }
    if (over.missing.has_value()) {
      base.missing_profile.reset();
      if (over.missing->localhost.has_value()) {
        base.missing_profile = Resolve(file, *over.missing->localhost);
      } else if (!over.missing->deny) {
        base.missing_profile = policy::SeccompTarget{};
      }
    }
    Take(over.must_deny, base.localhost.must_deny);
    Take(over.docker_format, base.localhost.docker_format);
    Take(over.allow_unconfined_in_disguise, base.localhost.allow_unconfined_in_disguise);
  }

  static void MergeLabels(policy::LabelRules& base, const LabelRulesFile& over) {
    Take(over.mode, base.mode);
    Take(over.stale_after, base.stale_after);
    Take(over.when_stale, base.when_stale);
    Take(over.unknown_namespace, base.unknown_namespace);
  }

  // What is replaced as a whole.
  static void MergeTrust(policy::Spec& base, const SpecFile& over) {
    if (over.volumes.has_value()) {
      base.trust.host_paths = over.volumes->host_paths;
      base.trust.persistent_volumes = over.volumes->persistent_volumes;
    }
    if (over.devices.has_value()) {
      base.trust.devices = over.devices->trusted;
      base.trust.cdi_kinds = over.devices->cdi_kinds;
    }
    if (over.annotations.has_value()) {
      base.annotations = over.annotations->Rules();
    }
  }

  void MergeControls(policy::Spec& base, const PolicyFile& file, const SpecFile& over) {
    if (!over.controls.has_value()) {
      return;
    }
    base.controls = *over.controls;
    // A profile that is only compared with need not be on this node.
    if (over.controls->seccomp_file.has_value() &&
        base.For(policy::CheckGroup::kSeccomp) == policy::OnViolation::kHarden) {
      Resolve(file, *over.controls->seccomp_file);
    }
  }

  policy::SeccompTarget Resolve(const PolicyFile& file, const ProfileName& profile) {
    std::string path = StrCat(seccomp_root_, "/", profile.name);
    for (const FileFault& fault : profiles_->FaultsOf(path)) {
      errors_->push_back(
          MakeDiagnostic(file.path, profile.where, profile.key, fault.message, fault.fix));
    }
    return {.localhost_path = std::move(path)};
  }

  std::string seccomp_root_;
  NodeProfiles* profiles_;
  std::vector<Diagnostic>* errors_;
};

// Two rules with the same match: only one of them could ever apply, and which is an accident.
class MatchRegister {
 public:
  explicit MatchRegister(std::vector<Diagnostic>* errors) : errors_(errors) {}

  void Add(const PolicyFile& file, const RuleFile& rule) {
    const policy::Match& match = rule.match;  // the reader has sorted every list
    const auto [place, fresh] =
        seen_.emplace(std::tuple(match.namespaces, match.pods, match.containers,
                                 match.runtime_handlers, match.source),
                      StrCat(file.path, ":", rule.where.line, " (", rule.key, ")"));
    if (!fresh) {
      errors_->push_back(MakeDiagnostic(file.path, rule.where, rule.key,
                                        StrCat("has the same match as the rule at ", place->second),
                                        "merge the two rules"));
    }
  }

 private:
  using Texts = std::vector<std::string>;
  std::vector<Diagnostic>* errors_;
  std::map<std::tuple<Texts, Texts, Texts, Texts, std::optional<policy::PodSource>>, std::string>
      seen_;
};

// Where `written` names the profile that has become `path`; null when it inherits it.
const ProfileName* WhereNamed(const SpecFile& written, const std::string& root,
                              const std::string& path) {
  const std::optional<ProfileName> none;
  const HardenFile& harden = written.harden;
  const LocalhostFile& localhost = written.localhost;
  const std::array<const std::optional<ProfileName>*, 5> names = {
      &harden.seccomp_always,
      harden.unconfined.has_value() ? &harden.unconfined->localhost : &none,
      localhost.floor.has_value() ? &localhost.floor->localhost : &none,
      localhost.missing.has_value() ? &localhost.missing->localhost : &none,
      written.controls.has_value() ? &written.controls->seccomp_file : &none,
  };
  for (const std::optional<ProfileName>* const name : names) {
    if (name->has_value() && StrCat(root, "/", (*name)->name) == path) {
      return &**name;
    }
  }
  return nullptr;
}

// What cannot all hold in one spec, with the files that it names.
struct Contradictions {
  std::vector<Contradiction> settings;
  std::vector<ProfileContradiction> profiles;
};
Contradictions AllIn(const policy::Spec& spec, NodeProfiles& profiles) {
  return {ContradictionsIn(spec), profiles.ContradictionsIn(spec)};
}

// One entry of a policy file, as diagnostics name it.
struct Entry {
  const PolicyFile& file;
  const SpecFile& written;
  std::string key;
  Location where;
};

// Contradictions are of a whole spec, so they are reported where its controls were written (or
// where the profile was named), or else for the entry; not again for each rule that inherits all of
// it.
void Report(Contradictions found, const Contradictions& inherited, const Entry& entry,
            const std::string& seccomp_root, std::vector<Diagnostic>* errors) {
  const std::string& path = entry.file.path;
  const std::optional<ControlsFile>& controls = entry.written.controls;
  for (Contradiction& one : found.settings) {
    if (controls.has_value() ||
        std::ranges::find(inherited.settings, one) == inherited.settings.end()) {
      errors->push_back(MakeDiagnostic(path, controls.has_value() ? controls->where : entry.where,
                                       controls.has_value() ? controls->key : entry.key,
                                       std::move(one.message), std::move(one.fix)));
    }
  }
  for (ProfileContradiction& one : found.profiles) {
    const ProfileName* name = WhereNamed(entry.written, seccomp_root, one.path);
    if (name != nullptr || std::ranges::find(inherited.profiles, one) == inherited.profiles.end()) {
      errors->push_back(MakeDiagnostic(path, name != nullptr ? name->where : entry.where,
                                       name != nullptr ? name->key : entry.key,
                                       std::move(one.what.message), std::move(one.what.fix)));
    }
  }
}

// Each rule has a spec of its own, with every list that it inherits: a file of 1 MiB has room for
// so many rules and such long lists that they come to gigabytes.
constexpr size_t kMostEntries = 1'000'000;

std::vector<policy::Rule> BuildRules(const Loaded& loaded, const policy::Spec& defaults,
                                     Merger* merger, NodeProfiles* profiles,
                                     std::vector<Diagnostic>* errors) {
  std::vector<policy::Rule> rules;
  MatchRegister matches(errors);
  const Contradictions inherited = AllIn(defaults, *profiles);
  size_t entries = 0;
  for (const PolicyFile& file : loaded.files) {
    for (const RuleFile& written : file.rules) {
      matches.Add(file, written);
      policy::Rule rule;
      rule.match = written.match;
      rule.origin = Origin(file, written.key, written.name, written.where);
      rule.spec = merger->Merge(defaults, file, written);
      rule.spec.origin = rule.origin;
      entries += EntriesOf(rule.spec);
      if (entries > kMostEntries) {
        errors->push_back(MakeDiagnostic(
            file.path, written.where, written.key,
            StrCat("the lists of all rules up to this one, with what they inherit, have more than ",
                   kMostEntries, " entries"),
            "write fewer rules or shorter lists"));
        return rules;
      }
      Report(AllIn(rule.spec, *profiles), inherited, {file, written, written.key, written.where},
             rule.spec.node.seccomp_root, errors);
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

std::vector<policy::Exemption> BuildExemptions(const Loaded& loaded, std::chrono::sys_seconds now,
                                               std::vector<Diagnostic>* warnings) {
  std::vector<policy::Exemption> exemptions;
  for (const PolicyFile& file : loaded.files) {
    for (const ExemptionFile& written : file.exemptions) {
      if (written.expires_at.has_value() && *written.expires_at <= now) {
        warnings->push_back(MakeDiagnostic(
            file.path, written.expires_where, StrCat(written.key, ".expires"),
            "this exemption has expired and no longer applies", "remove it, or give a later date"));
      }
      exemptions.push_back({.match = written.match,
                            .reason = written.reason,
                            .expires_at = written.expires_at,
                            .origin = Origin(file, written.key, "", written.where)});
    }
  }
  return exemptions;
}

// Who writes `follow` means to be told by the API server; here nobody asks it.
void WarnOfUnheardLabels(const AgentConfig& config, const Loaded& loaded,
                         std::vector<Diagnostic>* warnings) {
  if (!config.kubeconfig.empty() || !config.service_account_dir.empty()) {
    return;
  }
  for (const PolicyFile& file : loaded.files) {
    std::vector<const LabelRulesFile*> all = {&file.defaults.labels};
    for (const RuleFile& rule : file.rules) {
      all.push_back(&rule.labels);
    }
    for (const LabelRulesFile* const labels : all) {
      if (labels->mode == policy::LabelMode::kFollow) {
        warnings->push_back(MakeDiagnostic(file.path, labels->mode_where, labels->mode_key,
                                           "labels are never heard of: the policy decides alone",
                                           "give kubernetes.kubeconfig in config.yaml"));
        return;  // once is enough
      }
    }
  }
}

}  // namespace

LoadResult<Snapshot> LoadPolicy(const AgentConfig& config, std::chrono::sys_seconds now,
                                const NodeIdentity& node) {
  LoadResult<Snapshot> result;
  Snapshot& snapshot = result.value;
  Loaded loaded;
  const std::string main_path = ChoosePolicyFile(config, node);
  snapshot.files.push_back(main_path);
  ReadOne(main_path, BaseName(main_path), PolicyFileRole::kMain, &loaded, &result.errors,
          &snapshot.warnings);
  for (const std::string& name :
       ListTrustedDirectory(config.policy_dir, &result.errors, &snapshot.warnings)) {
    const std::string path = StrCat(config.policy_dir, "/", name);
    snapshot.files.push_back(path);
    ReadOne(path, StrCat(BaseName(config.policy_dir), "/", name), PolicyFileRole::kDropIn, &loaded,
            &result.errors, &snapshot.warnings);
  }

  policy::Spec defaults = policy::DefaultSpec();
  defaults.node.kubelet_seccomp_default = config.kubelet_seccomp_default;
  defaults.node.seccomp_root =
      StrCat(config.kubelet_root == "/" ? "" : config.kubelet_root, "/seccomp");
  NodeProfiles profiles(defaults.node.seccomp_root);
  Merger merger(defaults.node.seccomp_root, &profiles, &result.errors);
  if (!loaded.files.empty() && loaded.files.front().path == main_path) {
    const PolicyFile& main_file = loaded.files.front();
    snapshot.revision = main_file.revision;
    snapshot.replaces_revision = main_file.replaces_revision;
    snapshot.revision_where = main_file.revision_where;
    defaults.origin = StrCat(main_file.label, ": defaults");
    defaults = merger.Merge(std::move(defaults), main_file, main_file.defaults);
    Report(AllIn(defaults, profiles), {}, {main_file, main_file.defaults, "defaults", {}},
           defaults.node.seccomp_root, &result.errors);
  }
  std::vector<policy::Rule> rules =
      BuildRules(loaded, defaults, &merger, &profiles, &result.errors);
  std::vector<policy::Exemption> exemptions = BuildExemptions(loaded, now, &snapshot.warnings);
  WarnOfUnheardLabels(config, loaded, &snapshot.warnings);
  snapshot.hash = DigestFiles(loaded.labels_and_bytes);
  if (snapshot.hash.empty()) {
    result.errors.push_back(AboutFile(main_path, "cannot compute its SHA-256"));
  }
  SortByPlace(snapshot.files, result.errors);
  SortByPlace(snapshot.files, snapshot.warnings);
  if (result.ok()) {
    snapshot.policy = std::make_shared<const policy::Policy>(std::move(defaults), std::move(rules),
                                                             std::move(exemptions));
  }
  return result;
}

}  // namespace sekisho::config

#include "policy/namespace_labels.h"

#include <algorithm>
#include <utility>

namespace sekisho::policy {
namespace {

using Value = std::optional<std::string>;

// A level that is none counts as `fallback`.
void ReadLevel(const Value& label, Level fallback, Level& level) {
  if (label.has_value()) {
    level = ParseLevel(*label).value_or(fallback);
  }
}
void ReadVersion(const Value& label, Version& version) {
  if (label.has_value()) {
    version = ParseVersion(*label).value_or(Version{});
  }
}

// The higher level; of equal ones the newer version.
LevelVersion Stricter(const LevelVersion& a, const LevelVersion& b) {
  const auto rank = [](const LevelVersion& one) {
    return std::pair(one.level, one.version.Clamped());
  };
  return rank(a) < rank(b) ? b : a;
}

// Both enforced levels, as one where that says the same.
void Join(const LevelVersion& of_file, const LevelVersion& of_labels, LevelChoice& choice) {
  choice.levels.enforce = Stricter(of_file, of_labels);
  const LevelVersion& other = choice.levels.enforce == of_file ? of_labels : of_file;
  // At one version, a level has every check of the levels below.
  if (other.level != Level::kPrivileged &&
      other.version.Clamped() != choice.levels.enforce.version.Clamped()) {
    choice.also_enforce = other;
  }
}

LevelChoice Floor(const Levels& of_file, const Levels& of_labels, LevelSource source) {
  LevelChoice choice{.levels = of_file, .also_enforce = std::nullopt, .source = source};
  Join(of_file.enforce, of_labels.enforce, choice);
  choice.levels.audit = Stricter(of_file.audit, of_labels.audit);
  choice.levels.warn = Stricter(of_file.warn, of_labels.warn);
  return choice;
}

LevelChoice ByLabels(LabelMode mode, const Levels& of_file, const PodSecurityLabels& labels,
                     LevelSource source) {
  if (mode == LabelMode::kFollow) {
    return {.levels = LevelsFromLabels(labels, of_file),
            .also_enforce = std::nullopt,
            .source = source};
  }
  return Floor(of_file, LevelsFromLabels(labels, Levels{}), source);
}

}  // namespace

const std::array<PodSecurityLabelKey, 6>& PodSecurityLabelKeys() {
  static constexpr std::array<PodSecurityLabelKey, 6> kKeys = {{
      {"pod-security.kubernetes.io/enforce", &PodSecurityLabels::enforce},
      {"pod-security.kubernetes.io/enforce-version", &PodSecurityLabels::enforce_version},
      {"pod-security.kubernetes.io/audit", &PodSecurityLabels::audit},
      {"pod-security.kubernetes.io/audit-version", &PodSecurityLabels::audit_version},
      {"pod-security.kubernetes.io/warn", &PodSecurityLabels::warn},
      {"pod-security.kubernetes.io/warn-version", &PodSecurityLabels::warn_version},
  }};
  return kKeys;
}

Levels LevelsFromLabels(const PodSecurityLabels& labels, const Levels& defaults) {
  Levels levels = defaults;
  ReadLevel(labels.enforce, Level::kRestricted, levels.enforce.level);
  ReadVersion(labels.enforce_version, levels.enforce.version);
  ReadLevel(labels.audit, Level::kPrivileged, levels.audit.level);
  ReadVersion(labels.audit_version, levels.audit.version);
  ReadLevel(labels.warn, Level::kPrivileged, levels.warn.level);
  ReadVersion(labels.warn_version, levels.warn.version);
  const bool enforces = labels.enforce.has_value() && ParseLevel(*labels.enforce).has_value();
  if (enforces && !labels.warn.has_value() && levels.enforce.level > levels.warn.level) {
    levels.warn.level = levels.enforce.level;
    if (!labels.warn_version.has_value()) {
      levels.warn.version = levels.enforce.version;
    }
  }
  return levels;
}

LevelChoice ChooseLevels(const Spec& spec, const NamespaceView& view, const PodIdentity& pod) {
  const Levels of_file{spec.enforce, spec.audit, spec.warn};
  const auto file_alone = [&](LevelSource source) {
    return LevelChoice{of_file, spec.also_enforce, source};
  };
  const LabelRules& rules = spec.labels;
  if (view.table == nullptr || rules.mode == LabelMode::kIgnore) {
    return file_alone(LevelSource::kPolicy);
  }
  const bool is_static = pod.source == PodSource::kStatic;
  if (is_static && !view.synced) {
    return file_alone(LevelSource::kStaticBeforeSync);
  }
  const bool stale = !view.age.has_value() || *view.age > rules.stale_after;
  if (stale && rules.when_stale != WhenStale::kKeep) {
    if (is_static || rules.when_stale == WhenStale::kFilePolicy) {
      return file_alone(LevelSource::kStale);
    }
    return Floor(of_file, {.enforce = {Level::kRestricted, {}}, .audit = {}, .warn = {}},
                 LevelSource::kStale);
  }
  const PodSecurityLabels* labels = view.table->Find(pod.namespace_);
  if (labels != nullptr) {
    return ByLabels(rules.mode, of_file, *labels,
                    stale ? LevelSource::kStaleLabels : LevelSource::kLabels);
  }
  if (!rules.unknown_namespace.has_value()) {
    return file_alone(LevelSource::kUnknownNamespace);
  }
  const PodSecurityLabels as_if{.enforce = std::string(LevelName(*rules.unknown_namespace))};
  return ByLabels(rules.mode, of_file, as_if, LevelSource::kUnknownNamespace);
}

Spec WithLevels(Spec spec, const LevelChoice& choice) {
  spec.enforce = choice.levels.enforce;
  spec.audit = choice.levels.audit;
  spec.warn = choice.levels.warn;
  spec.also_enforce = choice.also_enforce;
  spec.level_source = choice.source;
  return spec;
}

}  // namespace sekisho::policy

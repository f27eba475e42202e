#include "config/policy_file.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "config/keys.h"
#include "config/policy_values.h"
#include "config/yaml_reader.h"

namespace sekisho::config {
namespace {

using base::StrCat;
using policy::CheckGroup;
using policy::Match;

template <typename T, auto kMember, auto kParse>
constexpr Field<T> Leaf(std::string_view name, std::string_view type, std::string_view fallback,
                        std::string_view doc) {
  return {name, type, fallback, doc, &ReadLeaf<T, kMember, kParse>, false, nullptr};
}

template <typename T, auto kRead, const auto& kTable>
constexpr Field<T> Section(std::string_view name) {
  return {name, "mapping", "", "", kRead, false, &ListTable<kTable>};
}

// --- match ---------------------------------------------------------------------------------------
constexpr std::array<Field<Match>, 5> kMatch = {
    Leaf<Match, &Match::namespaces, ReadNamePatterns>("namespaces", "list of patterns", "any",
                                                      "The pod's namespace."),
    Leaf<Match, &Match::pods, ReadPodPatterns>(
        "pods", "list of patterns", "any",
        "The pod's name; a static pod's ends in `-` and the node's name."),
    Leaf<Match, &Match::containers, ReadNamePatterns>(
        "containers", "list of patterns", "any",
        "The container's name; init and ephemeral containers count too."),
    Leaf<Match, &Match::runtime_handlers, ReadRuntimeHandlers>(
        "runtimeHandlers", "list of exact names", "any",
        "The RuntimeClass's handler; `\"\"` is the default one."),
    Leaf<Match, &Match::source, ReadSource>(
        "source", "`static` or `api`", "any",
        "Where the kubelet got the pod: a file of this node, or the API server."),
};

template <typename T>
void ReadMatch(const Value& value, T& out, Reader& reader) {
  const bool empty_mapping =
      value.node->kind == YamlNode::Kind::kMapping && value.node->entries.empty();
  if (empty_mapping) {
    reader.Error(value, "must not be empty",
                 "name at least one of namespaces, pods, containers, runtimeHandlers, source");
    return;
  }
  ReadMapping(value, reader, kMatch, out.match);
}

// --- levels --------------------------------------------------------------------------------------
constexpr std::string_view kLevelType = "`privileged`, `baseline` or `restricted`";
constexpr std::string_view kVersionType = "`latest`, or `v1.0` and later";

// The six keys that stand in `defaults` and in every rule.
template <typename T>
constexpr std::array<Field<T>, 6> LevelRows() {
  return {
      Leaf<T, &SpecFile::enforce, ReadLevel>("enforce", kLevelType, "required",
                                             "What breaks this level is refused or hardened."),
      Leaf<T, &SpecFile::enforce_version, ReadVersion>("enforceVersion", kVersionType, "`latest`",
                                                       "The version of the enforced level."),
      Leaf<T, &SpecFile::audit, ReadLevel>("audit", kLevelType, "`privileged`",
                                           "What breaks this level is noted in the audit log."),
      Leaf<T, &SpecFile::audit_version, ReadVersion>("auditVersion", kVersionType, "`latest`",
                                                     "The version of the audited level."),
      Leaf<T, &SpecFile::warn, ReadLevel>(
          "warn", kLevelType, "`privileged`",
          "What breaks this level is noted in the audit log as a warning."),
      Leaf<T, &SpecFile::warn_version, ReadVersion>("warnVersion", kVersionType, "`latest`",
                                                    "The version of the warned level."),
  };
}
constexpr auto kDefaults = LevelRows<SpecFile>();

// --- harden --------------------------------------------------------------------------------------
constexpr std::array<Field<HardenFile>, 2> kSeccomp = {
    Leaf<HardenFile, &HardenFile::unconfined, ReadUnconfined>(
        "unconfined", "`RuntimeDefault`, `deny` or `{localhost: file}`", "`RuntimeDefault`",
        "What a container without a seccomp profile, or with Unconfined, gets."),
    Leaf<HardenFile, &HardenFile::seccomp_always, ReadProfileName>(
        "localhost", "relative path", "none",
        "A profile that every container gets, over whatever it asked for."),
};
constexpr std::array<Field<HardenFile>, 1> kCapabilities = {
    Leaf<HardenFile, &HardenFile::drop_capabilities, ReadDroppedCapabilities>(
        "drop", "list of capabilities", "none",
        "Taken from every container: `NET_RAW`, …, or `ALL`."),
};

void ReadSeccomp(const Value& value, HardenFile& out, Reader& reader) {
  ReadMapping(value, reader, kSeccomp, out);
}
void ReadCapabilitySection(const Value& value, HardenFile& out, Reader& reader) {
  ReadMapping(value, reader, kCapabilities, out);
}

constexpr std::array<Field<HardenFile>, 4> kHarden = {
    Section<HardenFile, &ReadSeccomp, kSeccomp>("seccomp"),
    Section<HardenFile, &ReadCapabilitySection, kCapabilities>("capabilities"),
    Leaf<HardenFile, &HardenFile::no_new_privileges, ReadBool>(
        "noNewPrivileges", "`true` or `false`", "`false`",
        "Set no_new_privs on every container, so that set-user-ID programs gain nothing."),
    Leaf<HardenFile, &HardenFile::masked_paths, ReadBool>(
        "maskedPaths", "`true` or `false`", "`false`",
        "Give every container the default masked and read-only paths of /proc and /sys."),
};

// --- onViolation ---------------------------------------------------------------------------------
struct GroupRow {
  CheckGroup group;
  std::string_view doc;
};
constexpr auto kGroups = std::to_array<GroupRow>({
    {CheckGroup::kAllowPrivilegeEscalation, "Privilege escalation not forbidden."},
    {CheckGroup::kAllowedCapabilities, "Additions that `controls.allowedCapabilities` forbids."},
    {CheckGroup::kAppArmor, "An AppArmor profile that is not allowed."},
    {CheckGroup::kCapabilities, "Capabilities that are not allowed, or not dropped."},
    {CheckGroup::kDefaultAddCapabilities, "A container without `controls.defaultAddCapabilities`."},
    {CheckGroup::kHostNamespaces, "The host's network, PID or IPC namespace."},
    {CheckGroup::kHostPorts, "Ports of the host."},
    {CheckGroup::kHostProbes, "Handlers that call another host."},
    {CheckGroup::kPrivileged, "A privileged container."},
    {CheckGroup::kProcMount, "An unmasked /proc."},
    {CheckGroup::kReadOnlyRootFilesystem,
     "A root filesystem that can be written to, against `controls.readOnlyRootFilesystem`."},
    {CheckGroup::kRequiredDropCapabilities,
     "Capabilities not dropped, against `controls.requiredDropCapabilities`."},
    {CheckGroup::kRunAsNonRoot, "A container that may run as root."},
    {CheckGroup::kRunAsUser, "User 0 asked for by number, or a user that the controls forbid."},
    {CheckGroup::kSeccomp, "No seccomp profile, Unconfined, or one that the controls forbid."},
    {CheckGroup::kSELinux, "SELinux options that are not allowed."},
    {CheckGroup::kSysctls, "Sysctls that are not allowed."},
    {CheckGroup::kVolumes, "Paths of the node, and volumes that are not allowed."},
    {CheckGroup::kWindowsHostProcess, "A Windows HostProcess container."},
});
static_assert(kGroups.size() == policy::kCheckGroupCount);

// The names come from the policy module, which is why this table is no Field table.
void ReadGroups(const Value& value, OnViolationFile& out, Reader& reader) {
  std::array<std::string_view, policy::kCheckGroupCount> names;
  std::transform(kGroups.begin(), kGroups.end(), names.begin(),
                 [](const GroupRow& row) { return policy::CheckGroupName(row.group); });
  for (const auto& [index, child] : MatchKeys(value, reader, names)) {
    const CheckGroup group = kGroups[index].group;
    out[static_cast<size_t>(group)] = ReadOnViolation(child, reader, group);
  }
}

void ListGroups(std::string_view prefix, std::vector<KeyDoc>& rows) {
  const auto defaults = policy::DefaultOnViolation();
  for (const GroupRow& row : kGroups) {
    const bool hardened = defaults[static_cast<size_t>(row.group)] == policy::OnViolation::kHarden;
    rows.push_back({ChildKey(prefix, policy::CheckGroupName(row.group)),
                    policy::IsRepairable(row.group) ? "`deny` or `harden`" : "`deny`",
                    hardened ? "`harden`" : "`deny`", std::string(row.doc)});
  }
}

// --- rules ---------------------------------------------------------------------------------------
template <typename T>
void ReadHarden(const Value& value, T& out, Reader& reader) {
  ReadMapping(value, reader, kHarden, out.harden);
}
template <typename T>
void ReadOnViolationSection(const Value& value, T& out, Reader& reader) {
  ReadGroups(value, out.on_violation, reader);
}

template <typename T>
void ReadSeccompSection(const Value& value, T& out, Reader& reader) {
  ReadSeccompDemands(value, out.localhost, reader);
}

template <typename T>
void ReadControlsSection(const Value& value, T& out, Reader& reader) {
  out.controls = ReadControls(value, reader);
}
template <typename T>
void ReadVolumesSection(const Value& value, T& out, Reader& reader) {
  out.volumes = ReadVolumes(value, reader);
}
template <typename T>
void ReadDevicesSection(const Value& value, T& out, Reader& reader) {
  out.devices = ReadDevices(value, reader);
}
template <typename T>
void ReadAnnotationsSection(const Value& value, T& out, Reader& reader) {
  out.annotations = ReadAnnotations(value, reader);
}

// The reference lists the keys of these once, at the top of the file.
constexpr Field<RuleFile> Replacing(std::string_view name, std::string_view doc,
                                    void (*read)(const Value&, RuleFile&, Reader&)) {
  return {name, "mapping, as at the top", "inherited", doc, read, false, nullptr};
}

std::optional<int64_t> ReadRevision(const Value& value, Reader& reader) {
  return ReadInteger(value, reader, 1, int64_t{1} << 53);  // what JSON can carry exactly
}
void ReadFileRevision(const Value& value, PolicyFile& out, Reader& reader) {
  out.revision = ReadRevision(value, reader);
  out.revision_where = value.where;
}
void ReadReplacesRevision(const Value& value, PolicyFile& out, Reader& reader) {
  out.replaces_revision = ReadRevision(value, reader);
}

void ReadRuleLabelMode(const Value& value, RuleFile& out, Reader& reader) {
  ReadLabelMode(value, out.labels, reader);
}
void ReadTopLabelRules(const Value& value, SpecFile& out, Reader& reader) {
  ReadLabelRules(value, out.labels, reader);
}

constexpr std::array<Field<RuleFile>, 16> RuleRows() {
  constexpr auto levels = LevelRows<RuleFile>();
  Field<RuleFile> match = Section<RuleFile, &ReadMatch<RuleFile>, kMatch>("match");
  match.required = true;
  return {{
      Leaf<RuleFile, &RuleFile::name, ReadText>("name", "text", "none",
                                                "For people; shown with the rule."),
      match,
      levels[0],
      levels[1],
      levels[2],
      levels[3],
      levels[4],
      levels[5],
      Section<RuleFile, &ReadHarden<RuleFile>, kHarden>("harden"),
      {"onViolation", "mapping", "", "", &ReadOnViolationSection<RuleFile>, false, &ListGroups},
      {"seccomp", "mapping", "", "", &ReadSeccompSection<RuleFile>, false, &ListSeccompDemands},
      {"namespaceLabels", "`floor`, `follow` or `ignore`", "inherited",
       "What the labels of the pod's namespace count for, in place of `namespaceLabels.mode`.",
       &ReadRuleLabelMode, false, nullptr},
      Replacing("controls", "Takes the place of the file's `controls` as a whole.",
                &ReadControlsSection<RuleFile>),
      Replacing("volumes", "Takes the place of the file's `volumes` as a whole.",
                &ReadVolumesSection<RuleFile>),
      Replacing("devices", "Takes the place of the file's `devices` as a whole.",
                &ReadDevicesSection<RuleFile>),
      Replacing("annotations", "Takes the place of the file's `annotations` as a whole.",
                &ReadAnnotationsSection<RuleFile>),
  }};
}
constexpr auto kRule = RuleRows();

// --- exemptions ----------------------------------------------------------------------------------
void ReadExpires(const Value& value, ExemptionFile& out, Reader& reader) {
  out.expires_at = ReadLastDay(value, reader);
  out.expires_where = value.where;
}

constexpr std::array<Field<ExemptionFile>, 3> ExemptionRows() {
  Field<ExemptionFile> match = Section<ExemptionFile, &ReadMatch<ExemptionFile>, kMatch>("match");
  match.required = true;
  Field<ExemptionFile> reason = Leaf<ExemptionFile, &ExemptionFile::reason, ReadText>(
      "reason", "text", "", "Why; goes to the audit log.");
  reason.required = true;
  return {{
      match,
      reason,
      {"expires", "date, `YYYY-MM-DD`", "never",
       "The last day on which the exemption holds, in UTC.", &ReadExpires, false, nullptr},
  }};
}
constexpr auto kExemption = ExemptionRows();

// --- the documents -------------------------------------------------------------------------------
template <typename Element, auto kMember, const auto& kTable>
void ReadElements(const Value& value, PolicyFile& out, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return;
  }
  for (const Value& element : *elements) {
    Element read;
    read.key = element.key;
    read.where = element.where;
    ReadMapping(element, reader, kTable, read);
    (out.*kMember).push_back(std::move(read));
  }
}
template <const auto& kTable>
void ListElements(std::string_view prefix, std::vector<KeyDoc>& rows) {
  ListRows(kTable, StrCat(prefix, "[]"), rows);
}

void ReadDefaults(const Value& value, PolicyFile& out, Reader& reader) {
  ReadMapping(value, reader, kDefaults, out.defaults);
}

// What stands at the top of the main file, and in each rule.
template <auto kRead>
void ReadTop(const Value& value, PolicyFile& out, Reader& reader) {
  kRead(value, out.defaults, reader);
}
template <auto kRead>
constexpr Field<PolicyFile> Top(std::string_view name,
                                void (*list)(std::string_view, std::vector<KeyDoc>&)) {
  return {name, "mapping", "", "", &ReadTop<kRead>, false, list};
}

using Row = Field<PolicyFile>;
constexpr Row kApiVersionRow = {"apiVersion",
                                "`sekisho.io/v1alpha1`",
                                "required",
                                "The version of this file's format.",
                                &SkipHeaderKey<PolicyFile>,
                                false,
                                nullptr};
constexpr Row kKindRow = {
    "kind", "`NodePolicy`", "required", "What this file is.", &SkipHeaderKey<PolicyFile>,
    false,  nullptr};
constexpr Row kRulesRow = {"rules",
                           "list",
                           "",
                           "",
                           &ReadElements<RuleFile, &PolicyFile::rules, kRule>,
                           false,
                           &ListElements<kRule>};
constexpr Row kExemptionsRow = {"exemptions",
                                "list",
                                "",
                                "",
                                &ReadElements<ExemptionFile, &PolicyFile::exemptions, kExemption>,
                                false,
                                &ListElements<kExemption>};

constexpr std::array<Row, 15> kMainFile = {{
    kApiVersionRow,
    kKindRow,
    {"revision", "whole number from 1", "none",
     "Grows with each change. A node refuses a lower one than it had.", &ReadFileRevision, false,
     nullptr},
    {"replacesRevision", "whole number from 1", "none",
     "The revision that this file may take the place of although its own is lower.",
     &ReadReplacesRevision, false, nullptr},
    Section<PolicyFile, &ReadDefaults, kDefaults>("defaults"),
    Top<&ReadHarden<SpecFile>>("harden", &ListTable<kHarden>),
    Top<&ReadOnViolationSection<SpecFile>>("onViolation", &ListGroups),
    Top<&ReadSeccompSection<SpecFile>>("seccomp", &ListSeccompDemands),
    Top<&ReadTopLabelRules>("namespaceLabels", &ListLabelRules),
    Top<&ReadControlsSection<SpecFile>>("controls", &ListControls),
    Top<&ReadVolumesSection<SpecFile>>("volumes", &ListVolumes),
    Top<&ReadDevicesSection<SpecFile>>("devices", &ListDevices),
    Top<&ReadAnnotationsSection<SpecFile>>("annotations", &ListAnnotations),
    kRulesRow,
    kExemptionsRow,
}};
constexpr std::array<Row, 4> kDropInFile = {{kApiVersionRow, kKindRow, kRulesRow, kExemptionsRow}};

// Reports and removes what belongs into the main file, so that it is not also an "unknown key".
void RefuseMainFileKeys(YamlNode& root, Reader& reader) {
  const auto has = [](const auto& table, const std::string& key) {
    return std::any_of(table.begin(), table.end(), [&](const Row& row) { return row.name == key; });
  };
  std::erase_if(root.entries, [&](const YamlEntry& entry) {
    if (!has(kMainFile, entry.key) || has(kDropInFile, entry.key)) {
      return false;
    }
    reader.Error(entry.where, entry.key, "a drop-in file holds only rules and exemptions",
                 "move it to the main policy file");
    return true;
  });
}

// Not a required row: the rules share the table, and they inherit. A level that was given but is
// wrong has been reported already.
void RequireEnforce(const Value& document, Reader& reader) {
  if (reader.Find("defaults.enforce").line > 0) {
    return;
  }
  const Location defaults = reader.Find("defaults");
  reader.Error(defaults.line > 0 ? defaults : document.where, "defaults.enforce",
               "is required and missing: no policy, no start",
               "write privileged, baseline or restricted");
}

}  // namespace

void ParsePolicyFile(std::string_view bytes, PolicyFileRole role, PolicyFile* file,
                     std::vector<Diagnostic>* errors, std::vector<Diagnostic>* warnings) {
  std::optional<YamlNode> root = yaml::ParseYaml(bytes, file->path, errors);
  if (root.has_value()) {
    Reader reader(file->path, errors, warnings);
    const Value document{&*root, "", root->where};
    if (CheckHeader(document, reader, "NodePolicy")) {
      switch (role) {
        case PolicyFileRole::kMain:
          ReadMapping(document, reader, kMainFile, *file);
          RequireEnforce(document, reader);
          break;
        case PolicyFileRole::kDropIn:
          RefuseMainFileKeys(*root, reader);
          ReadMapping(document, reader, kDropInFile, *file);
          break;
      }
    }
  }
}

std::vector<KeyDoc> PolicyKeys() {
  std::vector<KeyDoc> rows;
  ListRows(kMainFile, "", rows);
  for (KeyDoc& row : rows) {
    // A rule shares its tables with the defaults, but not what holds when a key is left out.
    const std::string_view key = row.key;
    const bool own = key == "rules[].name" || key.starts_with("rules[].match.");
    if (key.starts_with("rules[].") && !own) {
      row.fallback = "inherited";
    }
  }
  return rows;
}

}  // namespace sekisho::config

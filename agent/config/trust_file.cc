#include "config/trust_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/nearest_name.h"
#include "base/str_cat.h"
#include "config/policy_values.h"
#include "policy/glob.h"
#include "policy/steering_annotations.h"

namespace sekisho::config {
namespace {

using base::StrCat;
using policy::HostPathRule;

// Annotations that the kubelet itself sets or reads back. Without them no pod would work.
constexpr auto kKubeletKeys = std::to_array<std::string_view>({
    "io.kubernetes.container.hash",
    "io.kubernetes.container.ports",
    "io.kubernetes.container.preStopHandler",
    "io.kubernetes.container.restartCount",
    "io.kubernetes.container.terminationMessagePath",
    "io.kubernetes.container.terminationMessagePolicy",
    "io.kubernetes.pod.deletionGracePeriod",
    "io.kubernetes.pod.terminationGracePeriod",
    "kubernetes.io/config.hash",
    "kubernetes.io/config.mirror",
    "kubernetes.io/config.seen",
    "kubernetes.io/config.source",
});

template <auto kParse>
std::optional<std::vector<std::string>> ReadAll(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> list;
  for (const Value& element : *elements) {
    if (std::optional<std::string> text = kParse(element, reader)) {
      list.push_back(*std::move(text));
    }
  }
  return list;
}

void WarnIfGiven(bool given, const Value& value, Reader& reader, std::string message) {
  if (given) {
    reader.WarnOnce(value, std::move(message));
  }
}

// --- volumes -------------------------------------------------------------------------------------
constexpr std::array<Field<HostPathRule>, 2> kHostPath = {{
    {"pathPrefix", "", "", "", &ReadLeaf<HostPathRule, &HostPathRule::prefix, ReadPath>, true,
     nullptr},
    {"readOnly", "", "", "", &ReadLeaf<HostPathRule, &HostPathRule::read_only, ReadBool>, false,
     nullptr},
}};

void ReadHostPaths(const Value& value, VolumesFile& out, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return;
  }
  for (const Value& element : *elements) {
    HostPathRule rule;
    ReadMapping(element, reader, kHostPath, rule);
    if (rule.prefix == "/") {
      reader.Error(element, "vouches for every path of the node", "name a directory");
    }
    out.host_paths.push_back(std::move(rule));
  }
  WarnIfGiven(!elements->empty(), value, reader,
              "weakens hostPathVolumes: these paths are not taken for hostPath volumes, whoever "
              "mounts them");
}

void ReadPersistentVolumes(const Value& value, VolumesFile& out, Reader& reader) {
  if (std::optional<std::vector<std::string>> names = ReadVolumePatterns(value, reader)) {
    out.persistent_volumes = *std::move(names);
    WarnIfGiven(!out.persistent_volumes.empty(), value, reader,
                "weakens restrictedVolumes: inline volumes of these names pass as "
                "PersistentVolumes");
  }
}

constexpr std::array<Field<VolumesFile>, 2> kVolumes = {{
    {"trustedHostPaths", "list of `{pathPrefix, readOnly}`", "none",
     "Paths of device plugins, local provisioners and hostPath PersistentVolumes, which look like "
     "hostPath volumes. Weakens the node.",
     &ReadHostPaths, false, nullptr},
    {"trustedPersistentVolumes", "list of patterns", "none",
     "Names of PersistentVolumes of nfs, iscsi, fc and flexVolume, which look like inline volumes. "
     "Weakens the node.",
     &ReadPersistentVolumes, false, nullptr},
}};

// --- devices -------------------------------------------------------------------------------------
std::optional<std::string> ReadDevicePattern(const Value& value, Reader& reader) {
  std::optional<std::string> pattern = ReadPath(value, reader);
  if (pattern.has_value() && pattern->find_first_not_of("/*?") == std::string::npos) {
    reader.Error(value, StrCat("\"", *pattern, "\" vouches for every device of the node"),
                 "name devices, such as /dev/nvidia*");
    return std::nullopt;
  }
  return pattern;
}

bool IsCdiName(std::string_view name) {
  return !name.empty() && absl::ascii_isalpha(static_cast<unsigned char>(name.front())) &&
         std::ranges::all_of(name, [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  std::string_view("._-").find(c) != std::string_view::npos;
         });
}

std::optional<std::string> ReadCdiKind(const Value& value, Reader& reader) {
  std::optional<std::string> kind = ReadText(value, reader);
  if (!kind.has_value()) {
    return std::nullopt;
  }
  const size_t slash = kind->find('/');
  const std::string_view text = *kind;
  if (slash == std::string::npos || !IsCdiName(text.substr(0, slash)) ||
      !IsCdiName(text.substr(slash + 1))) {
    reader.Error(value, StrCat("\"", *kind, "\" is no CDI kind"),
                 "write vendor/class, such as nvidia.com/gpu");
    return std::nullopt;
  }
  return kind;
}

void ReadTrustedDevices(const Value& value, DevicesFile& out, Reader& reader) {
  if (auto patterns = ReadAll<ReadDevicePattern>(value, reader)) {
    out.trusted = *std::move(patterns);
    WarnIfGiven(!out.trusted.empty(), value, reader,
                "weakens the check of devices: whoever asks gets these devices of the node");
  }
}
void ReadCdiKinds(const Value& value, DevicesFile& out, Reader& reader) {
  if (auto kinds = ReadAll<ReadCdiKind>(value, reader)) {
    out.cdi_kinds = *std::move(kinds);
    WarnIfGiven(!out.cdi_kinds.empty(), value, reader,
                "weakens the check of CDI devices: what the files of these kinds say is done to "
                "a container");
  }
}

constexpr std::array<Field<DevicesFile>, 2> kDevices = {{
    {"trusted", "list of patterns over absolute paths", "none",
     "Device nodes of the node that containers may be given; `*` also stands for `/`. Weakens the "
     "node.",
     &ReadTrustedDevices, false, nullptr},
    {"trustedCDIKinds", "list of `vendor/class`", "none",
     "CDI devices of these kinds may be given to containers. Weakens the node.", &ReadCdiKinds,
     false, nullptr},
}};

// --- annotations ---------------------------------------------------------------------------------
bool IsKeyPattern(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("._-/*?").find(c) != std::string_view::npos;
  });
}

// The patterns of "@name"; reported and empty for an unknown name.
std::vector<std::string> PatternsOfGroup(const Value& value, std::string_view name,
                                         Reader& reader) {
  std::vector<std::string_view> names;
  for (const policy::AnnotationGroup& group : policy::AnnotationGroups()) {
    if (group.name == name) {
      return {group.patterns.begin(), group.patterns.end()};
    }
    names.push_back(group.name);
  }
  const std::optional<std::string_view> nearest = base::NearestName(name, names);
  std::string all;
  for (const std::string_view known : names) {
    all += StrCat(all.empty() ? "@" : ", @", known);
  }
  reader.Error(
      value, StrCat("\"@", name, "\" is no group of annotations"),
      nearest.has_value() ? StrCat("did you mean \"@", *nearest, "\"?") : StrCat("one of: ", all));
  return {};
}

bool BreaksTheKubelet(const Value& value, const std::string& pattern, Reader& reader) {
  const auto* const key = std::ranges::find_if(kKubeletKeys, [&](std::string_view kubelet) {
    return policy::GlobMatches(pattern, kubelet);
  });
  if (key == kKubeletKeys.end()) {
    return false;
  }
  reader.Error(
      value,
      StrCat("\"", pattern, "\" also stands for the kubelet's own ", *key, ": no pod would start"),
      "write a longer pattern");
  return true;
}

template <bool kTakesAway>
std::optional<std::vector<std::string>> ReadKeyPatterns(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> patterns;
  for (const Value& element : *elements) {
    const std::optional<std::string> text = ReadText(element, reader);
    if (!text.has_value()) {
      continue;
    }
    if (text->starts_with('@')) {
      std::ranges::move(PatternsOfGroup(element, text->substr(1), reader),
                        std::back_inserter(patterns));
    } else if (!IsKeyPattern(*text)) {
      reader.Error(element, StrCat("\"", *text, "\" can match no annotation's key"),
                   "write a key, perhaps with \"*\" and \"?\", or a group such as @nri");
    } else if (!kTakesAway || !BreaksTheKubelet(element, *text, reader)) {
      patterns.push_back(*text);
    }
  }
  std::ranges::sort(patterns);
  patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
  return patterns;
}

void ReadAllow(const Value& value, AnnotationsFile& out, Reader& reader) {
  if (auto patterns = ReadKeyPatterns<false>(value, reader)) {
    out.allow = *std::move(patterns);
    WarnIfGiven(!out.allow.empty(), value, reader,
                "weakens the check of annotations: pods may steer the runtime with these");
  }
}
void ReadDeny(const Value& value, AnnotationsFile& out, Reader& reader) {
  out.deny = ReadKeyPatterns<true>(value, reader);
}

using A = AnnotationsFile;
constexpr std::array<Field<A>, 3> kAnnotations = {{
    {"allow", "list of patterns and groups", "none",
     "Let through, also when another list has it. Weakens the node.", &ReadAllow, false, nullptr},
    {"strip", "list of patterns and groups", "none",
     "Taken out of the request, also when `deny` has it.",
     &ReadLeaf<A, &A::strip, ReadKeyPatterns<true>>, false, nullptr},
    {"deny", "list of patterns and groups", "every group",
     "Refused. Takes the place of the default list.", &ReadDeny, false, nullptr},
}};

// A list of one's own replaces what this build knows to be dangerous.
void WarnOfWhatIsLeftOut(const AnnotationsFile& file, const Value& value, Reader& reader) {
  std::vector<std::string> kept = *file.deny;
  kept.insert(kept.end(), file.strip.begin(), file.strip.end());
  std::string left_out;
  for (const policy::AnnotationGroup& group : policy::AnnotationGroups()) {
    if (!std::ranges::all_of(group.patterns, [&kept](std::string_view pattern) {
          return std::ranges::find(kept, pattern) != kept.end();
        })) {
      left_out += StrCat(left_out.empty() ? "@" : ", @", group.name);
    }
  }
  if (!left_out.empty()) {
    reader.WarnOnce(
        value, StrCat("weakens the check of annotations: leaves out all or part of ", left_out));
  }
}

}  // namespace

policy::AnnotationRules AnnotationsFile::Rules() const {
  return {.allow = allow,
          .strip = strip,
          .deny = deny.has_value() ? *deny : policy::DefaultSpec().annotations.deny};
}

VolumesFile ReadVolumes(const Value& value, Reader& reader) {
  VolumesFile file;
  ReadMapping(value, reader, kVolumes, file);
  return file;
}

DevicesFile ReadDevices(const Value& value, Reader& reader) {
  DevicesFile file;
  ReadMapping(value, reader, kDevices, file);
  return file;
}

AnnotationsFile ReadAnnotations(const Value& value, Reader& reader) {
  AnnotationsFile file;
  ReadMapping(value, reader, kAnnotations, file);
  if (file.deny.has_value()) {
    const std::string key = ChildKey(value.key, "deny");
    WarnOfWhatIsLeftOut(file, {value.node, key, reader.Find(key)}, reader);
  }
  return file;
}

void ListVolumes(std::string_view prefix, std::vector<KeyDoc>& rows) {
  ListRows(kVolumes, prefix, rows);
}
void ListDevices(std::string_view prefix, std::vector<KeyDoc>& rows) {
  ListRows(kDevices, prefix, rows);
}
void ListAnnotations(std::string_view prefix, std::vector<KeyDoc>& rows) {
  ListRows(kAnnotations, prefix, rows);
}

}  // namespace sekisho::config

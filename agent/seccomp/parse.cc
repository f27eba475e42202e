#include "seccomp/parse.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/str_cat.h"
#include "seccomp/rule_reader.h"
#include "seccomp/value_reader.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;

struct ProfileDraft {
  Profile profile = {};
  ErrnoPair errno_pair = {};
};

std::optional<Arch> ReadArch(const Value& value, ErrorList& errors) {
  const std::optional<std::string> text = ReadText(value, errors);
  if (!text.has_value()) {
    return std::nullopt;
  }
  const std::optional<Arch> arch = ArchNamed(*text);
  if (arch.has_value() && arch->name == *text) {
    return arch;
  }
  std::string fix;
  if (arch.has_value()) {
    fix = StrCat("write ", Quoted(arch->name));
  } else if (*text == "SCMP_ARCH_NATIVE") {
    fix = "leave it out: the architecture that the node runs on is always included";
  } else {
    std::vector<std::string_view> names;
    for (const Arch& each : Architectures()) {
      names.push_back(each.name);
    }
    fix = DidYouMean(*text, names);
  }
  errors.Add(value, StrCat("unknown architecture ", Quoted(*text)), std::move(fix));
  return std::nullopt;
}

std::vector<Arch> ReadArches(const Value& value, ErrorList& errors) {
  std::vector<Arch> arches;
  for (const Value& element : ReadList(value, errors)) {
    if (const std::optional<Arch> arch = ReadArch(element, errors); arch.has_value()) {
      arches.push_back(*arch);
    }
  }
  return arches;
}

constexpr std::array<Field<ArchMapEntry>, 2> kArchMapKeys = {{
    {"architecture",
     [](const Value& value, ArchMapEntry& out, ErrorList& errors) {
       out.architecture = ReadArch(value, errors).value_or(Arch{});
     },
     "write the architecture of the node that this entry is for"},
    {"subArchitectures",
     [](const Value& value, ArchMapEntry& out, ErrorList& errors) {
       out.sub_architectures = ReadArches(value, errors);
     }},
}};

// Of an architecture that only a newer libseccomp knows.
bool IsForNewerArch(const JsonNode& entry) {
  static constexpr std::array<std::string_view, 4> kNames = {
      "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB"};
  const JsonNode* const architecture = Find(entry, "architecture");
  return architecture != nullptr &&
         std::find(kNames.begin(), kNames.end(), architecture->text) != kNames.end();
}

void ReadArchMap(const Value& value, ProfileDraft& out, ErrorList& errors) {
  for (const Value& element : ReadList(value, errors)) {
    if (IsForNewerArch(*element.node)) {
      static constexpr std::array<std::string_view, 2> kNames = {"architecture",
                                                                 "subArchitectures"};
      MatchKeys(element, errors, kNames);
      continue;
    }
    ArchMapEntry entry;
    ReadObject(element, entry, errors, kArchMapKeys);
    const bool repeated = std::any_of(
        out.profile.arch_map.begin(), out.profile.arch_map.end(), [&](const ArchMapEntry& each) {
          return each.architecture == entry.architecture && entry.architecture.token != 0;
        });
    if (repeated) {
      errors.Add(element, StrCat("a second entry for ", entry.architecture.name),
                 "keep one of the two: only the first counts");
    }
    out.profile.arch_map.push_back(std::move(entry));
  }
}

void ReadFlags(const Value& value, ProfileDraft& out, ErrorList& errors) {
  static constexpr std::array<std::string_view, 4> kNames = {
      "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
      "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
  for (const Value& element : ReadList(value, errors)) {
    if (const auto name = ReadName(element, errors, kNames); name.has_value()) {
      out.profile.flags.emplace_back(kNames.at(*name));
    }
  }
}

template <std::string Profile::*kMember>
void ReadMember(const Value& value, ProfileDraft& out, ErrorList& errors) {
  out.profile.*kMember = ReadText(value, errors, /*empty_is_fine=*/true).value_or("");
}

constexpr std::array<Field<ProfileDraft>, 9> kProfileKeys = {{
    {"defaultAction",
     [](const Value& value, ProfileDraft& out, ErrorList& errors) {
       out.profile.default_action = ReadAction(value, errors).value_or(out.profile.default_action);
     },
     "write what becomes of calls that no rule names: SCMP_ACT_ERRNO, …"},
    {"defaultErrnoRet",
     [](const Value& value, ProfileDraft& out, ErrorList& errors) {
       out.errno_pair.number = ReadErrnoNumber(value, errors);
     }},
    {"defaultErrno",
     [](const Value& value, ProfileDraft& out, ErrorList& errors) {
       out.errno_pair.by_name = ReadErrnoName(value, errors);
     }},
    {"architectures",
     [](const Value& value, ProfileDraft& out, ErrorList& errors) {
       out.profile.architectures = ReadArches(value, errors);
     }},
    {"archMap", ReadArchMap},
    {"flags", ReadFlags},
    {"listenerPath", ReadMember<&Profile::listener_path>},
    {"listenerMetadata", ReadMember<&Profile::listener_metadata>},
    {"syscalls", [](const Value& value, ProfileDraft& out,
                    ErrorList& errors) { ReadRules(value, out.profile, errors); }},
}};

// Whether it has elements, be they ones that are left out.
bool HasElements(const JsonNode* list) {
  return list != nullptr && !list->items.empty();
}

Profile ReadProfile(const Value& document, ErrorList& errors) {
  ProfileDraft draft;
  ReadObject(document, draft, errors, kProfileKeys);
  Profile& profile = draft.profile;
  profile.default_errno_ret = Agreed(draft.errno_pair, document, "defaultErrno", errors);
  profile.default_errno_by_name =
      draft.errno_pair.by_name.has_value() && !draft.errno_pair.number.has_value();
  const JsonNode* const arch_map = Find(*document.node, "archMap");
  if (HasElements(arch_map) && HasElements(Find(*document.node, "architectures"))) {
    errors.Add(arch_map->where, "archMap", "is given together with \"architectures\"",
               "keep \"architectures\": only Docker reads \"archMap\"");
  }
  if (HasElements(arch_map) || profile.default_errno_by_name) {
    profile.format = Format::kDocker;
  }
  return std::move(profile);
}

}  // namespace

std::optional<Profile> Parse(std::string_view bytes, const std::string& file,
                             std::vector<yaml::Diagnostic>* errors) {
  const JsonLimits limits = {
      .bytes = kProfileBytesMax, .nodes = kValuesMax, .nesting = kNestingMax};
  const std::optional<JsonNode> document = ReadJson(bytes, file, limits, errors);
  if (!document.has_value()) {
    return std::nullopt;
  }
  ErrorList found(file);
  Profile profile = ReadProfile({&*document}, found);
  if (found.empty()) {
    return profile;
  }
  for (yaml::Diagnostic& each : found.TakeSorted()) {
    errors->push_back(std::move(each));
  }
  return std::nullopt;
}

}  // namespace sekisho::seccomp

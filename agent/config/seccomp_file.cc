#include "config/seccomp_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/nearest_name.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "config/policy_values.h"
#include "seccomp/groups.h"
#include "seccomp/syscalls.h"

namespace sekisho::config {
namespace {

using base::StrCat;
using seccomp::DockerFormat;

// --- words, or a file ----------------------------------------------------------------------------
struct WordOrFile {
  size_t word = 0;  // index; of no meaning beside a file
  std::optional<ProfileName> file;
};

void ReadFileOf(const Value& value, WordOrFile& out, Reader& reader) {
  out.file = ReadProfileName(value, reader);
}

// One of `words`, or {localhost: file}.
std::optional<WordOrFile> ReadWordOrFile(const Value& value, Reader& reader,
                                         std::span<const std::string_view> words) {
  if (value.node->kind == YamlNode::Kind::kMapping) {
    static constexpr std::array<Field<WordOrFile>, 1> kFields = {
        {{"localhost", "", "", "", &ReadFileOf, true, nullptr}}};
    WordOrFile file;
    ReadMapping(value, reader, kFields, file);
    return file;
  }
  const std::optional<size_t> index = ReadName(value, reader, words);
  return index.has_value() ? std::optional(WordOrFile{*index, std::nullopt}) : std::nullopt;
}

std::optional<FloorFile> ReadFloor(const Value& value, Reader& reader) {
  static constexpr std::array<std::string_view, 2> kWords = {"RuntimeDefault", "none"};
  std::optional<WordOrFile> read = ReadWordOrFile(value, reader, kWords);
  if (!read.has_value()) {
    return std::nullopt;
  }
  const FloorFile floor{.none = read->word == 1, .localhost = std::move(read->file)};
  if (floor.none) {
    reader.WarnOnce(value,
                    "weakens localhost-profile-floor: a Localhost profile may allow whatever it "
                    "likes");
  }
  return floor;
}

std::optional<MissingFile> ReadMissing(const Value& value, Reader& reader) {
  static constexpr std::array<std::string_view, 2> kWords = {"RuntimeDefault", "deny"};
  std::optional<WordOrFile> read = ReadWordOrFile(value, reader, kWords);
  if (!read.has_value()) {
    return std::nullopt;
  }
  return MissingFile{.deny = read->word == 1, .localhost = std::move(read->file)};
}

// --- system calls --------------------------------------------------------------------------------
std::string Suggestion(std::string_view entry) {
  std::vector<std::string_view> known;
  std::ranges::transform(seccomp::Groups(), std::back_inserter(known), &seccomp::Group::name);
  const std::vector<std::string_view> groups = known;
  std::ranges::transform(seccomp::SyscallsOf(seccomp::NativeArch()), std::back_inserter(known),
                         &seccomp::Syscall::name);
  if (const auto nearest = base::NearestName(entry, known)) {
    return StrCat("did you mean \"", *nearest, "\"?");
  }
  return entry.starts_with('@') ? StrCat("one of: ", base::StrJoin(groups, ", "))
                                : "see syscalls(2), or name a group such as \"@mount\"";
}

std::optional<std::vector<std::string>> ReadSyscalls(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const Value& element : *elements) {
    const std::optional<std::string> entry = ReadText(element, reader);
    if (!entry.has_value()) {
      continue;
    }
    if (const auto expanded = seccomp::Expand(*entry)) {
      names.insert(names.end(), expanded->begin(), expanded->end());
    } else {
      reader.Error(element,
                   StrCat("\"", *entry, "\" is no ",
                          entry->starts_with('@') ? "group of system calls" : "system call"),
                   Suggestion(*entry));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// --- the rest ------------------------------------------------------------------------------------
std::optional<DockerFormat> ReadDockerFormat(const Value& value, Reader& reader) {
  static constexpr std::array<std::string_view, 3> kNames = {"deny", "warn", "resolve"};
  static constexpr std::array<DockerFormat, 3> kFormats = {DockerFormat::kDeny, DockerFormat::kWarn,
                                                           DockerFormat::kResolve};
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  return index.has_value() ? std::optional(kFormats[*index]) : std::nullopt;
}

std::optional<bool> ReadDisguise(const Value& value, Reader& reader) {
  static constexpr std::array<std::string_view, 2> kNames = {"deny", "allow"};
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  if (!index.has_value()) {
    return std::nullopt;
  }
  if (*index == 1) {
    reader.WarnOnce(value,
                    "weakens localhost-profile-unconfined: a Localhost profile may be one that "
                    "refuses nothing that matters");
  }
  return *index == 1;
}

template <auto kMember, auto kParse>
constexpr Field<LocalhostFile> Leaf(std::string_view name, std::string_view type,
                                    std::string_view fallback, std::string_view doc) {
  return {name, type, fallback, doc, &ReadLeaf<LocalhostFile, kMember, kParse>, false, nullptr};
}

constexpr std::array<Field<LocalhostFile>, 5> kLocalhost = {
    Leaf<&LocalhostFile::floor, ReadFloor>(
        "floor", "`RuntimeDefault`, `none` or `{localhost: file}`", "`RuntimeDefault`",
        "The profile that a container's own must be at least as strict as. `none` weakens the "
        "node."),
    Leaf<&LocalhostFile::must_deny, ReadSyscalls>(
        "mustDeny", "list of system calls and groups", "none",
        "What a profile must refuse in every case, on every architecture."),
    Leaf<&LocalhostFile::docker_format, ReadDockerFormat>(
        "dockerFormat", "`deny`, `warn` or `resolve`", "`resolve`",
        "What becomes of a profile in Docker's format, whose conditions containerd ignores: "
        "refused, judged as containerd reads it, or its conditions evaluated."),
    Leaf<&LocalhostFile::missing, ReadMissing>(
        "missing", "`deny`, `RuntimeDefault` or `{localhost: file}`", "`deny`",
        "What a container gets whose profile's file does not exist."),
    Leaf<&LocalhostFile::allow_unconfined_in_disguise, ReadDisguise>(
        "unconfinedInDisguise", "`deny` or `allow`", "`deny`",
        "Whether a profile may be one that refuses nothing that matters. `allow` weakens the "
        "node."),
};

void ReadLocalhost(const Value& value, LocalhostFile& out, Reader& reader) {
  ReadMapping(value, reader, kLocalhost, out);
}

constexpr std::array<Field<LocalhostFile>, 1> kSeccomp = {
    {{"localhost", "mapping", "", "", &ReadLocalhost, false, &ListTable<kLocalhost>}}};

}  // namespace

void ReadSeccompDemands(const Value& value, LocalhostFile& out, Reader& reader) {
  ReadMapping(value, reader, kSeccomp, out);
}

void ListSeccompDemands(std::string_view prefix, std::vector<KeyDoc>& rows) {
  ListRows(kSeccomp, prefix, rows);
}

}  // namespace sekisho::config

#include "seccomp/condition_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "caps/cap_set.h"
#include "caps/cri_caps.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;

// As Docker compares it with the container's: upper-case and with its prefix. Another spelling
// would never match.
void ReadCapability(const Value& value, Condition& out, ErrorList& errors) {
  const std::optional<std::string> text = ReadText(value, errors);
  if (!text.has_value()) {
    return;
  }
  std::string name = caps::CanonicalName(*text);
  if (!caps::NumberOf(name).has_value()) {
    errors.Add(value, StrCat("unknown capability ", Quoted(*text)),
               "write the kernel's name: CAP_SYS_ADMIN, …");
  } else if (*text != StrCat("CAP_", name)) {
    errors.Add(value, StrCat(Quoted(*text), " would match no container's capability"),
               StrCat("write \"CAP_", name, '"'));
  } else {
    out.capabilities.push_back(std::move(name));
  }
}

// Names that are in use elsewhere, and what Docker's conditions have for them.
std::string_view DockersNameOf(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kOthers = {{
      {"386", "x86"},
      {"i386", "x86"},
      {"x86_64", "amd64"},
      {"aarch64", "arm64"},
      {"mipsle", "mipsel"},
      {"mips64le", "mipsel64"},
      {"mips64p32", "mips64n32"},
      {"mips64p32le", "mipsel64n32"},
  }};
  for (const auto& [other, dockers] : kOthers) {
    if (other == name) {
      return dockers;
    }
  }
  const std::optional<Arch> arch = ArchNamed(name);
  return arch.has_value() ? arch->go_name : std::string_view();
}

void ReadConditionArch(const Value& value, Condition& out, ErrorList& errors) {
  std::optional<std::string> text = ReadText(value, errors);
  if (!text.has_value()) {
    return;
  }
  if (*text == "mips3l64n32") {
    text = "mipsel64n32";  // moby's own spelling of it
  }
  std::vector<std::string_view> names;
  for (const Arch& arch : Architectures()) {
    if (!arch.go_name.empty()) {
      names.push_back(arch.go_name);
    }
  }
  // Architectures that libseccomp knows from 2.6 on: no target is one of them.
  names.insert(names.end(), {"loong64", "loongarch64", "m68k", "sh", "sheb"});
  if (std::find(names.begin(), names.end(), *text) == names.end()) {
    const std::string_view dockers = DockersNameOf(*text);
    errors.Add(value, StrCat("unknown architecture ", Quoted(*text)),
               dockers.empty() ? DidYouMean(*text, names) : StrCat("write ", Quoted(dockers)));
    return;
  }
  out.arches.push_back(*std::move(text));
}

// "4.8": two numbers below 256, as moby takes them. (Its "", which counts as 0.0, is refused.)
void ReadMinKernel(const Value& value, Condition& out, ErrorList& errors) {
  const std::optional<std::string> text = ReadText(value, errors);
  if (!text.has_value()) {
    return;
  }
  const char* const end = text->data() + text->size();
  std::array<uint8_t, 2> numbers{};
  auto result = std::from_chars(text->data(), end, numbers[0]);
  bool right = result.ec == std::errc() && result.ptr != end && *result.ptr == '.';
  if (right) {
    result = std::from_chars(result.ptr + 1, end, numbers[1]);
    right = result.ec == std::errc() && result.ptr == end && (numbers[0] != 0 || numbers[1] != 0);
  }
  if (!right) {
    errors.Add(value, StrCat(Quoted(*text), " is no kernel version"),
               "write two numbers with a dot: \"4.8\"");
    return;
  }
  out.min_kernel = KernelVersion{.major = numbers[0], .minor = numbers[1]};
}

template <void (*kReadElement)(const Value&, Condition&, ErrorList&)>
void ReadEach(const Value& value, Condition& out, ErrorList& errors) {
  for (const Value& element : ReadList(value, errors)) {
    kReadElement(element, out, errors);
  }
}

constexpr std::array<Field<Condition>, 3> kConditionKeys = {{
    {"caps", ReadEach<ReadCapability>},
    {"arches", ReadEach<ReadConditionArch>},
    {"minKernel", ReadMinKernel},
}};

}  // namespace

void ReadCondition(const Value& value, Condition& out, ErrorList& errors) {
  ReadObject(value, out, errors, kConditionKeys);
}

}  // namespace sekisho::seccomp

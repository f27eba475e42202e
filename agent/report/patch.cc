#include "report/patch.h"

#include <algorithm>
#include <array>

#include "base/str_cat.h"
#include "base/str_join.h"

namespace sekisho::report {
namespace {

using base::StrCat;

constexpr size_t kScalarMax = 253;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Begins with a letter, has no character that means anything to YAML, and is no word that YAML
// reads as something else than text.
bool IsPlain(std::string_view text) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"false", "n", "no", "null", "off", "on", "true", "y", "yes"});
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return !text.empty() && IsLetter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) {
                       return IsLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                              c == '.' || c == '/';
                     }) &&
         std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

// In YAML's double quotes; only what ends a line or a text has to be written out. The page, or the
// terminal, makes the rest visible.
std::string Quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, kScalarMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append({'\\', 'x', kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

}  // namespace

std::string Scalar(std::string_view text) {
  return text.size() <= kScalarMax && IsPlain(text) ? std::string(text) : Quoted(text);
}

std::string FlowList(const std::vector<std::string>& items) {
  return StrCat("[", base::StrJoin(items, ", ", Scalar), "]");
}

std::string InComment(const std::vector<std::string>& items) {
  return base::StrJoin(items, ", ", Quoted);
}

std::string Indented(std::string_view lines, size_t blanks) {
  std::string out;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    out += StrCat(std::string(blanks, ' '), lines.substr(0, end), "\n");
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  return out;
}

Patch& Patch::Annotation(std::string_view key, std::string_view value) {
  annotations_ += StrCat(Scalar(key), ": ", Scalar(value), "\n");
  return *this;
}

Patch& Patch::Pod(std::string_view lines) {
  pod_ += lines;
  return *this;
}

Patch& Patch::PodContext(std::string_view lines) {
  pod_context_ += lines;
  return *this;
}

Patch& Patch::Containers(const std::vector<std::string>& names, std::string_view lines) {
  for (const std::string& name : names.empty() ? std::vector<std::string>{""} : names) {
    Find(name).lines += lines;
  }
  return *this;
}

Patch& Patch::ContainerContext(const std::vector<std::string>& names, std::string_view lines) {
  for (const std::string& name : names.empty() ? std::vector<std::string>{""} : names) {
    Find(name).context += lines;
  }
  return *this;
}

Patch::Container& Patch::Find(const std::string& name) {
  const auto known =
      std::find_if(containers_.begin(), containers_.end(),
                   [&name](const Container& container) { return container.name == name; });
  return known != containers_.end() ? *known : containers_.emplace_back(Container{name, "", ""});
}

std::string Patch::LinesOf(const Container& container) {
  return StrCat(container.lines, container.context.empty() ? "" : "securityContext:\n",
                Indented(container.context, 2));
}

ManifestFix Patch::ToFix() const {
  const std::string pod =
      StrCat(pod_, pod_context_.empty() ? "" : "securityContext:\n", Indented(pod_context_, 2));
  const bool alike =
      std::all_of(containers_.begin(), containers_.end(), [this](const Container& container) {
        return LinesOf(container) == LinesOf(containers_.front());
      });
  ManifestFix fix;
  if (annotations_.empty() && pod.empty() && alike && !containers_.empty()) {
    fix.where = "spec.containers[*]";
    fix.yaml = LinesOf(containers_.front());
    for (const Container& container : containers_) {
      if (!container.name.empty()) {
        fix.containers.push_back(container.name);
      }
    }
    return fix;
  }
  std::string spec = pod;
  if (!containers_.empty()) {
    spec += "containers:\n";
    for (const Container& container : containers_) {
      spec += StrCat("- name: ", container.name.empty() ? "app" : Scalar(container.name), "\n",
                     Indented(LinesOf(container), 2));
    }
  }
  const std::string metadata =
      annotations_.empty() ? "" : StrCat("annotations:\n", Indented(annotations_, 2));
  if (metadata.empty() || spec.empty()) {
    fix.where = spec.empty() ? "metadata" : "spec";
    fix.yaml = StrCat(metadata, spec);
    return fix;
  }
  fix.yaml = StrCat("metadata:\n", Indented(metadata, 2), "spec:\n", Indented(spec, 2));
  return fix;
}

std::string InManifest(const ManifestFix& fix) {
  if (fix.where.empty()) {
    return fix.yaml;
  }
  if (fix.where != "spec.containers[*]") {
    return StrCat(fix.where, ":\n", Indented(fix.yaml, 2));
  }
  std::string out = "spec:\n  containers:\n";
  for (const std::string& name : fix.containers) {
    out += StrCat("  - name: ", Scalar(name), "\n", Indented(fix.yaml, 4));
  }
  if (fix.containers.empty()) {
    out += StrCat("  - name: app  # whichever container has it\n", Indented(fix.yaml, 4));
  }
  return out;
}

}  // namespace sekisho::report

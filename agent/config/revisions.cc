#include "config/revisions.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "absl/status/statusor.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/str_cat.h"

namespace sekisho::config {
namespace {

using base::StrCat;
using Numbers = std::map<std::string, int64_t>;  // by the main file's name

constexpr size_t kBytesMax = size_t{1} << 20;
constexpr mode_t kMode = 0600;

std::string NameOf(const Snapshot& snapshot) {
  return std::filesystem::path(snapshot.files.front()).filename().string();
}

constexpr size_t kDigestLength = 64;

// Takes the first line off where it is a SHA-256, and says what is wrong. It has to be the one of
// what follows. Who mends the file by hand need not make one.
std::string TakeDigest(std::string_view& text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.size() != kDigestLength || first.find(' ') != std::string_view::npos) {
    return text.empty() ? "is empty" : "";
  }
  text.remove_prefix(std::min(text.size(), kDigestLength + 1));
  return base::Sha256Hex(text) == first ? ""
                                        : "does not have the SHA-256 that its first line tells";
}

// Whether nobody but root, or who runs this, could have written it.
std::string WhoElseMayWrite(const base::OwnedFile& file) {
  if (file.owner != 0 && file.owner != ::geteuid()) {
    return StrCat("belongs to user ", file.owner);
  }
  return (file.mode & (S_IWGRP | S_IWOTH)) != 0 ? "others than its owner may write it" : "";
}

// A line for each: the number, a space, the name.
absl::StatusOr<Numbers> ReadNumbers(const std::string& file) {
  Numbers numbers;
  const absl::StatusOr<base::OwnedFile> read = base::ReadOwnedFile(file, kBytesMax);
  if (absl::IsNotFound(read.status())) {
    return numbers;
  }
  if (!read.ok()) {
    return read.status();
  }
  std::string_view rest = read->bytes;
  std::string fault = WhoElseMayWrite(*read);
  if (fault.empty()) {
    fault = TakeDigest(rest);
  }
  if (!fault.empty()) {
    return absl::DataLossError(StrCat(file, ": ", fault));
  }
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    int64_t number = 0;
    const char* const end = line.data() + line.size();
    const auto [after, error] = std::from_chars(line.data(), end, number);
    if (error != std::errc() || number < 1 || end - after < 2 || *after != ' ') {
      return absl::DataLossError(StrCat(file, ": \"", line, "\" is no revision and name"));
    }
    numbers[std::string(after + 1, end)] = number;
  }
  return numbers;
}

}  // namespace

Revisions::Revisions(const std::string& directory)
    : file_(StrCat(directory, "/policy-revisions")) {}

std::optional<Diagnostic> Revisions::WhyNot(const Snapshot& snapshot) const {
  const std::string& path = snapshot.files.front();
  const absl::StatusOr<Numbers> numbers = ReadNumbers(file_);
  if (!numbers.ok()) {
    return MakeDiagnostic(
        path, snapshot.revision_where, "revision",
        StrCat("cannot be compared with the one that was in force: ", numbers.status().message()),
        StrCat("mend or remove ", file_));
  }
  const auto known = numbers->find(NameOf(snapshot));
  if (known == numbers->end() || (snapshot.revision.has_value() &&
                                  (*snapshot.revision >= known->second ||
                                   snapshot.replaces_revision.value_or(0) >= known->second))) {
    return std::nullopt;
  }
  const int64_t last = known->second;
  return MakeDiagnostic(
      path, snapshot.revision_where, "revision",
      snapshot.revision.has_value()
          ? StrCat("goes back to ", *snapshot.revision, ": ", last, " was in force on this node")
          : StrCat("is missing: ", last, " was in force on this node"),
      snapshot.revision.has_value()
          ? StrCat("raise it above ", last, ", or add replacesRevision: ", last,
                   " to go back on purpose")
          : StrCat("give one above ", last, ", or remove ", file_, " on the node"));
}

absl::Status Revisions::Record(const Snapshot& snapshot) const {
  if (!snapshot.revision.has_value()) {
    return absl::OkStatus();
  }
  absl::StatusOr<Numbers> numbers = ReadNumbers(file_);
  if (!numbers.ok()) {
    return numbers.status();
  }
  int64_t& number = (*numbers)[NameOf(snapshot)];
  if (number == *snapshot.revision) {
    return absl::OkStatus();
  }
  number = *snapshot.revision;
  std::string lines;
  for (const auto& [name, revision_of] : *numbers) {
    lines += StrCat(revision_of, " ", name, "\n");
  }
  const std::string text = StrCat(base::Sha256Hex(lines), "\n", lines);
  // On a new node this is the first thing that is kept. What goes wrong here the writing says.
  (void)::mkdir(std::filesystem::path(file_).parent_path().c_str(), 0700);
  return base::WriteFileAtomically(file_, text, kMode);
}

}  // namespace sekisho::config

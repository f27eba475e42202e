#include "kube/namespace_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "kube/namespace_document.h"

namespace sekisho::kube {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBytesMax = size_t{64} << 20;
constexpr size_t kDigestLength = 64;

absl::Status Prefixed(const std::string& file, const absl::Status& status) {
  return {status.code(), base::AbslView(base::StrCat(file, ": ", status.message()))};
}

absl::StatusOr<std::string> DigestOf(std::string_view bytes) {
  std::string digest = base::Sha256Hex(bytes);
  if (digest.empty()) {
    return absl::InternalError("no SHA-256 to check it with");
  }
  return digest;
}

// Empty when it is as it should be. Who may write the directories above is not looked at here.
std::string WhoElseMayWrite(const base::OwnedFile& file) {
  if (file.owner != 0 && file.owner != ::geteuid()) {
    return base::StrCat("belongs to user ", file.owner);
  }
  return (file.mode & (S_IWGRP | S_IWOTH)) != 0 ? "others than its owner may write it" : "";
}

// What is about the file itself, and would be no better at the next try.
bool IsDamage(const std::string& file, const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) {  // too long, or this process has too many files open
    std::error_code error;
    return fs::file_size(file, error) > kBytesMax && !error;
  }
  return absl::IsFailedPrecondition(status);  // a directory, a FIFO, …
}

// What is said after the reason: where the file is now.
std::string PutAside(const std::string& file) {
  const std::string aside = base::StrCat(file, ".damaged");
  std::error_code error;
  fs::rename(file, aside, error);
  if (error) {
    // A directory cannot take a file's place, nor the other way round.
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    fs::rename(file, aside, error);
  }
  return error ? base::StrCat("; cannot be put aside: ", error.message())
               : base::StrCat("; put aside as ", aside);
}

absl::Status Damaged(const std::string& file, std::string_view why) {
  return absl::DataLossError(base::StrCat(file, ": ", why, PutAside(file)));
}

absl::Status MakeDirectoryOf(const std::string& file) {
  const fs::path directory = fs::path(file).parent_path();
  std::error_code error;
  fs::create_directories(directory.parent_path(), error);  // when that fails, so does what follows
  if (directory.empty() || ::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno, base::StrCat(directory.string(), ": cannot make it"));
}

}  // namespace

NamespaceCache::NamespaceCache(std::string file, std::string server)
    : file_(std::move(file)), server_(std::move(server)) {}

absl::StatusOr<NamespaceCopy> NamespaceCache::Read() const {
  const absl::StatusOr<base::OwnedFile> file = base::ReadOwnedFile(file_, kBytesMax);
  if (!file.ok()) {
    if (IsDamage(file_, file.status())) {
      // Its message begins with the file already.
      return absl::DataLossError(base::StrCat(file.status().message(), PutAside(file_)));
    }
    return file.status();
  }
  if (const std::string who = WhoElseMayWrite(*file); !who.empty()) {
    return Damaged(file_, who);
  }
  const std::string_view bytes = file->bytes;
  if (bytes.size() <= kDigestLength || bytes[kDigestLength] != '\n') {
    return Damaged(file_, "does not begin with a line that holds a SHA-256");
  }
  const std::string_view rest = bytes.substr(kDigestLength + 1);
  const absl::StatusOr<std::string> digest = DigestOf(rest);
  if (!digest.ok()) {
    return Prefixed(file_, digest.status());
  }
  if (bytes.substr(0, kDigestLength) != *digest) {
    return Damaged(file_, "does not have the SHA-256 that its first line tells");
  }
  absl::StatusOr<NamespaceCopy> copy = ParseNamespaceDocument(rest, server_);
  if (absl::IsInvalidArgument(copy.status())) {
    return Damaged(file_, base::StdView(copy.status().message()));
  }
  return copy.ok() ? std::move(copy) : Prefixed(file_, copy.status());
}

absl::Status NamespaceCache::Write(const NamespaceCopy& copy) const {
  absl::StatusOr<std::string> rest = NamespaceDocument(copy, server_);
  if (!rest.ok()) {
    return Prefixed(file_, rest.status());
  }
  rest->push_back('\n');
  const absl::StatusOr<std::string> digest = DigestOf(*rest);
  if (!digest.ok()) {
    return Prefixed(file_, digest.status());
  }
  const std::string bytes = base::StrCat(*digest, "\n", *rest);
  if (bytes.size() > kBytesMax) {  // Read() would not take it
    return absl::ResourceExhaustedError(
        base::StrCat(file_, ": would be longer than ", kBytesMax, " bytes"));
  }
  SEKISHO_RETURN_IF_ERROR(MakeDirectoryOf(file_));
  return base::WriteFileAtomically(file_, bytes, 0600);
}

}  // namespace sekisho::kube

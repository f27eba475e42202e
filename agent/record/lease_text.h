// The files of a lease, as both sides read and write them.
#pragma once

#include <sys/stat.h>

#include <string>

#include "absl/status/statusor.h"
#include "record/recording.h"

namespace sekisho::record {

std::string LeaseFile(const std::string& directory, const std::string& id);
std::string ContainersFile(const std::string& directory, const std::string& id);

// Whose word counts: root's, or the effective user's (so that tests need no root), where nobody
// else may write or read.
bool IsOurDirectory(const struct stat& info);
bool IsOurFile(const struct stat& info);

std::string ToLeaseText(const Recording& recording);
// An error for anything but what ToLeaseText wrote: an unknown or missing key, an empty name, …
absl::StatusOr<Recording> FromLeaseText(const std::string& text, const std::string& id);

// One line of the containers' file, with its end.
std::string ToLine(const RecordedContainer& container);
absl::StatusOr<RecordedContainer> FromLine(const std::string& line);

}  // namespace sekisho::record

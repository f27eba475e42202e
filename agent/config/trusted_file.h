// Files whose content has authority over the node, and the proof that only the right user wrote
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/snapshot.h"

namespace sekisho::config {

// Reads a configuration file of at most 1 MiB. It must be a regular file (after symbolic links) of
// root or of the effective user, and no group or stranger may write to it. The directories above it
// are not judged: who can rename them is root, or has the node already.
std::optional<std::string> ReadTrustedFile(const std::string& path,
                                           std::vector<Diagnostic>* errors);

// The names (not paths) of the directory's *.yaml files, sorted bytewise; hidden files are left
// out. A directory that does not exist holds none. The directory must be trusted like a file: who
// may add files to it writes policy. A name that ends in .yml is a warning, because somebody will
// believe that it is read.
std::vector<std::string> ListTrustedDirectory(const std::string& path,
                                              std::vector<Diagnostic>* errors,
                                              std::vector<Diagnostic>* warnings);

// What is wrong with the file as a seccomp profile to attach, in words that follow the file's path;
// nothing when it is a regular file, no symbolic link, of root or of the effective user, and not
// writable by group or others. The profile's content is judged elsewhere.
struct FileFault {
  std::string message;
  std::string fix;
};
std::optional<FileFault> JudgeProfileFile(const std::string& path);

}  // namespace sekisho::config

// What an installation would make of one file.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace sekisho::install {

struct FileChange {
  std::string path;                   // where the bytes are: no symbolic link at its end
  std::optional<std::string> before;  // nothing: there is no such file
  std::optional<std::string> after;   // nothing: the file goes away
  mode_t mode = 0644;                 // of a file that is new; one that exists keeps its own
  std::string why;                    // a few words for people, e.g. "--container-runtime-endpoint"

  friend bool operator==(const FileChange&, const FileChange&) = default;
};

}  // namespace sekisho::install

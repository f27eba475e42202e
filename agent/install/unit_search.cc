// Where the files of a unit lie, without asking systemd.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <system_error>

#include "base/str_cat.h"
#include "install/systemd.h"

namespace sekisho::install {
namespace {

namespace fs = std::filesystem;
using base::StrCat;

// In the order in which a file of one folder hides that of the same name in a later one. /lib is
// listed for nodes where it is not a link to /usr/lib.
constexpr std::array<const char*, 5> kUnitPath = {"/etc/systemd/system", "/run/systemd/system",
                                                  "/usr/local/lib/systemd/system",
                                                  "/usr/lib/systemd/system", "/lib/systemd/system"};

}  // namespace

std::vector<std::string> FindUnitFiles(const std::string& unit, const std::string& root) {
  std::vector<std::string> files;
  std::map<std::string, std::string> drop_ins;  // by name: the order in which they apply
  for (const char* folder : kUnitPath) {
    std::error_code ignored;
    const std::string file = StrCat(folder, "/", unit);
    if (files.empty() && fs::is_regular_file(StrCat(root, file), ignored)) {
      files.push_back(file);
    }
    const std::string drop_in_folder = StrCat(file, ".d");
    for (const fs::directory_entry& entry :
         fs::directory_iterator(StrCat(root, drop_in_folder), ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".conf")) {
        drop_ins.emplace(name, StrCat(drop_in_folder, "/", name));
      }
    }
  }
  if (files.empty()) {
    return {};
  }
  for (const auto& [name, path] : drop_ins) {
    files.push_back(path);
  }
  return files;
}

}  // namespace sekisho::install

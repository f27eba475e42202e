#include "support/proc_status.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

namespace sekisho::testing {

std::optional<ProcStatus> ReadProcStatus(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  std::map<std::string, std::string> lines;
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos) {
      lines[line.substr(0, colon)] = line.substr(colon + 1);
    }
  }
  for (const char* key :
       {"Seccomp", "NoNewPrivs", "Uid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    if (!lines.contains(key)) {
      return std::nullopt;
    }
  }
  const auto mask = [&lines](const char* key) { return std::stoull(lines[key], nullptr, 16); };
  ProcStatus status;
  status.seccomp = std::stoi(lines["Seccomp"]);
  status.no_new_privs = std::stoi(lines["NoNewPrivs"]);
  std::istringstream uids(lines["Uid"]);
  int64_t real = 0;
  uids >> real >> status.uid;
  status.cap_inheritable = mask("CapInh");
  status.cap_permitted = mask("CapPrm");
  status.cap_effective = mask("CapEff");
  status.cap_bounding = mask("CapBnd");
  status.cap_ambient = mask("CapAmb");
  return status;
}

bool RunsAProgramOfItsOwn(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  std::error_code ignored;
  const std::string program = std::filesystem::read_symlink(process + "/exe", ignored).string();
  return !program.empty() &&
         std::filesystem::equivalent(process + "/exe", process + "/root" + program, ignored);
}

std::string NamespaceOf(pid_t pid, const std::string& name) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + name, ignored)
      .string();
}

}  // namespace sekisho::testing

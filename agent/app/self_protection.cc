#include "app/self_protection.h"

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "base/str_cat.h"
#include "harden/capabilities.h"
#include "harden/landlock.h"
#include "harden/limits.h"
#include "harden/process.h"
#include "harden/system_calls.h"
#include "log/log.h"
#include "procfs/process.h"
#include "status/agent_status.h"

namespace sekisho::app {
namespace {

// The kernel does not tell a process which Landlock domain it is in.
std::atomic<bool> landlock_holds{false};

void SayUnless(const absl::Status& status, std::string_view what) {
  if (!status.ok()) {
    log::Warn(base::StrCat("the agent itself is not protected: ", what, ": ", status.ToString()));
  }
}

std::string FolderOf(const std::string& file) {
  return file.substr(0, file.rfind('/') + 1);
}

// "127.0.0.1:9469", "[::1]:9469"; nothing for a path and for "off".
std::optional<uint16_t> PortOf(const std::string& listen) {
  uint16_t port = 0;
  const size_t colon = listen.rfind(':');
  if (listen.starts_with('/') || colon == std::string::npos) {
    return std::nullopt;
  }
  const char* end = listen.data() + listen.size();
  return std::from_chars(listen.data() + colon + 1, end, port).ptr == end ? std::optional(port)
                                                                          : std::nullopt;
}

harden::LandlockOptions WhatItWrites(const config::AgentConfig& config) {
  harden::LandlockOptions options{
      .writable_folders = {FolderOf(config.listen_socket), FolderOf(config.admin_socket),
                           FolderOf(status::StatusFileOf(config.listen_socket)),
                           FolderOf(config.audit_path), config.state_dir},
      .writable_files = {"/dev/null"},
      // The API server, and name servers over TCP.
      .tcp_connect = !config.kubeconfig.empty() || !config.service_account_dir.empty(),
      .tcp_listen = PortOf(config.metrics_listen)};
  if (config.metrics_listen.starts_with('/')) {
    options.writable_folders.push_back(FolderOf(config.metrics_listen));
  }
  return options;
}

}  // namespace

void ProtectProcess() {
  SayUnless(harden::GainNoPrivileges(), "it may gain privileges");
  SayUnless(harden::LowerLimits(), "its limits are not lowered");
  SayUnless(harden::HideMemory(), "its memory can be looked into");
}

void NarrowProcess(const config::AgentConfig& config) {
  // Where it fails, giving the socket to the group does, too, and says so.
  if (!config.listen_group.empty()) {
    harden::JoinGroup(config.listen_group).IgnoreError();
  }
  SayUnless(harden::DropCapabilities(), "it keeps its capabilities");
  if (config.system_call_filter) {
    SayUnless(harden::FilterSystemCalls(), "it has no system call filter of its own");
  } else {
    log::Warn("selfProtection.systemCallFilter is false: the agent loads no filter of its own");
  }
}

void NarrowFiles(const config::AgentConfig& config) {
  if (!config.landlock) {
    log::Warn("selfProtection.landlock is false: the agent may write wherever its user may");
    return;
  }
  const absl::StatusOr<int> version = harden::RestrictWithLandlock(WhatItWrites(config));
  landlock_holds = version.ok();
  if (absl::IsUnimplemented(version.status())) {
    log::Info(version.status().ToString());
  } else {
    SayUnless(version.status(), "Landlock");
  }
}

std::map<std::string, bool> SelfProtection() {
  std::map<std::string, bool> held;
  const absl::StatusOr<procfs::Process> self = procfs::ReadProcess("/proc", ::getpid());
  if (self.ok()) {
    held["no_new_privs"] = self->no_new_privs;
    held["seccomp_filter"] = self->seccomp == procfs::SeccompMode::kFilter;
  }
  held["capabilities_dropped"] = harden::CapabilitiesAreDropped();
  held["core_dumps_off"] = harden::CoreDumpsAreOff();
  held["memory_not_dumpable"] = harden::MemoryIsHidden();
  if (harden::LandlockVersion() > 0) {
    held["landlock"] = landlock_holds;
  }
  return held;
}

}  // namespace sekisho::app

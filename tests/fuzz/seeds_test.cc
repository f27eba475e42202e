// The seeds of requests and of the audit log.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>

#include "fuzz/seed_file.h"
#include "support/request_builders.h"
#include "support/synthetic_audit.h"
#include "support/temp_dir.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

// As request_body.cc chooses.
enum SeedPolicy { kPrivilegedSeed = 0, kBaselineSeed = 2, kRestrictedSeed = 4, kHardenSeed = 6 };

// Entries of maps always in the same order: a seed that is written again is the same.
template <typename Message>
std::string RequestSeed(int choice, const Message& message) {
  std::string bytes(1, static_cast<char>('0' + choice));
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

using EditSandbox = std::function<void(cri_v1::PodSandboxConfig&)>;
using EditContainer = std::function<void(cri_v1::ContainerConfig&)>;

void SandboxSeed(const std::string& name, SeedPolicy policy, const EditSandbox& edit = {}) {
  CheckSeed("request/" + name, RequestSeed(policy, RunPodSandbox({.edit = edit})));
}

void ContainerSeed(const std::string& name, SeedPolicy policy, const EditContainer& edit = {},
                   const EditSandbox& edit_sandbox = {}) {
  CheckSeed("request/" + name,
            RequestSeed(policy + 1, CreateContainer("84a85a092bdc56e5", {.edit = edit_sandbox},
                                                    {.edit = edit})));
}

cri_v1::LinuxContainerSecurityContext& ContextOf(cri_v1::ContainerConfig& config) {
  return *config.mutable_linux()->mutable_security_context();
}

TEST(FuzzSeedsTest, RequestsOfSandboxes) {
  SandboxSeed("sandbox-privileged", kPrivilegedSeed, [](cri_v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->set_privileged(true);
  });
  SandboxSeed("sandbox-baseline", kBaselineSeed);
  SandboxSeed("sandbox-restricted", kRestrictedSeed);
  SandboxSeed("sandbox-harden", kHardenSeed, [](cri_v1::PodSandboxConfig& config) {
    (*config.mutable_annotations())["io.example/steers"] = "yes";
    (*config.mutable_linux()->mutable_sysctls())["kernel.msgmax"] = "65536";
    (*config.mutable_linux()->mutable_sysctls())["net.ipv4.ip_unprivileged_port_start"] = "0";
    config.mutable_linux()->mutable_security_context()->mutable_selinux_options()->set_type(
        "spc_t");
  });
  SandboxSeed("bad-sandbox-host", kBaselineSeed, [](cri_v1::PodSandboxConfig& config) {
    auto& options =
        *config.mutable_linux()->mutable_security_context()->mutable_namespace_options();
    options.set_network(cri_v1::NODE);
    options.set_pid(cri_v1::NODE);
    config.add_port_mappings()->set_host_port(80);
  });
}

TEST(FuzzSeedsTest, RequestsOfContainers) {
  ContainerSeed("container-privileged", kPrivilegedSeed, [](cri_v1::ContainerConfig& config) {
    ContextOf(config).set_privileged(true);
    config.add_devices()->set_host_path("/dev/fuse");
  });
  ContainerSeed("container-baseline", kBaselineSeed);
  ContainerSeed("container-restricted", kRestrictedSeed, MakeRestricted);
  ContainerSeed("container-volumes", kRestrictedSeed, [](cri_v1::ContainerConfig& config) {
    MakeRestricted(config);
    for (const char* volume : {"kubernetes.io~projected/token", "kubernetes.io~csi/data/mount"}) {
      cri_v1::Mount& mount = *config.add_mounts();
      mount.set_host_path("/var/lib/kubelet/pods/" + PodOptions().uid + "/volumes/" + volume);
      mount.set_container_path(std::string("/mnt/") + volume);
    }
  });
  ContainerSeed("container-harden", kHardenSeed, [](cri_v1::ContainerConfig& config) {
    ContextOf(config).mutable_run_as_user()->set_value(1000);
    ContextOf(config).mutable_capabilities()->add_add_capabilities("NET_RAW");
    ContextOf(config).clear_masked_paths();
    ContextOf(config).mutable_selinux_options()->set_user("root");
    ContextOf(config).mutable_apparmor()->set_profile_type(cri_v1::SecurityProfile::Unconfined);
    ContextOf(config).set_apparmor_profile("unconfined");
    ContextOf(config).set_seccomp_profile_path("unconfined");
    (*config.mutable_annotations())["io.example/steers"] = "yes";
  });
  ContainerSeed("container-harden-sandbox", kHardenSeed, MakeRestricted,
                [](cri_v1::PodSandboxConfig& config) {
                  (*config.mutable_annotations())["io.example/steers"] = "yes";
                });
  ContainerSeed("bad-container-localhost", kBaselineSeed, [](cri_v1::ContainerConfig& config) {
    auto& seccomp = *ContextOf(config).mutable_seccomp();
    seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
    seccomp.set_localhost_ref("/etc/profiles/audit.json");
  });
  ContainerSeed("bad-container-host-path", kBaselineSeed, [](cri_v1::ContainerConfig& config) {
    cri_v1::Mount& mount = *config.add_mounts();
    mount.set_host_path("/etc");
    mount.set_container_path("/host");
    config.add_cdi_devices()->set_name("vendor.com/gpu=0");
    ContextOf(config).mutable_capabilities()->add_add_capabilities("SYS_ADMIN");
    ContextOf(config).mutable_capabilities()->add_add_ambient_capabilities("NET_BIND_SERVICE");
  });
  ContainerSeed(
      "bad-container-other-pod", kRestrictedSeed, {},
      [](cri_v1::PodSandboxConfig& config) { config.mutable_metadata()->set_name("web-1"); });
}

// A day's lines of a made-up cluster, as the agent writes them.
TEST(FuzzSeedsTest, LinesOfTheAuditLog) {
  const TempDir folder;
  WriteSyntheticAudit(folder.File("audit.jsonl"), 400, 7);
  std::ifstream lines(folder.File("audit.jsonl"));
  std::string line;
  for (int i = 0; std::getline(lines, line); ++i) {
    if (i % 25 == 0) {
      CheckSeed("audit_line/line-" + std::to_string(i), line);
    }
  }
}

}  // namespace
}  // namespace sekisho::testing

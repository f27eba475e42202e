#include "unit/verify/fake_node.h"

#include <filesystem>
#include <string_view>

#include "support/text_file.h"

namespace sekisho::verify {
namespace {

namespace cri_v1 = runtime::v1;
namespace fs = std::filesystem;
using testing::WriteText;

constexpr uint64_t kHostNamespaces = 1;

template <typename Message>
Message Parsed(const std::string& bytes) {
  Message message;
  message.ParseFromString(bytes);
  return message;
}

int64_t Nanoseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string ConfigJson(const std::string& name, const std::string& security_context,
                       const std::string& more) {
  return R"({"metadata":{"name":")" + name + R"("},"linux":{"security_context":{)" +
         R"("masked_paths":["/proc/asound","/proc/acpi","/proc/interrupts","/proc/kcore",)"
         R"("/proc/keys","/proc/latency_stats","/proc/timer_list","/proc/timer_stats",)"
         R"("/proc/sched_debug","/proc/scsi","/sys/firmware",)"
         R"("/sys/devices/virtual/powercap"],)"
         R"("readonly_paths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys",)"
         R"("/proc/sysrq-trigger"])" +
         (security_context.empty() ? "" : "," + security_context) + "}}" +
         (more.empty() ? "" : "," + more) + "}";
}

FakeNode::FakeNode() {
  fs::create_directories(proc());
  WriteText(proc() + "/stat", "cpu  1 2 3\nbtime 1700000000\nprocesses 9\n");
  Add({.pid = 1, .parent = 0, .name = "systemd", .mounts = kHostNamespaces, .seccomp = false});
}

void FakeNode::Add(const FakeProcess& process) {
  const std::string folder = proc() + "/" + std::to_string(process.pid);
  fs::remove_all(folder);
  fs::create_directories(folder + "/ns");
  const auto number = [](auto value) { return std::to_string(value); };
  WriteText(folder + "/stat", number(process.pid) + " (" + process.name + ") S " +
                                  number(process.parent) + " 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
                                  number(process.start_time) + " 0 0 0\n");
  const std::string uid = number(process.uid);
  const std::string ids = uid + "\t" + uid + "\t" + uid + "\t" + uid + "\n";
  WriteText(folder + "/status",
            "Name:\t" + process.name + "\nUid:\t" + ids + "Gid:\t" + ids +
                "Groups:\t\nCapInh:\t0000000000000000\nCapPrm:\t" + process.bounding +
                "\nCapEff:\t" + process.bounding + "\nCapBnd:\t" + process.bounding +
                "\nCapAmb:\t0000000000000000\nNoNewPrivs:\t" + (process.no_new_privs ? "1" : "0") +
                "\nSeccomp:\t" + (process.seccomp ? "2" : "0") + "\nSeccomp_filters:\t" +
                (process.seccomp ? "1" : "0") + "\n");
  WriteText(folder + "/cgroup", "0::" + process.cgroup + "\n");
  WriteText(folder + "/mountinfo", "600 500 0:50 / / rw,relatime - overlay overlay rw\n");
  fs::create_directories(folder + "/attr");
  WriteText(folder + "/attr/current", "");
  std::string words;
  for (const std::string& word : process.words) {
    words += word + '\0';
  }
  WriteText(folder + "/cmdline", words);
  const uint64_t own = 1000 + static_cast<uint64_t>(process.pid);
  if (!process.namespaces) {
    return;
  }
  for (const std::string name : {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"}) {
    const bool host = process.pid == 1 || name == "user" || name == "cgroup";
    const uint64_t inode =
        name == "mnt" && process.mounts != 0 ? process.mounts : (host ? kHostNamespaces : own);
    fs::create_symlink(name + ":[" + number(inode) + "]", folder + "/ns/" + name);
  }
}

void FakeNode::RemoveProcess(pid_t pid) {
  fs::remove_all(proc() + "/" + std::to_string(pid));
}

VerifierOptions FakeNode::Options() {
  return {.proc = proc(),
          .kubelet_root = dir_.File("kubelet"),
          .state_dir = dir_.File("state"),
          .call = [this](std::string_view method, const std::string& request) {
            return Answer(std::string(method.substr(method.rfind('/') + 1)), request);
          }};
}

absl::StatusOr<std::string> FakeNode::Answer(const std::string& method,
                                             const std::string& request) {
  ++asked[method];
  if (before) {
    if (absl::Status status = before(method); !status.ok()) {
      return status;
    }
  }
  if (method == "ListContainers") {
    return ListContainers(request);
  }
  if (method == "ListPodSandbox") {
    return ListPodSandbox();
  }
  if (method == "ContainerStatus") {
    return ContainerStatus(request);
  }
  return method == "PodSandboxStatus" ? PodSandboxStatus(request)
                                      : absl::UnimplementedError("not asked of a runtime");
}

std::string FakeNode::ListContainers(const std::string& request) const {
  const auto filter = Parsed<cri_v1::ListContainersRequest>(request).filter();
  cri_v1::ListContainersResponse response;
  for (const FakeContainer& container : containers) {
    if ((filter.has_state() && filter.state().state() != container.state) ||
        !container.id.starts_with(filter.id())) {
      continue;
    }
    cri_v1::Container& listed = *response.add_containers();
    listed.set_id(container.id);
    listed.set_pod_sandbox_id(container.sandbox_id);
    listed.mutable_metadata()->set_name(container.name);
    listed.set_state(container.state);
  }
  return response.SerializeAsString();
}

std::string FakeNode::ListPodSandbox() const {
  cri_v1::ListPodSandboxResponse response;
  for (const auto& [id, sandbox] : sandboxes) {
    cri_v1::PodSandbox& listed = *response.add_items();
    listed.set_id(id);
    listed.set_state(sandbox.state);
  }
  return response.SerializeAsString();
}

absl::StatusOr<std::string> FakeNode::ContainerStatus(const std::string& request) const {
  const std::string id = Parsed<cri_v1::ContainerStatusRequest>(request).container_id();
  for (const FakeContainer& container : containers) {
    if (container.id != id) {
      continue;
    }
    cri_v1::ContainerStatusResponse response;
    cri_v1::ContainerStatus& status = *response.mutable_status();
    status.set_id(id);
    status.mutable_metadata()->set_name(container.name);
    status.set_state(container.state);
    status.set_created_at(Nanoseconds(container.created));
    status.mutable_image()->set_image("registry.example/app:1");
    for (const std::string& path : container.host_paths) {
      cri_v1::Mount& mount = *status.add_mounts();
      mount.set_host_path(path);
      mount.set_container_path("/in" + path);
    }
    std::string info = R"({"sandboxID":")" + container.sandbox_id + R"(","pid":)" +
                       std::to_string(container.pid) + R"(,"runtimeType":")" +
                       container.runtime_type + '"';
    info += container.config.empty() ? "}" : R"(,"config":)" + container.config + "}";
    (*response.mutable_info())["info"] = info;
    return response.SerializeAsString();
  }
  return absl::NotFoundError("no such container");
}

absl::StatusOr<std::string> FakeNode::PodSandboxStatus(const std::string& request) const {
  const std::string id = Parsed<cri_v1::PodSandboxStatusRequest>(request).pod_sandbox_id();
  const auto sandbox = sandboxes.find(id);
  if (sandbox == sandboxes.end()) {
    return absl::NotFoundError("no such sandbox");
  }
  cri_v1::PodSandboxStatusResponse response;
  cri_v1::PodSandboxStatus& status = *response.mutable_status();
  status.set_id(id);
  status.mutable_metadata()->set_name("web-0");
  status.mutable_metadata()->set_uid("uid-1");
  status.mutable_metadata()->set_namespace_(sandbox->second.namespace_);
  auto& options = *status.mutable_linux()->mutable_namespaces()->mutable_options();
  options.set_pid(cri_v1::CONTAINER);
  std::string info = R"({"pid":)" + std::to_string(sandbox->second.pid);
  info += sandbox->second.config.empty() ? "}" : R"(,"config":)" + sandbox->second.config + "}";
  (*response.mutable_info())["info"] = info;
  return response.SerializeAsString();
}

}  // namespace sekisho::verify

#include "support/private_containerd.h"

#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <utility>

#include "support/containerd_config.h"
#include "support/cri_client.h"
#include "support/isolation.h"
#include "support/sekisho_process.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrograms[] = {"containerd", "ctr", "containerd-shim-runc-v2", "busybox"};
constexpr char kCniPlugins[] = "/usr/lib/cni";

bool IsInPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

std::string NetworkText(const std::string& dir) {
  return R"({"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.244.7.0/24", "dataDir": ")" +
         dir +
         R"(/ipam"}},
  {"type": "loopback"}]})";
}

// crun takes no part in a hybrid hierarchy whose cgroup2 has controllers, whichever they are. In
// this mount namespace there is none then. The hierarchy itself, and the machine's view of it,
// stay.
void HideHybridCgroup2() {
  constexpr char kUnified[] = "/sys/fs/cgroup/unified";
  if (IsolationProblem().empty() && fs::exists(std::string(kUnified) + "/cgroup.controllers")) {
    (void)::umount2(kUnified, MNT_DETACH);
  }
}

}  // namespace

std::string OciRuntime() {
  const char* chosen = std::getenv("SEKISHO_TEST_RUNTIME");
  return chosen == nullptr ? "runc" : chosen;
}

bool IsCrun() {
  return fs::path(OciRuntime()).filename() == "crun";
}

std::string MissingForContainers() {
  if (::geteuid() != 0) {
    return "real containers need root";
  }
  if (!IsolationProblem().empty()) {
    return IsolationProblem();
  }
  for (const char* program : kPrograms) {
    if (!IsInPath(program)) {
      return std::string("no ") + program + " in the path";
    }
  }
  if (const std::string runtime = OciRuntime();
      !(runtime.starts_with('/') ? fs::exists(runtime) : IsInPath(runtime))) {
    return "no OCI runtime " + runtime;
  }
  for (const char* plugin : {"ptp", "host-local", "loopback"}) {
    if (!fs::exists(std::string(kCniPlugins) + "/" + plugin)) {
      return std::string("no CNI plugin ") + kCniPlugins + "/" + plugin;
    }
  }
  return "";
}

PrivateContainerd::PrivateContainerd(std::string dir) : dir_(std::move(dir)) {
  fs::create_directories(dir_ + "/cni");
  ConfigureRuntime("", OciRuntime());
  WriteText(dir_ + "/cni/10-pods.conflist", NetworkText(dir_));
}

void PrivateContainerd::ConfigureRuntime(const std::string& handler,
                                         const std::string& oci_runtime) const {
  WriteText(
      dir_ + "/containerd.toml",
      ToToml(
          {.dir = dir_, .handler = handler, .oci_runtime = oci_runtime, .cni_plugins = kCniPlugins},
          ContainerdConfigFormat()));
}

std::string PrivateContainerd::Start() {
  if (IsCrun()) {
    HideHybridCgroup2();
  }
  child_ = std::make_unique<ChildProcess>(Command{
      .argv = {"containerd", "--config", dir_ + "/containerd.toml"}, .output_file = log_file()});
  CriClient client(socket());
  absl::Status status;
  const bool answers = Eventually(
      [&] {
        status = client.NetworkReady();
        return status.ok() || child_->Wait(std::chrono::milliseconds(0)).has_value();
      },
      std::chrono::seconds(30));
  if (answers && status.ok()) {
    return "";
  }
  const std::string log = ReadText(log_file());
  return "containerd does not serve: " + std::string(status.ToString()) + "\n" +
         log.substr(log.size() - std::min<size_t>(log.size(), 3000));
}

std::string PrivateContainerd::ImportImages() {
  const std::string archive = images_file();
  const Finished made = RunToEnd({SEKISHO_MAKE_IMAGES, archive, SEKISHO_VICTIM});
  if (made.exit_code != 0) {
    return "make_images.sh: " + made.output;
  }
  const Finished imported = RunToEnd(
      {"ctr", "--address", socket(), "--namespace", "k8s.io", "images", "import", archive});
  if (imported.exit_code != 0) {
    return "ctr images import: " + imported.output;
  }
  // The CRI part learns of new images by an event, so a moment later.
  CriClient client(socket());
  for (const char* image : {kImage, kNonRootImage, "localhost/pause:1"}) {
    if (!Eventually([&] { return client.ImageId(image).ok(); })) {
      return std::string(image) + " did not appear in containerd";
    }
  }
  return "";
}

}  // namespace sekisho::testing

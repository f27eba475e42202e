#include "support/private_containerd.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <utility>

#include "support/cri_client.h"
#include "support/isolation.h"
#include "support/sekisho_process.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrograms[] = {"containerd", "ctr", "containerd-shim-runc-v2", "runc",
                                     "busybox"};
constexpr char kCniPlugins[] = "/usr/lib/cni";

bool IsInPath(const std::string& program) {
  for (const char* folder :
       {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}) {
    if (::access((std::string(folder) + "/" + program).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

// oom_score_adj is restricted because the tests may lack CAP_SYS_RESOURCE, as in a container.
std::string ConfigText(const std::string& dir, const std::string& runtime) {
  return R"(version = 2
root = ")" +
         dir + R"(/root"
state = ")" +
         dir + R"(/state"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = ")" +
         dir + R"(/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = ")" +
         dir + R"(/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
)" + runtime +
         R"(  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ")" +
         std::string(kCniPlugins) + R"("
    conf_dir = ")" +
         dir + R"(/cni"
)";
}

std::string NetworkText(const std::string& dir) {
  return R"({"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.244.7.0/24", "dataDir": ")" +
         dir +
         R"(/ipam"}},
  {"type": "loopback"}]})";
}

}  // namespace

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
  for (const char* plugin : {"ptp", "host-local", "loopback"}) {
    if (!fs::exists(std::string(kCniPlugins) + "/" + plugin)) {
      return std::string("no CNI plugin ") + kCniPlugins + "/" + plugin;
    }
  }
  return "";
}

PrivateContainerd::PrivateContainerd(std::string dir) : dir_(std::move(dir)) {
  fs::create_directories(dir_ + "/cni");
  ConfigureRuntime("");
  WriteText(dir_ + "/cni/10-pods.conflist", NetworkText(dir_));
}

void PrivateContainerd::ConfigureRuntime(const std::string& settings,
                                         const std::string& options) const {
  std::string runtime = settings + "\n";
  if (!options.empty()) {
    runtime += R"(      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
)" + options + "\n";
  }
  WriteText(dir_ + "/containerd.toml", ConfigText(dir_, runtime));
}

std::string PrivateContainerd::Start() {
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

#include "support/containerd_config.h"

#include "absl/strings/str_replace.h"
#include "support/child_process.h"

namespace sekisho::testing {
namespace {

constexpr char kCommon[] = R"(
root = "$dir/root"
state = "$dir/state"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "$dir/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$dir/opt"
)";

// oom_score_adj is restricted because the tests may lack CAP_SYS_RESOURCE, as in a container.
constexpr char kCri2[] = R"(
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
$handler
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "$runtime"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cni"
    conf_dir = "$dir/cni"
)";

// containerd 2 made two plugins of the one, and has a socket for NRI unless it is told otherwise.
constexpr char kCri3[] = R"(
[plugins."io.containerd.nri.v1.nri"]
  socket_path = "$dir/nri.sock"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "localhost/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
$handler
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        BinaryName = "$runtime"
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["$cni"]
    conf_dir = "$dir/cni"
)";

}  // namespace

std::string ToToml(const ContainerdConfig& config, int format) {
  const std::string text =
      "version = " + std::to_string(format) + kCommon + (format == 2 ? kCri2 : kCri3);
  return absl::StrReplaceAll(text, {{"$dir", config.dir},
                                    {"$handler", config.handler},
                                    {"$runtime", config.oci_runtime},
                                    {"$cni", config.cni_plugins}});
}

int ContainerdConfigFormat() {
  static const int format = [] {
    const std::string text = RunToEnd({"containerd", "config", "default"}).output;
    return text.find("version = 3\n") == std::string::npos ? 2 : 3;
  }();
  return format;
}

}  // namespace sekisho::testing

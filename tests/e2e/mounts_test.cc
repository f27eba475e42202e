// Whose a mount is, with real mounts and containers that write to them.
#include <gmock/gmock.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "e2e/node_fixture.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MountsTest : public NodeTest {
 protected:
  static std::string PodDirectory(const PodOptions& pod) {
    return pod.kubelet_root + "/pods/" + pod.uid;
  }

  // What a kubelet does for an emptyDir before it asks for the container.
  static std::string MakeEmptyDir(const PodOptions& pod, const std::string& volume) {
    const std::string path = PodDirectory(pod) + "/volumes/kubernetes.io~empty-dir/" + volume;
    fs::create_directories(path);
    return path;
  }

  // What it does for a volume mount with a subPath: a bind mount of its own for each.
  static std::string BindSubPath(const PodOptions& pod, const std::string& volume,
                                 const std::string& source) {
    const std::string path = PodDirectory(pod) + "/volume-subpaths/" + volume + "/web/0";
    fs::create_directories(path);
    EXPECT_EQ(::mount(source.c_str(), path.c_str(), nullptr, MS_BIND, nullptr), 0)
        << std::strerror(errno);
    return path;
  }

  static ContainerOptions Mounting(const std::string& host_path) {
    return {.edit = [host_path](cri_v1::ContainerConfig& config) {
      cri_v1::Mount& mount = *config.add_mounts();
      mount.set_container_path("/data");
      mount.set_host_path(host_path);
    }};
  }

  // The container runs, and the file that it writes is in `directory`.
  void ExpectItWritesTo(const PodOptions& pod, const std::string& host_path,
                        const std::string& directory) {
    const std::string id = RunContainer(pod, Mounting(host_path));
    ASSERT_NE(id, "");
    const absl::StatusOr<ExecResult> wrote =
        client_->Exec(id, {"/bin/sh", "-c", "echo here > /data/file"});
    ASSERT_TRUE(wrote.ok()) << wrote.status();
    EXPECT_EQ(wrote->exit_code, 0) << wrote->out;
    EXPECT_EQ(ReadText(directory + "/file"), "here\n");
  }

  void ExpectRefused(const PodOptions& pod, const std::string& host_path, const std::string& text) {
    const absl::StatusOr<std::string> sandbox = client_->RunPod(pod);
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
    const size_t containers = CountContainers();
    const absl::Status status = client_->Create(*sandbox, pod, Mounting(host_path)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(text));
    EXPECT_EQ(CountContainers(), containers);
  }
};

TEST_F(MountsTest, AVolumeOfThePodIsMounted) {
  const PodOptions pod = PodIn("shop");
  const std::string volume = MakeEmptyDir(pod, "data");
  ExpectItWritesTo(pod, volume, volume);
}

TEST_F(MountsTest, ASubPathOfAVolumeIsMounted) {
  const PodOptions pod = PodIn("shop");
  const std::string directory = MakeEmptyDir(pod, "data") + "/logs";
  fs::create_directories(directory);
  ExpectItWritesTo(pod, BindSubPath(pod, "data", directory), directory);
}

TEST_F(MountsTest, APathOfTheNodeNeedsAPrivilegedPolicy) {
  const std::string path = PodIn("shop").kubelet_root + "-other";
  fs::create_directories(path);
  ExpectItWritesTo(PodIn("privileged"), path, path);
  ExpectRefused(PodIn("shop"), path,
                "violates PodSecurity \"baseline:latest\": hostPath volumes (container \"web\" "
                "mounts host path \"" +
                    path + "\")");
}

TEST_F(MountsTest, ASubPathOfAPathOfTheNodeIsAPathOfTheNode) {
  const PodOptions pod = PodIn("shop");
  // Named like a volume that the pod really has, which fools whoever looks at names.
  MakeEmptyDir(pod, "data");
  const std::string outside = pod.kubelet_root + "-outside";
  fs::create_directories(outside);
  ExpectRefused(pod, BindSubPath(pod, "data", outside), "hostPath volumes (container \"web\"");
}

TEST_F(MountsTest, AVolumeThatIsALinkIsAPathOfTheNode) {
  const PodOptions pod = PodIn("shop");
  const std::string volumes = fs::path(MakeEmptyDir(pod, "real")).parent_path().string();
  fs::create_directory_symlink("/etc", volumes + "/link");
  ExpectRefused(pod, volumes + "/link", "hostPath volumes (container \"web\"");
}

TEST_F(MountsTest, AnotherPodsVolumeIsAPathOfTheNode) {
  const std::string theirs = MakeEmptyDir(PodIn("shop"), "secret");
  ExpectRefused(PodIn("shop"), theirs, "hostPath volumes (container \"web\"");
}

}  // namespace
}  // namespace sekisho::testing

#include "integration/mounts/kubelet_dir.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "base/unique_fd.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

std::string& Problem() {
  static std::string problem;
  return problem;
}

bool Fails(const std::string& what, int result) {
  if (result != 0 && Problem().empty()) {
    Problem() = "no mount namespace of our own: " + what + ": " + std::strerror(errno);
  }
  return result != 0;
}

void Check(const std::string& what, int result) {
  if (result != 0) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
  }
}

}  // namespace

void MakeMountsPrivate() {
  if (Fails("unshare", ::unshare(CLONE_NEWNS)) ||
      Fails("private mounts", ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr))) {
    return;
  }
  (void)Fails("/run", ::mount("tmpfs", "/run", "tmpfs", MS_NOSUID, "mode=0755"));
}

void KubeletDirTest::SetUp() {
  if (!Problem().empty()) {
    GTEST_SKIP() << Problem();
  }
  MakeDirectory(kNode);
  MountTmpfs(kNode);
  MakeDirectory(Pod("volumes"));
}

void KubeletDirTest::TearDown() {
  if (Problem().empty()) {
    (void)::umount2(kNode, MNT_DETACH);  // with everything below it
  }
}

std::string KubeletDirTest::Pod(const std::string& below) {
  return std::string(kRoot) + "/pods/" + kUid + "/" + below;
}

std::string KubeletDirTest::MakeVolume(const std::string& plugin, const std::string& volume) {
  std::string path = Pod("volumes/" + plugin + "/" + volume);
  path += plugin == "kubernetes.io~csi" ? "/mount" : "";
  MakeDirectory(path);
  return path;
}

std::string KubeletDirTest::MakeTmpfsVolume(const std::string& plugin, const std::string& volume) {
  std::string path = MakeVolume(plugin, volume);
  MountTmpfs(path);
  return path;
}

void KubeletDirTest::MakeDirectory(const std::string& path) {
  fs::create_directories(path);
}

void KubeletDirTest::MakeFile(const std::string& path, const std::string& text) {
  MakeDirectory(fs::path(path).parent_path());
  WriteText(path, text);
}

void KubeletDirTest::MountTmpfs(const std::string& path) {
  Check("tmpfs on " + path, ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=1m"));
}

void KubeletDirTest::Bind(const std::string& source, const std::string& target) {
  if (fs::is_directory(source)) {
    MakeDirectory(target);
  } else if (!fs::exists(target)) {
    MakeFile(target);
  }
  Check("bind on " + target, ::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr));
}

std::string KubeletDirTest::MakeSubPath(const std::string& source, const std::string& volume,
                                        int index) {
  const base::UniqueFd fd(::open(source.c_str(), O_PATH | O_CLOEXEC));
  Check("open " + source, fd.valid() ? 0 : -1);
  std::string target =
      Pod("volume-subpaths/" + volume + "/" + kContainer + "/" + std::to_string(index));
  Bind("/proc/self/fd/" + std::to_string(fd.get()), target);
  return target;
}

policy::MountFacts KubeletDirTest::Resolve(const std::string& host_path,
                                           const std::string& container_path) const {
  std::vector<policy::MountFacts> facts(1);
  facts[0].host_path = host_path;
  facts[0].container_path = container_path;
  mounts::Resolver(options_).Resolve(asker_, facts);
  return facts[0];
}

policy::DeviceFacts KubeletDirTest::ResolveDevice(const std::string& host_path) const {
  std::vector<policy::DeviceFacts> facts(1);
  facts[0].host_path = host_path;
  mounts::Resolver(options_).Resolve(asker_, facts);
  return facts[0];
}

void KubeletDirTest::ExpectVolume(const std::string& host_path, std::string_view plugin,
                                  std::string_view volume) const {
  SCOPED_TRACE(host_path);
  const policy::MountFacts mount = Resolve(host_path);
  EXPECT_EQ(mount.origin, policy::MountOrigin::kVolume);
  EXPECT_EQ(mount.plugin, plugin);
  EXPECT_EQ(mount.volume, volume);
  EXPECT_EQ(mount.remark, "");
  EXPECT_EQ(mount.source, "");
}

void KubeletDirTest::ExpectHostPath(const std::string& host_path, std::string_view remark,
                                    std::string_view source) const {
  SCOPED_TRACE(host_path);
  const policy::MountFacts mount = Resolve(host_path);
  EXPECT_EQ(mount.origin, policy::MountOrigin::kHostPath);
  EXPECT_EQ(mount.remark, remark);
  EXPECT_EQ(mount.source, source);
  EXPECT_EQ(mount.plugin, "");
  EXPECT_EQ(mount.volume, "");
}

void KubeletDirTest::InChild(const std::function<bool()>& prepare,
                             const std::function<void()>& body) const {
  constexpr int kFailed = 1;
  constexpr int kNotPrepared = 2;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (!prepare()) {
      std::perror("prepare");
      ::_exit(kNotPrepared);
    }
    body();
    std::fflush(nullptr);
    ::_exit(HasFailure() ? kFailed : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << "wait status " << status << "; see above";
}

}  // namespace sekisho::testing

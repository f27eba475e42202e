// A kernel without openat2(2), before Linux 5.6: the system call is taken away by a filter.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>

#include "integration/mounts/kubelet_dir.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

using OldKernelTest = KubeletDirTest;

bool TakeOpenat2Away() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(filter), .filter = filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST_F(OldKernelTest, LooksAsClosely) {
  const std::string plain = MakeVolume("kubernetes.io~empty-dir", "plain");
  const std::string secret = MakeTmpfsVolume("kubernetes.io~secret", "keys");
  const std::string csi = MakeTmpfsVolume("kubernetes.io~csi", "pv");
  const std::string good = MakeSubPath(csi, "pv", 0);
  const std::string bad = MakeSubPath("/etc", "pv", 1);
  const std::string bound = MakeVolume("kubernetes.io~empty-dir", "bound");
  Bind("/etc", bound);
  const std::string link = Pod("volumes/kubernetes.io~empty-dir/link");
  fs::create_symlink("plain", link);
  fs::create_symlink("kubernetes.io~csi", Pod("volumes/vendor.example~driver"));
  const std::string behind_link = Pod("volumes/vendor.example~driver/pv");
  const std::string covered = MakeVolume("kubernetes.io~configmap", "covered");
  MountTmpfs(Pod("volumes/kubernetes.io~configmap"));
  MakeDirectory(covered);

  InChild(TakeOpenat2Away, [&] {
    ExpectVolume(plain, "kubernetes.io~empty-dir", "plain");
    ExpectVolume(secret, "kubernetes.io~secret", "keys");
    ExpectVolume(csi, "kubernetes.io~csi", "pv");
    ExpectVolume(good, "kubernetes.io~csi", "pv");
    ExpectHostPath(bad, "a subPath, but not of a volume \"pv\" of the pod", "/etc");
    ExpectHostPath(bound, "something is mounted at " + bound, "/etc");
    ExpectHostPath(link, "a symlink at " + link);
    ExpectHostPath(behind_link, "a symlink on the way to " + behind_link);
    ExpectHostPath(covered, "a mount point on the way to " + covered);
  });
}

}  // namespace
}  // namespace sekisho::testing

// A kubelet's root directory with one pod in it, and the mounts that a kubelet makes for a pod.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mounts/resolver.h"
#include "policy/mount_facts.h"

namespace sekisho::testing {

// A mount namespace of this process's own, with an empty /run to work in. Where that is not
// possible, every test of KubeletDirTest is skipped with the reason.
void MakeMountsPrivate();

class KubeletDirTest : public ::testing::Test {
 protected:
  static constexpr char kNode[] = "/run/node";  // a tmpfs for each test, so that its root is "/"
  static constexpr char kRoot[] = "/run/node/kubelet";
  static constexpr char kUid[] = "11111111-2222-3333-4444-555555555555";
  static constexpr char kContainer[] = "web";

  void SetUp() override;
  void TearDown() override;

  // Below <root>/pods/<uid>.
  static std::string Pod(const std::string& below);
  // volumes/<plugin>/<volume>, made as a directory; for CSI with /mount.
  static std::string MakeVolume(const std::string& plugin, const std::string& volume);
  // The same with a tmpfs on it, as secrets have.
  static std::string MakeTmpfsVolume(const std::string& plugin, const std::string& volume);

  static void MakeDirectory(const std::string& path);
  static void MakeFile(const std::string& path, const std::string& text = "");
  static void MountTmpfs(const std::string& path);
  // mount --bind, onto a file or directory that is made when missing.
  static void Bind(const std::string& source, const std::string& target);
  // What the kubelet does for a volumeMount with subPath: opens `source` and binds the descriptor
  // on volume-subpaths/<volume>/<container>/<index>. Returns the target.
  static std::string MakeSubPath(const std::string& source, const std::string& volume,
                                 int index = 0);

  // By way of the mount tables and the root given, as container "web" of the pod.
  policy::MountFacts Resolve(const std::string& host_path,
                             const std::string& container_path = "/data") const;
  policy::DeviceFacts ResolveDevice(const std::string& host_path) const;

  // One Resolve and what must come of it.
  void ExpectVolume(const std::string& host_path, std::string_view plugin,
                    std::string_view volume) const;
  void ExpectHostPath(const std::string& host_path, std::string_view remark,
                      std::string_view source = "") const;

  // Runs `body` in a child process, for what cannot be undone. Its expectations count, and
  // `prepare` says whether they can be looked at.
  void InChild(const std::function<bool()>& prepare, const std::function<void()>& body) const;

  mounts::Resolver::Options options_{.kubelet_root = kRoot,
                                     .mount_tables = {"/proc/self/mountinfo"}};
  mounts::Asker asker_{
      .pod_uid = kUid, .container = kContainer, .termination_message_path = "/dev/termination-log"};
};

}  // namespace sekisho::testing

// The files of a node in a folder of a test's own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "install/file_change.h"
#include "install/kubelet_setup.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::install {

inline constexpr char kContainerd[] = "unix:///run/containerd/containerd.sock";
inline constexpr char kSekisho[] = "unix:///run/sekisho/sekisho.sock";
inline constexpr char kUnit[] = "/lib/systemd/system/kubelet.service";
inline constexpr char kKubeadmDropIn[] = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf";
inline constexpr char kOurDropIn[] = "/etc/systemd/system/kubelet.service.d/99-sekisho.conf";
inline constexpr char kConfig[] = "/var/lib/kubelet/config.yaml";
inline constexpr char kFlagsEnv[] = "/var/lib/kubelet/kubeadm-flags.env";
inline constexpr char kDefaults[] = "/etc/default/kubelet";
inline constexpr char kInstance[] = "/var/lib/kubelet/instance-config.yaml";

using Files = std::map<std::string, std::string>;  // by path on the node

class NodeTree {
 public:
  NodeTree() = default;
  explicit NodeTree(const Files& files) {
    for (const auto& [path, text] : files) {
      Write(path, text);
    }
  }

  const std::string& root() const { return dir_.path(); }

  void Write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root() + path).parent_path());
    testing::WriteText(root() + path, text);
  }
  void Link(const std::string& path, const std::string& target) const {
    std::filesystem::create_directories(std::filesystem::path(root() + path).parent_path());
    std::filesystem::create_symlink(target, root() + path);
  }
  std::string Read(const std::string& path) const { return testing::ReadText(root() + path); }
  bool Has(const std::string& path) const { return std::filesystem::exists(root() + path); }

  void Apply(const std::vector<FileChange>& changes) const {
    for (const FileChange& change : changes) {
      ASSERT_EQ(change.before.has_value(), Has(change.path)) << change.path;
      ASSERT_EQ(change.before.value_or(""), Read(change.path));
      if (change.after.has_value()) {
        Write(change.path, *change.after);
      } else {
        std::filesystem::remove(root() + change.path);
      }
    }
  }

  // The unit with those of these files that are there.
  KubeletUnit Unit() const {
    KubeletUnit unit{.name = "kubelet.service", .files = {}};
    for (const char* file : {kUnit, kKubeadmDropIn, kOurDropIn}) {
      if (Has(file)) {
        unit.files.emplace_back(file);
      }
    }
    return unit;
  }
  absl::StatusOr<KubeletSetup> Setup() const { return ReadKubeletSetup(Unit(), root()); }
  absl::StatusOr<std::vector<FileChange>> Point(const std::string& from,
                                                const std::string& to) const {
    const absl::StatusOr<KubeletSetup> setup = Setup();
    return setup.ok() ? PointKubelet(*setup, from, to, kOurDropIn, root()) : setup.status();
  }
  // Every file, by its path on the node.
  Files All() const {
    Files all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root())) {
      if (entry.is_regular_file() && !entry.is_symlink()) {
        const std::string path = entry.path().string();
        all[path.substr(root().size())] = testing::ReadText(path);
      }
    }
    return all;
  }

 private:
  const testing::TempDir dir_;
};

}  // namespace sekisho::install

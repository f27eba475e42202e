#include "verify/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "base/unique_fd.h"
#include "support/text_file.h"
#include "unit/verify/fake_node.h"

namespace sekisho::verify {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr pid_t kShim = 40;
constexpr pid_t kChild = 41;
constexpr uint64_t kHost = 1;
constexpr char kKnown[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
constexpr char kOther[] = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";

class ForeignTest : public ::testing::Test {
 protected:
  void AddShim(std::vector<std::string> words = {"/usr/bin/containerd-shim-runc-v2", "-namespace",
                                                 "moby", "-id", "web", "-address",
                                                 "/run/containerd/containerd.sock"},
               const std::string& name = "containerd-shim", pid_t pid = kShim) {
    node_.Add({.pid = pid,
               .name = name,
               .cgroup = "/system.slice/containerd.service",
               .mounts = kHost,
               .words = std::move(words)});
  }
  std::vector<Foreign> Find(const std::string& runtime_socket = "",
                            std::unordered_set<uint64_t> known_mounts = {}) {
    return FindForeign({.proc = node_.proc(),
                        .runtime_socket = runtime_socket,
                        .processes = procfs::ListProcesses(node_.proc()),
                        .known = {.ids = {kKnown}, .pids = {77}},
                        .known_mounts = std::move(known_mounts)});
  }
  std::vector<std::string> Ids(const std::string& runtime_socket = "") {
    std::vector<std::string> ids;
    for (const Foreign& foreign : Find(runtime_socket)) {
      ids.push_back(foreign.id);
    }
    return ids;
  }

  FakeNode node_;
};

TEST_F(ForeignTest, TheIdComesFromTheCgroupOrElseFromTheShim) {
  const std::string known = kKnown;
  const std::string other = kOther;
  const struct {
    const char* why;
    std::string cgroup;
    std::string id;  // "": it is known
  } kRows[] = {
      {"ctr", "/default/web", "web"},
      {"ctr with a cgroup of somebody's choice", "/my/own", "own"},
      {"no cgroup of its own", "/", "web"},
      {"Docker, cgroupfs", "/docker/" + other, other},
      {"Docker, systemd", "/system.slice/docker-" + other + ".scope", other},
      {"nerdctl, systemd", "/user.slice/nerdctl-web.scope", "web"},
      {"systemd within the container", "/default/web/init.scope", "web"},
      {"known, cgroupfs", "/kubepods/besteffort/pod1/" + known, ""},
      {"known, systemd", "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + known + ".scope",
       ""},
      {"known, CRI-O", "/kubepods.slice/kubepods-pod1.slice/crio-" + known + ".scope", ""},
      {"known, a path that was meant for systemd",
       "/system.slice/kubepods-pod1.slice:cri-containerd:" + known, ""},
      {"within a known one", "/kubepods/pod1/" + known + "/docker/" + other, ""},
      {"an id that only begins like a known one", "/kubepods/pod1/" + known + "0", known + "0"},
      {"beside a known one", "/kubepods/pod1/" + other, other},
  };
  AddShim();
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    node_.Add({.pid = kChild, .parent = kShim, .cgroup = row.cgroup});
    if (row.id.empty()) {
      EXPECT_THAT(Ids(), IsEmpty());
    } else {
      EXPECT_THAT(Ids(), ElementsAre(row.id));
    }
  }
}

TEST_F(ForeignTest, WhatIsToldOfIt) {
  AddShim();
  node_.Add({.pid = kChild, .parent = kShim, .start_time = 250, .cgroup = "/moby/web"});
  const std::vector<Foreign> found = Find();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].runtime, "moby");
  EXPECT_EQ(found[0].process.pid, kChild);
  // Since the boot at 1700000000, in ticks of which a second has a hundred.
  ASSERT_TRUE(found[0].created.has_value());
  EXPECT_EQ(*found[0].created,
            std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000002500)));
}

TEST_F(ForeignTest, OfOneContainerTheFirstProcessStandsForAll) {
  AddShim();
  node_.Add({.pid = kChild, .parent = kShim, .start_time = 900, .cgroup = "/moby/web"});
  node_.Add({.pid = 50, .parent = kShim, .start_time = 300, .cgroup = "/moby/web"});
  node_.Add({.pid = 60, .parent = kShim, .start_time = 400, .cgroup = "/moby/web/sub"});
  node_.Add({.pid = 70, .parent = 50, .start_time = 500, .cgroup = "/moby/web"});
  const std::vector<Foreign> found = Find();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].process.pid, 50);
}

TEST_F(ForeignTest, TheSameIdInTwoNamespacesIsTwoContainers) {
  AddShim();
  AddShim({"containerd-shim-runc-v2", "-namespace", "default", "-id", "web"}, "containerd-shim",
          45);
  node_.Add({.pid = kChild, .parent = kShim, .cgroup = "/moby/web"});
  node_.Add({.pid = 46, .parent = 45, .cgroup = "/default/web"});
  EXPECT_THAT(Ids(), ElementsAre("web", "web"));
}

TEST_F(ForeignTest, WhatIsNotAContainerOfAShimIsNotLookedAt) {
  AddShim();
  const struct {
    const char* why;
    FakeProcess process;
  } kRows[] = {
      {"a tool of the shim's, in no container", {.pid = kChild, .parent = kShim, .mounts = kHost}},
      {"a process of the node", {.pid = kChild, .parent = 1, .cgroup = "/moby/web"}},
      {"a grandchild", {.pid = kChild, .parent = 39, .cgroup = "/moby/web"}},
      {"a sandbox's first process", {.pid = 77, .parent = kShim, .cgroup = "/strange"}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    node_.Add(row.process);
    EXPECT_THAT(Ids(), IsEmpty());
    node_.RemoveProcess(row.process.pid);
  }
  // What is executed in a known container, and moved itself to another cgroup.
  node_.Add({.pid = kChild, .parent = kShim, .cgroup = "/moved", .mounts = 5000});
  EXPECT_THAT(Find("", {5000}), IsEmpty());
  EXPECT_THAT(Find("", {5001}), SizeIs(1));
}

TEST_F(ForeignTest, WithoutNamespacesAToolIsToldByItsCgroup) {
  AddShim();
  const std::string of_shim = "/system.slice/containerd.service";
  node_.Add({.pid = kChild, .parent = kShim, .cgroup = of_shim, .namespaces = false});
  EXPECT_THAT(Ids(), IsEmpty());
  node_.Add({.pid = kChild, .parent = kShim, .cgroup = "/moby/web", .namespaces = false});
  EXPECT_THAT(Ids(), ElementsAre("web"));
  // In the shim's cgroup, and with mounts of its own.
  node_.Add({.pid = kChild, .parent = kShim, .cgroup = of_shim});
  EXPECT_THAT(Find(), SizeIs(1));
}

TEST_F(ForeignTest, TheShimsOfOthersAreNotOurs) {
  const std::string ours = node_.dir().File("ours.sock");
  const std::string theirs = node_.dir().File("theirs.sock");
  const struct {
    const char* why;
    std::vector<std::string> words;
    std::string name;
    bool is_ours;
  } kRows[] = {
      {"ours", {"shim", "-id", "web", "-address", ours}, "containerd-shim", true},
      {"two dashes", {"shim", "--id", "web", "--address", ours}, "containerd-shim", true},
      {"one word", {"shim", "-id=web", "-address=" + ours}, "containerd-shim", true},
      {"as a URL", {"shim", "-address", "unix://" + ours}, "containerd-shim", true},
      {"another spelling",
       {"shim", "-address",
        node_.dir().path() + "/../" + fs::path(node_.dir().path()).filename().string() +
            "/ours.sock"},
       "containerd-shim",
       true},
      {"it does not say", {"shim", "-id", "web"}, "containerd-shim", true},
      {"nothing to be read", {}, "containerd-shim", true},
      {"theirs", {"shim", "-id", "web", "-address", theirs}, "containerd-shim", false},
      {"a value that looks like a flag",
       {"shim", "-id", "-address", "-address", theirs},
       "containerd-shim",
       false},
      {"CRI-O's monitor",
       {"conmon", "-c", "web", "--exit-dir", "/var/run/crio/exits"},
       "conmon",
       true},
      {"Podman's monitor",
       {"conmon", "-c", "web", "--exit-dir", "/run/libpod/exits"},
       "conmon",
       false},
      {"another program", {"shim", "-id", "web", "-address", ours}, "containerd", false},
      {"another program with a longer name", {"shim", "-address", ours}, "containerd-shi", false},
  };
  node_.Add({.pid = kChild, .parent = kShim, .cgroup = "/default/web"});
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    AddShim(row.words, row.name);
    EXPECT_EQ(Ids(ours).empty(), !row.is_ours);
  }
}

// A containerd within a container has the same path, and another socket.
TEST_F(ForeignTest, ASocketIsTheShimsOwn) {
  const std::string ours = node_.dir().File("containerd.sock");
  const std::string root = node_.dir().File("inner");
  const std::string theirs = root + ours;
  fs::create_directories(fs::path(theirs).parent_path());
  testing::WriteText(ours, "");
  testing::WriteText(theirs, "");
  AddShim({"shim", "-id", "web", "-address", ours});
  node_.Add({.pid = kChild, .parent = kShim, .cgroup = "/default/web"});
  const std::string link = node_.proc() + "/" + std::to_string(kShim) + "/root";
  fs::create_symlink("/", link);
  EXPECT_THAT(Ids(ours), ElementsAre("web"));
  fs::remove(link);
  fs::create_symlink(root, link);
  EXPECT_THAT(Ids(ours), IsEmpty());
}

TEST_F(ForeignTest, WhatEndsMeanwhileIsNotTold) {
  AddShim();
  node_.Add({.pid = kChild, .parent = kShim, .cgroup = "/default/web"});
  ForeignSearch search{.proc = node_.proc(), .processes = procfs::ListProcesses(node_.proc())};
  ASSERT_THAT(FindForeign(search), SizeIs(1));
  node_.Add({.pid = kChild, .parent = kShim, .start_time = 2000, .cgroup = "/default/web"});
  EXPECT_THAT(FindForeign(search), IsEmpty());
  node_.RemoveProcess(kChild);
  EXPECT_THAT(FindForeign(search), IsEmpty());
}

}  // namespace
}  // namespace sekisho::verify

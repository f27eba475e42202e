// What the service may not do, and that it decides rightly all the same: its judgement rests on
// files, mounts and devices of the node, which the unit could take out of its sight.
#include "support/seccomp_profiles.h"
#include "support/sekisho_process.h"
#include "system/agent_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kHostPath[] = "hostPath volumes (container \"web\"";

class SandboxingTest : public AgentFixture {
 protected:
  // Of a pod of pod_client.
  static std::string PodDirectory(const std::string& pod) {
    return "/var/lib/kubelet/pods/uid-of-" + pod;
  }
  static std::string EmptyDir(const std::string& pod) {
    return PodDirectory(pod) + "/volumes/kubernetes.io~empty-dir/data";
  }
  static std::string Mounting(const std::string& path) { return "mount=" + path + ":/data"; }
  static constexpr char kWrite[] = "exec=echo here > /data/file";
};

TEST_F(SandboxingTest, TheUnitsRestrictionsAreInForce) {
  const std::string pid = std::to_string(MainPid("sekisho.service"));
  const std::string status = Must({"cat", "/proc/" + pid + "/status"});
  // CAP_SYS_PTRACE alone, to read what other processes are confined by.
  EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000080000\n"));
  EXPECT_THAT(status, HasSubstr("CapBnd:\t0000000000080000\n"));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(status, HasSubstr("Seccomp:\t2\n"));
  // Its files, seen by somebody with all of root's powers.
  const std::string enter = "nsenter --mount --target " + pid + " -- ";
  const struct {
    const char* what;
    bool can;
  } kRows[] = {
      {"touch /var/lib/sekisho/x", true},  {"touch /var/log/sekisho/x", true},
      {"touch /run/sekisho/x", true},      {"touch /etc/sekisho/x", false},
      {"touch /var/lib/kubelet/x", false}, {"touch /usr/sbin/x", false},
      {"touch /run/containerd/x", false},  {"ls /root/.bashrc", false},
      {"mkdir /sys/fs/cgroup/x", false},
  };
  for (const auto& row : kRows) {
    const Finished finished = node_->Shell(enter + row.what);
    EXPECT_EQ(finished.exit_code == 0, row.can) << row.what << ": " << finished.output;
  }
}

TEST_F(SandboxingTest, WhatRunsIsSeenWhole) {
  EXPECT_EQ(RunPod("shop", "seen")["code"], "OK");
  // By root, with all of root's powers; and by the service, with what its unit leaves it.
  const Finished verify = node_->Shell("sekisho verify -o json");
  EXPECT_EQ(verify.exit_code, 0) << verify.output;
  nlohmann::json status;
  EXPECT_TRUE(Eventually(
      [&] {
        status =
            nlohmann::json::parse(node_->Shell("sekisho status -o json").output, nullptr, false);
        return status.is_object() && status["verification"].is_object() &&
               status["verification"]["conforming"] > 0;
      },
      std::chrono::seconds(30)))
      << status.dump(1);
  EXPECT_EQ(status["verification"]["partlySeen"], 0) << status.dump(1);
  EXPECT_EQ(status["verification"]["findings"], nlohmann::json::array()) << status.dump(1);
  EXPECT_EQ(status["selfProtection"], (nlohmann::json{{"capabilities_dropped", true},
                                                      {"core_dumps_off", true},
                                                      {"landlock", true},
                                                      {"memory_not_dumpable", true},
                                                      {"no_new_privs", true},
                                                      {"seccomp_filter", true}}));
}

TEST_F(SandboxingTest, AProfileOfTheNodeIsReadCopiedAndInForce) {
  node_->Write("/var/lib/kubelet/seccomp/no-mkdir.json",
               RuntimeDefaultWithout({"mkdir", "mkdirat"}));
  const std::string seccomp = "localhost=/var/lib/kubelet/seccomp/";
  const nlohmann::json pod =
      RunPod("shop", "filtered", {seccomp + "no-mkdir.json", "exec=mkdir /tmp/x"});
  EXPECT_EQ(pod["code"], "OK") << pod.dump(1);
  EXPECT_NE(pod["exitCode"], 0) << pod.dump(1);
  EXPECT_THAT(pod["output"].get<std::string>(), HasSubstr("Operation not permitted"));
  // The runtime was given the copy, which nobody changes behind the agent's back.
  EXPECT_THAT(Must({"ls", "/var/lib/sekisho/seccomp"}), HasSubstr(".json"));

  const nlohmann::json none = RunPod("shop", "none", {seccomp + "no-such.json"});
  EXPECT_EQ(none["code"], "PERMISSION_DENIED") << none.dump(1);
}

TEST_F(SandboxingTest, AVolumeThatTheKubeletMountsLaterIsSeen) {
  const std::string volume = EmptyDir("memory");
  Must({"mkdir", "-p", volume});
  Must({"mount", "-t", "tmpfs", "tmpfs", volume});
  const nlohmann::json pod = RunPod("shop", "memory", {Mounting(volume), kWrite});
  EXPECT_EQ(pod["code"], "OK") << pod.dump(1);
  EXPECT_EQ(node_->Read(volume + "/file"), "here\n");
}

TEST_F(SandboxingTest, ASubPathIsAsGoodAsWhatIsBehindIt) {
  const std::string inside = EmptyDir("inside") + "/logs";
  const std::string subpath = "/volume-subpaths/data/web/0";
  Must({"mkdir", "-p", inside, PodDirectory("inside") + subpath});
  Must({"mount", "--bind", inside, PodDirectory("inside") + subpath});
  const nlohmann::json good =
      RunPod("shop", "inside", {Mounting(PodDirectory("inside") + subpath), kWrite});
  EXPECT_EQ(good["code"], "OK") << good.dump(1);
  EXPECT_EQ(node_->Read(inside + "/file"), "here\n");

  Must({"mkdir", "-p", EmptyDir("outside"), PodDirectory("outside") + subpath});
  Must({"mount", "--bind", "/etc", PodDirectory("outside") + subpath});
  const nlohmann::json bad =
      RunPod("shop", "outside", {Mounting(PodDirectory("outside") + subpath)});
  EXPECT_EQ(bad["code"], "PERMISSION_DENIED") << bad.dump(1);
  EXPECT_THAT(bad["message"].get<std::string>(), HasSubstr(kHostPath));
}

TEST_F(SandboxingTest, PathsOfTheNodeAreRefused) {
  int serial = 0;
  for (const char* path : {"/etc", "/root", "/dev", "/proc", "/run/containerd", "/tmp"}) {
    const nlohmann::json pod = RunPod("shop", "path-" + std::to_string(++serial), {Mounting(path)});
    EXPECT_EQ(pod["code"], "PERMISSION_DENIED") << path << pod.dump(1);
    EXPECT_THAT(pod["message"].get<std::string>(), HasSubstr(kHostPath)) << path;
  }
}

}  // namespace
}  // namespace sekisho::testing

#include <gmock/gmock.h>

#include "config/keys.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

class AgentConfigTest : public ConfigFiles {};

TEST_F(AgentConfigTest, HeaderAloneGivesTheDefaults) {
  const auto result = LoadConfigText(std::string(kConfigHeader));
  ASSERT_THAT(Texts(result.errors), ElementsAre());
  EXPECT_EQ(result.value.listen_socket, "/run/sekisho/sekisho.sock");
  EXPECT_EQ(result.value.upstream_socket, "/run/containerd/containerd.sock");
  EXPECT_EQ(result.value.policy_file, "/etc/sekisho/policy.yaml");
  EXPECT_FALSE(result.value.unsafe_forward_unknown);
  EXPECT_TRUE(result.value.system_call_filter);
  EXPECT_TRUE(result.value.landlock);
}

TEST_F(AgentConfigTest, EveryKeyIsRead) {
  const auto result = LoadConfigText(std::string(kConfigHeader) +
                                     "listen: {socket: /a/l.sock, group: kubelet}\n"
                                     "upstream: {socket: /a/u.sock, startTimeoutSeconds: 7}\n"
                                     "policy: {file: /a/p.yaml, dropInDirectory: /a/p.d}\n"
                                     "kubelet: {rootDirectory: /a/kubelet, seccompDefault: true}\n"
                                     "state: {directory: /a/state}\n"
                                     "audit: {path: /a/audit, maxSizeMiB: 3, maxFiles: 9}\n"
                                     "log: {level: debug}\n"
                                     "relay: {threads: 8, maxMessageMiB: 256}\n"
                                     "drain: {timeoutSeconds: 11}\n"
                                     "selfProtection: {systemCallFilter: false, landlock: false}\n"
                                     "unsafe: {forwardUnknownMethods: true}\n");
  ASSERT_THAT(Texts(result.errors), ElementsAre());
  const AgentConfig& config = result.value;
  EXPECT_EQ(config.listen_socket, "/a/l.sock");
  EXPECT_EQ(config.listen_group, "kubelet");
  EXPECT_EQ(config.upstream_socket, "/a/u.sock");
  EXPECT_EQ(config.upstream_start_timeout, seconds(7));
  EXPECT_EQ(config.policy_file, "/a/p.yaml");
  EXPECT_EQ(config.policy_dir, "/a/p.d");
  EXPECT_EQ(config.kubelet_root, "/a/kubelet");
  EXPECT_TRUE(config.kubelet_seccomp_default);
  EXPECT_EQ(config.state_dir, "/a/state");
  EXPECT_EQ(config.audit_path, "/a/audit");
  EXPECT_EQ(config.audit_max_bytes, 3u << 20);
  EXPECT_EQ(config.audit_max_files, 9);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.relay_threads, 8);
  EXPECT_EQ(config.relay_max_message_bytes, 256u << 20);
  EXPECT_EQ(config.drain_timeout, seconds(11));
  EXPECT_TRUE(config.unsafe_forward_unknown);
  EXPECT_FALSE(config.system_call_filter);
  EXPECT_FALSE(config.landlock);
}

// The table's idea of a default must be the struct's: write every documented default into a file,
// and nothing may change.
TEST_F(AgentConfigTest, DocumentedDefaultsAreTheRealOnes) {
  std::string text(kConfigHeader);
  std::string section;
  int written = 0;
  for (const KeyDoc& row : AgentConfigKeys()) {
    const size_t dot = row.key.find('.');
    if (dot == std::string::npos || row.fallback == "none") {
      continue;
    }
    // A value that is found out at the start cannot be written.
    if (row.key == "node.name" || row.key == "node.group" || row.key == "kubernetes.server") {
      EXPECT_EQ(row.fallback.find('`'), std::string::npos) << row.key;
      continue;
    }
    if (row.key.substr(0, dot) != section) {
      section = row.key.substr(0, dot);
      text += section + ":\n";
      // Whether to report is a question only where there is somebody to report to.
      text += section == "kubernetes" ? "  kubeconfig: /k\n" : "";
    }
    ASSERT_TRUE(row.fallback.starts_with('`') && row.fallback.ends_with('`')) << row.key;
    text += "  " + row.key.substr(dot + 1) + ": " +
            row.fallback.substr(1, row.fallback.size() - 2) + "\n";
    ++written;
  }
  EXPECT_EQ(written, 24);
  const auto result = LoadConfigText(text);
  ASSERT_THAT(Texts(result.errors), ElementsAre()) << text;
  const AgentConfig& got = result.value;
  const AgentConfig want;
  EXPECT_EQ(got.listen_socket, want.listen_socket);
  EXPECT_EQ(got.upstream_socket, want.upstream_socket);
  EXPECT_EQ(got.upstream_start_timeout, want.upstream_start_timeout);
  EXPECT_EQ(got.policy_file, want.policy_file);
  EXPECT_EQ(got.policy_dir, want.policy_dir);
  EXPECT_EQ(got.kubelet_root, want.kubelet_root);
  EXPECT_EQ(got.kubelet_seccomp_default, want.kubelet_seccomp_default);
  EXPECT_EQ(got.audit_path, want.audit_path);
  EXPECT_EQ(got.audit_max_bytes, want.audit_max_bytes);
  EXPECT_EQ(got.audit_max_files, want.audit_max_files);
  EXPECT_EQ(got.log_level, want.log_level);
  EXPECT_EQ(got.relay_threads, want.relay_threads);
  EXPECT_EQ(got.relay_max_message_bytes, want.relay_max_message_bytes);
  EXPECT_EQ(got.drain_timeout, want.drain_timeout);
  EXPECT_EQ(got.unsafe_forward_unknown, want.unsafe_forward_unknown);
  EXPECT_EQ(got.system_call_filter, want.system_call_filter);
  EXPECT_EQ(got.landlock, want.landlock);
  EXPECT_EQ(got.node_group_label, want.node_group_label);
  EXPECT_EQ(got.events, want.events);
}

// Beside each wrong line stands the right one, which must load.
TEST_F(AgentConfigTest, WrongAndRight) {
  struct Case {
    std::string wrong;  // line 3 and following
    std::string error;
    std::string right;
  };
  const std::string long_path = "/" + std::string(107, 'x');
  const std::string fits_path = "/" + std::string(106, 'x');
  const std::vector<Case> cases = {
      {"liste: {}\n", R"(config.yaml:3:1: liste: unknown key (did you mean "listen"?))",
       "listen: {}\n"},
      {"zzz: 1\n",
       "config.yaml:3:1: zzz: unknown key (one of: apiVersion, kind, listen, upstream, policy, "
       "kubelet, node, kubernetes, state, audit, admin, metrics, verify, log, relay, drain, "
       "selfProtection, unsafe)",
       ""},
      {"listen: {sokcet: /a}\n",
       R"(config.yaml:3:10: listen.sokcet: unknown key (did you mean "socket"?))",
       "listen: {socket: /a}\n"},
      {"log:\n  lvl: info\n", "config.yaml:4:3: log.lvl: unknown key (write level)",
       "log:\n  level: info\n"},
      {"log: {level: info}\nlog: {level: debug}\n",
       "config.yaml:4:1: log: given a second time; the first is at line 3 (keep one of the two)",
       "log: {level: info}\n"},
      {"audit:\n  maxFiles: 1\n  maxFiles: 2\n",
       "config.yaml:5:3: audit.maxFiles: given a second time; the first is at line 4 "
       "(keep one of the two)",
       "audit:\n  maxFiles: 1\n"},
      {"log: debug\n", "config.yaml:3:6: log: expected a mapping, found a single value",
       "log: {level: debug}\n"},
      {"log: [debug]\n", "config.yaml:3:6: log: expected a mapping, found a list",
       "log: {level: debug}\n"},
      {"log:\n", "config.yaml:3:1: log: has no value (write a value, or leave the key out)",
       "log: {}\n"},
      {"log: {level: ~}\n",
       "config.yaml:3:7: log.level: has no value (write a value, or leave the key out)",
       "log: {level: info}\n"},
      {"log: {level: verbose}\n",
       R"(config.yaml:3:14: log.level: unknown value "verbose" (one of: trace, debug, info, warn, error))",
       "log: {level: trace}\n"},
      {"log: {level: Warning}\n",
       R"(config.yaml:3:14: log.level: unknown value "Warning" (one of: trace, debug, info, warn, error))",
       "log: {level: warn}\n"},
      {"log: {level: wran}\n",
       R"(config.yaml:3:14: log.level: unknown value "wran" (did you mean "warn"?))",
       "log: {level: error}\n"},
      {"log: {level: [info]}\n",
       "config.yaml:3:14: log.level: expected a single value, found a list",
       "log: {level: info}\n"},
      {"listen: {socket: \"\"}\n", "config.yaml:3:18: listen.socket: must not be empty",
       "listen: {socket: \"/a\"}\n"},
      {"listen: {socket: run/x.sock}\n",
       R"(config.yaml:3:18: listen.socket: "run/x.sock" is not an absolute path (begin it with "/"))",
       "listen: {socket: /run/x.sock}\n"},
      {"listen: {socket: /run//x.sock}\n",
       R"(config.yaml:3:18: listen.socket: "/run//x.sock" is not a clean path (write it without "//", ".", ".." and without "/" at the end))",
       "listen: {socket: /run/x.sock}\n"},
      {"policy: {file: /etc/../x}\n",
       R"(config.yaml:3:16: policy.file: "/etc/../x" is not a clean path (write it without "//", ".", ".." and without "/" at the end))",
       "policy: {file: /etc/..x}\n"},
      {"policy: {dropInDirectory: /etc/x/}\n",
       R"(config.yaml:3:27: policy.dropInDirectory: "/etc/x/" is not a clean path (write it without "//", ".", ".." and without "/" at the end))",
       "policy: {dropInDirectory: /etc/x}\n"},
      {"audit: {path: \"/a\\0b\"}\n",
       R"(config.yaml:3:15: audit.path: "/a\x00b" is not one line of printable text)",
       "audit: {path: \"/a b\"}\n"},
      {"listen: {socket: " + long_path + "}\n",
       "config.yaml:3:18: listen.socket: is 108 bytes long; a unix socket's path has at most 107 "
       "(choose a shorter path)",
       "listen: {socket: " + fits_path + "}\n"},
      {"listen: {socket: /a}\nupstream: {socket: /a}\n",
       "config.yaml:3:18: listen.socket: listen.socket and upstream.socket are both \"/a\" "
       "(the agent listens on one socket and calls the runtime on another)",
       "listen: {socket: /a}\nupstream: {socket: /b}\n"},
      {"upstream: {socket: /run/sekisho/sekisho.sock}\n",
       "config.yaml:3:20: upstream.socket: listen.socket and upstream.socket are both "
       "\"/run/sekisho/sekisho.sock\" "
       "(the agent listens on one socket and calls the runtime on another)",
       "upstream: {socket: /run/crio/crio.sock}\n"},
      {"listen: {socket: /a/admin.sock}\n",
       "config.yaml:3:18: listen.socket: listen.socket and admin.socket are both \"/a/admin.sock\" "
       "(each needs a socket of its own)",
       "listen: {socket: /a/admin}\n"},
      {"metrics: {listen: 0.0.0.0:9469}\n",
       "config.yaml:3:19: metrics.listen: is neither a unix socket's path nor a port of the "
       "loopback "
       "interface (write an absolute path, 127.0.0.1:PORT, [::1]:PORT, or off)",
       "metrics: {listen: 127.0.0.1:9469}\n"},
      {"metrics: {listen: 127.0.0.1:65536}\n",
       "config.yaml:3:19: metrics.listen: is neither a unix socket's path nor a port of the "
       "loopback "
       "interface (write an absolute path, 127.0.0.1:PORT, [::1]:PORT, or off)",
       "metrics: {listen: \"[::1]:65535\"}\n"},
      {"metrics: {listen: metrics.sock}\n",
       "config.yaml:3:19: metrics.listen: is neither a unix socket's path nor a port of the "
       "loopback "
       "interface (write an absolute path, 127.0.0.1:PORT, [::1]:PORT, or off)",
       "metrics: {listen: off}\n"},
      {"verify: {intervalSeconds: 86401}\n",
       R"(config.yaml:3:27: verify.intervalSeconds: expected a whole number from 0 to 86400, found "86401")",
       "verify: {intervalSeconds: 0}\n"},
      {"listen: {group: a b}\n", "config.yaml:3:17: listen.group: is not the name of a group",
       "listen: {group: a_b}\n"},
      {"relay: {threads: 0}\n",
       R"(config.yaml:3:18: relay.threads: expected a whole number from 1 to 8, found "0")",
       "relay: {threads: 1}\n"},
      {"relay: {threads: 9}\n",
       R"(config.yaml:3:18: relay.threads: expected a whole number from 1 to 8, found "9")",
       "relay: {threads: 8}\n"},
      {"relay: {maxMessageMiB: 257}\n",
       R"(config.yaml:3:24: relay.maxMessageMiB: expected a whole number from 1 to 256, found "257")",
       "relay: {maxMessageMiB: 256}\n"},
      {"relay: {threads: \"2\"}\n",
       "config.yaml:3:18: relay.threads: expected a whole number from 1 to 8, found quoted text "
       "(remove the quotes)",
       "relay: {threads: 2}\n"},
      {"relay: {threads: 2.0}\n",
       R"(config.yaml:3:18: relay.threads: expected a whole number from 1 to 8, found "2.0")",
       "relay: {threads: 2}\n"},
      {"relay: {threads: 02}\n",
       R"(config.yaml:3:18: relay.threads: expected a whole number from 1 to 8, found "02")",
       "relay: {threads: 2}\n"},
      {"audit: {maxFiles: 99999999999999999999}\n",
       R"(config.yaml:3:19: audit.maxFiles: expected a whole number from 1 to 100, found "99999999999999999999")",
       "audit: {maxFiles: 100}\n"},
      {"drain: {timeoutSeconds: -1}\n",
       R"(config.yaml:3:25: drain.timeoutSeconds: expected a whole number from 1 to 3600, found "-1")",
       "drain: {timeoutSeconds: 3600}\n"},
      {"unsafe: {forwardUnknownMethods: yes}\n",
       R"(config.yaml:3:33: unsafe.forwardUnknownMethods: expected true or false, found "yes")",
       "unsafe: {forwardUnknownMethods: false}\n"},
      {"unsafe: {forwardUnknownMethods: \"true\"}\n",
       "config.yaml:3:33: unsafe.forwardUnknownMethods: expected true or false, found quoted text "
       "(remove the quotes)",
       "unsafe: {forwardUnknownMethods: true}\n"},
  };
  for (const Case& c : cases) {
    const auto wrong = LoadConfigText(std::string(kConfigHeader) + c.wrong);
    EXPECT_THAT(Texts(wrong.errors), ElementsAre(c.error)) << c.wrong;
    const auto right = LoadConfigText(std::string(kConfigHeader) + c.right);
    EXPECT_THAT(Texts(right.errors), ElementsAre()) << c.right;
  }
}

TEST_F(AgentConfigTest, ReportsEveryErrorInFileOrder) {
  const auto result = LoadConfigText(
      "relay: {threads: 99, maxMessageMiB: x}\n"
      "log: {level: loud, colour: red}\n"
      "listen: 5\n"
      "kind: AgentConfig\n");
  EXPECT_THAT(
      Texts(result.errors),
      ElementsAre(
          "config.yaml:1:1: apiVersion: is required and missing (write apiVersion: "
          "sekisho.io/v1alpha1)",
          R"(config.yaml:1:18: relay.threads: expected a whole number from 1 to 8, found "99")",
          R"(config.yaml:1:37: relay.maxMessageMiB: expected a whole number from 1 to 256, found "x")",
          R"(config.yaml:2:14: log.level: unknown value "loud" (one of: trace, debug, info, warn, error))",
          "config.yaml:2:20: log.colour: unknown key (write level)",
          "config.yaml:3:9: listen: expected a mapping, found a single value"));
}

TEST_F(AgentConfigTest, AnotherKindOfFileIsSaidOnce) {
  EXPECT_THAT(
      Texts(LoadConfigText(std::string(kPolicyHeader)).errors),
      ElementsAre(R"(config.yaml:2:7: kind: must be "AgentConfig" (write kind: AgentConfig))"));
  EXPECT_THAT(
      Texts(LoadConfigText("apiVersion: v1\nkind: AgentConfig\n").errors),
      ElementsAre(
          R"(config.yaml:1:13: apiVersion: must be "sekisho.io/v1alpha1" (write apiVersion: sekisho.io/v1alpha1))"));
  EXPECT_THAT(Texts(LoadConfigText("- a\n").errors),
              ElementsAre("config.yaml:1:1: expected a mapping, found a list"));
}

TEST_F(AgentConfigTest, KeysFromOutsideArePrintedSafely) {
  EXPECT_THAT(Texts(LoadConfigText(std::string(kConfigHeader) + "\"\\x1b[31mlog\": 1\n").errors),
              ElementsAre(::testing::StartsWith(R"(config.yaml:3:1: \x1b[31mlog: unknown key)")));
}

TEST_F(AgentConfigTest, TheFileItself) {
  EXPECT_THAT(Texts(LoadAgentConfig(Path("none.yaml")).errors),
              ElementsAre("none.yaml: cannot open: No such file or directory"));
  EXPECT_THAT(Texts(LoadAgentConfig(Path("policy.d")).errors),
              ElementsAre("policy.d: not a regular file"));
  Write("config.yaml", kConfigHeader, 0664);
  EXPECT_THAT(Texts(LoadAgentConfig(Path("config.yaml")).errors),
              ElementsAre("config.yaml: is writable by group or others (chmod go-w config.yaml)"));
  const std::string big = std::string(kConfigHeader) + "#" + std::string(1 << 20, 'x');
  EXPECT_THAT(Texts(LoadConfigText(big).errors),
              ElementsAre("config.yaml: longer than the 1048576 bytes allowed"));
}

}  // namespace
}  // namespace sekisho::config

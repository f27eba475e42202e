// What a kubelet writes as annotations of a container, and what anybody else may write there.
#include <gmock/gmock.h>

#include "cri/facts.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::ContainerFacts;

constexpr char kPorts[] = "io.kubernetes.container.ports";
constexpr char kPreStop[] = "io.kubernetes.container.preStopHandler";
constexpr char kTermination[] = "io.kubernetes.container.terminationMessagePath";

ContainerFacts With(const char* key, const std::string& value) {
  cri_v1::ContainerConfig config;
  (*config.mutable_annotations())[key] = value;
  return FactsFrom(config);
}

struct PortsRow {
  const char* why;
  std::string annotation;
  std::vector<int32_t> ports = {};
  bool unreadable = false;
};

TEST(KubeletAnnotations, Ports) {
  const PortsRow rows[] = {
      {"none", "[]"},
      {"as a kubelet writes it",
       R"([{"name":"web","hostPort":8080,"containerPort":80,"protocol":"TCP"}])",
       {8080}},
      {"container ports only", R"([{"containerPort":80,"protocol":"TCP"}])"},
      {"zero is no host port", R"([{"hostPort":0}])"},
      {"several", R"([{"hostPort":9},{"containerPort":1},{"hostPort":8}])", {9, 8}},
      {"Go keeps the last of two equal keys", R"([{"hostPort":0,"hostPort":7}])", {7}},
      {"negative is not zero", R"([{"hostPort":-1}])", {-1}},
      {"empty", "", {}, true},
      {"no JSON", "8080", {}, true},
      {"cut off", R"([{"hostPort":80)", {}, true},
      {"null", "null", {}, true},
      {"an object", R"({"hostPort":80})", {}, true},
      {"a number for a port", "[80]", {}, true},
      {"a text for a number", R"([{"hostPort":"80"}])", {}, true},
      {"a fraction", R"([{"hostPort":80.0}])", {}, true},
      {"true", R"([{"hostPort":true}])", {}, true},
      {"null for a number", R"([{"hostPort":null}])", {}, true},
      {"more than 32 bits, the low ones zero", R"([{"hostPort":4294967296}])", {}, true},
      {"more than 63 bits", R"([{"hostPort":18446744069414584320}])", {}, true},
      {"more than 64 bits", R"([{"hostPort":36893488147419103232}])", {}, true},
      {"a list in the list", "[[]]", {}, true},
      {"two documents", "[][]", {}, true},
      {"a comment", "[] // none", {}, true},
      {"no UTF-8", "[{\"name\":\"\xff\"}]", {}, true},
      {"very deep", std::string(200 * 1024, '['), {}, true},
      {"very deep and well formed", std::string(99999, '[') + std::string(99999, ']'), {}, true},
      {"as large as is read", "[" + std::string(256 * 1024 - 2, ' ') + "]"},
      {"larger", "[" + std::string(256 * 1024 - 1, ' ') + "]", {}, true},
  };
  for (const PortsRow& row : rows) {
    SCOPED_TRACE(row.why);
    const ContainerFacts facts = With(kPorts, row.annotation);
    EXPECT_EQ(facts.host_ports, row.ports);
    EXPECT_EQ(facts.ports_annotation_unreadable, row.unreadable);
  }
}

TEST(KubeletAnnotations, PortsBeforeTheUnreadableOneStillCount) {
  const ContainerFacts facts = With(kPorts, R"([{"hostPort":80},1])");
  EXPECT_THAT(facts.host_ports, ::testing::ElementsAre(80));
  EXPECT_TRUE(facts.ports_annotation_unreadable);
}

struct PreStopRow {
  const char* why;
  std::string annotation;
  std::vector<std::string> hosts = {};
  bool unreadable = false;
};

TEST(KubeletAnnotations, PreStop) {
  const PreStopRow rows[] = {
      {"none", "{}"},
      {"as a kubelet writes it",
       R"({"httpGet":{"path":"/x","port":8080,"host":"bad.host","scheme":"HTTP"}})",
       {"bad.host"}},
      {"a socket", R"({"tcpSocket":{"port":25,"host":"10.0.0.1"}})", {"10.0.0.1"}},
      {"both, which no kubelet writes",
       R"({"tcpSocket":{"host":"b"},"httpGet":{"host":"a"}})",
       {"a", "b"}},
      {"the pod itself", R"({"httpGet":{"port":80},"tcpSocket":{"port":"http"}})"},
      {"an empty host is the pod itself", R"({"httpGet":{"host":""}})"},
      {"a blank is a host", R"({"httpGet":{"host":" "}})", {" "}},
      {"null for an action", R"({"httpGet":null,"tcpSocket":{"host":"b"}})", {"b"}},
      {"a command's words are no host", R"({"exec":{"command":["curl","host"],"host":"h"}})"},
      {"a pause", R"({"sleep":{"seconds":5}})"},
      {"a host where none is asked", R"({"host":"h"})"},
      {"Go keeps the last of two equal keys", R"({"httpGet":{"host":"","host":"h"}})", {"h"}},
      {"the name of a header is no host",
       R"({"httpGet":{"port":80,"httpHeaders":[{"name":"host","value":"h"}]}})"},
      {"empty", "", {}, true},
      {"no JSON", "exec", {}, true},
      {"cut off", R"({"httpGet":{"host":"h")", {}, true},
      {"two documents", "{}{}", {}, true},
      {"null", "null", {}, true},
      {"a list", R"([{"httpGet":{"host":"h"}}])", {}, true},
      {"a text for an action", R"({"httpGet":"h"})", {}, true},
      {"a list for an action", R"({"tcpSocket":[]})", {}, true},
      {"a number for a host", R"({"tcpSocket":{"host":1}})", {}, true},
      {"null for a host", R"({"httpGet":{"host":null}})", {}, true},
      {"what was read before still counts",
       R"({"httpGet":{"host":"h"},"tcpSocket":1})",
       {"h"},
       true},
      {"no UTF-8", "{\"exec\":\"\xff\"}", {}, true},
      {"very deep", std::string(200 * 1024, '['), {}, true},
      {"as large as is read", "{" + std::string(256 * 1024 - 2, ' ') + "}"},
      {"larger", "{" + std::string(256 * 1024 - 1, ' ') + "}", {}, true},
  };
  for (const PreStopRow& row : rows) {
    SCOPED_TRACE(row.why);
    ContainerFacts expected;
    expected.pre_stop_hosts = row.hosts;
    expected.pre_stop_annotation_unreadable = row.unreadable;
    const ContainerFacts facts = With(kPreStop, row.annotation);
    EXPECT_EQ(facts.pre_stop_hosts, row.hosts);
    EXPECT_EQ(facts.pre_stop_annotation_unreadable, row.unreadable);
    EXPECT_TRUE(facts == expected) << "something else was noticed";
  }
}

TEST(KubeletAnnotations, TerminationMessagePath) {
  for (const char* path : {"", "/dev/termination-log", "relative", "/a/../b", "\xff"}) {
    ContainerFacts expected;
    expected.termination_message_path = path;
    EXPECT_TRUE(With(kTermination, path) == expected) << path;
  }
}

// Its keys mean something to a kubelet in this very spelling alone.
TEST(KubeletAnnotations, OtherKeysAreNotTheKubelets) {
  for (const char* key : {"IO.kubernetes.container.ports", "kubernetes.io/container.ports"}) {
    ContainerFacts expected;
    expected.annotations = {{key, R"([{"hostPort":80}])"}};
    EXPECT_TRUE(With(key, R"([{"hostPort":80}])") == expected) << key;
  }
  EXPECT_TRUE(With("io.kubernetes.container.ports.x", "?") == ContainerFacts());
}

// A label of the same name is nobody's port.
TEST(KubeletAnnotations, AreNoLabels) {
  cri_v1::ContainerConfig config;
  for (const char* key : {kPorts, kPreStop, kTermination}) {
    (*config.mutable_labels())[key] = "?";
  }
  EXPECT_TRUE(FactsFrom(config) == ContainerFacts());
}

}  // namespace
}  // namespace sekisho::cri

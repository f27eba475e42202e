// What a projected pod is called, and everything that is not security and not volumes.
#include "manifest/project.h"

#include <gmock/gmock.h>

#include "unit/manifest/manifests.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

std::string Annotation(const Requests& requests, const std::string& key) {
  const auto& annotations = requests.containers.back().config().annotations();
  const auto found = annotations.find("io.kubernetes.container." + key);
  return found == annotations.end() ? "none" : found->second;
}

TEST(Project, IdentityOfAnApiPod) {
  PodManifest pod = PodOf("", "");
  pod.labels = {{"app", "x"}, {"io.kubernetes.pod.name", "forged"}};
  pod.annotations = {{"k", "v"}, {"kubernetes.io/config.source", "file"}};
  Options options;
  options.kubelet_root = "/k";
  options.pod_logs_dir = "/l";
  const Requests requests = Project(pod, options);
  const cri::PodSandboxConfig& config = requests.sandbox.config();
  EXPECT_EQ(config.metadata().ShortDebugString(), "name: \"p\" uid: \"u\" namespace: \"n\"");
  EXPECT_EQ(config.hostname(), "p");
  EXPECT_EQ(config.log_directory(), "/l/n_p_u");
  EXPECT_EQ(config.labels().at("app"), "x");
  EXPECT_EQ(config.labels().at("io.kubernetes.pod.name"), "p") << "the kubelet's keys win";
  EXPECT_EQ(config.annotations().at("kubernetes.io/config.source"), "api");
  EXPECT_EQ(config.annotations().count("kubernetes.io/config.hash"), 0u);
  const cri::ContainerConfig& container = requests.containers[0].config();
  EXPECT_EQ(container.labels_size(), 4) << "the user's stay with the pod";
  EXPECT_EQ(container.labels().at("io.kubernetes.container.name"), "c");
  EXPECT_EQ(container.annotations().count("k"), 0u);
  EXPECT_EQ(container.log_path(), "c/0.log");
  EXPECT_EQ(container.mounts(0).host_path(), "/k/pods/u/etc-hosts");
}

TEST(Project, IdentityOfAStaticPod) {
  PodManifest pod = PodOf("", "");
  pod.namespace_.clear();
  pod.uid.clear();
  Options options;
  options.static_node_name = "node1";
  const Requests requests = Project(pod, options);
  const cri::PodSandboxConfig& config = requests.sandbox.config();
  EXPECT_EQ(config.metadata().name(), "p-node1");
  EXPECT_EQ(config.metadata().namespace_(), "default");
  EXPECT_THAT(config.metadata().uid(), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(config.annotations().at("kubernetes.io/config.source"), "file");
  EXPECT_EQ(config.annotations().at("kubernetes.io/config.hash"), config.metadata().uid());
}

TEST(Project, MadeUpIdsAreTheSameEachTimeAndDifferByPod) {
  PodManifest pod = PodOf("", "");
  pod.uid.clear();
  const Requests once = Project(pod, {});
  const std::string uid = once.sandbox.config().metadata().uid();
  EXPECT_THAT(uid, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_THAT(once.containers[0].pod_sandbox_id(), MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(Project(pod, {}).containers[0].ShortDebugString(),
            once.containers[0].ShortDebugString());
  EXPECT_EQ(Project(pod, {}).sandbox.config().metadata().uid(), uid);
  pod.name = "q";
  const Requests other = Project(pod, {});
  EXPECT_NE(other.sandbox.config().metadata().uid(), uid);
  EXPECT_NE(other.containers[0].pod_sandbox_id(), once.containers[0].pod_sandbox_id());
}

TEST(Project, Hostname) {
  const auto hostname = [](std::string_view spec, const std::string& name) {
    PodManifest pod = PodOf(spec, "");
    pod.name = name;
    return Project(pod, {}).sandbox.config().hostname();
  };
  EXPECT_EQ(hostname("hostname: h", "p"), "h");
  EXPECT_EQ(hostname("hostNetwork: true", "p"), "");
  EXPECT_EQ(hostname("", std::string(62, 'a') + "-b"), std::string(62, 'a'));
}

TEST(Project, RuntimeClassAndSysctls) {
  const Requests requests =
      Project(PodOf("runtimeClassName: kata\n"
                    "securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: \"1\"}, "
                    "{name: net/ipv4/tcp_syncookies, value: \"0\"}]}",
                    ""),
              {});
  EXPECT_EQ(requests.sandbox.runtime_handler(), "kata");
  const auto& sysctls = requests.sandbox.config().linux().sysctls();
  EXPECT_EQ(sysctls.size(), 2u);
  EXPECT_EQ(sysctls.at("net/ipv4/tcp_syncookies"), "0") << "as it is written";
  EXPECT_THAT(requests.sandbox_remarks, IsEmpty());
}

TEST(Project, RemarksOnTheSandbox) {
  const auto remarks = [](std::string_view spec, const Options& options) {
    return Project(PodOf(spec, ""), options).sandbox_remarks;
  };
  EXPECT_THAT(remarks("os: {name: linux}", {}), IsEmpty());
  EXPECT_THAT(remarks("os: {name: windows}", {}),
              ElementsAre("spec.os.name is windows, and this is a Linux node"));
  EXPECT_THAT(
      remarks("securityContext: {sysctls: [{name: kernel.msgmax, value: \"1\"}]}", {}),
      ElementsAre(
          "the sysctl kernel.msgmax is not safe: the kubelet needs --allowed-unsafe-sysctls"));
  EXPECT_THAT(remarks("serviceAccountName: x", {}), IsEmpty());
  Options options;
  options.static_node_name = "node1";
  EXPECT_THAT(remarks("serviceAccountName: x", options),
              ElementsAre("a static pod cannot have a serviceAccountName"));
}

TEST(Project, Ports) {
  struct Row {
    std::string spec, container, annotation;
    std::vector<std::string> mappings;
  };
  for (
      const Row& row : {
          Row{"", "", "none", {}},
          Row{"",
              "ports: [{containerPort: 80}]",
              R"([{"containerPort":80,"protocol":"TCP"}])",
              {"container_port: 80"}},
          Row{"",
              "ports: [{name: a, containerPort: 53, hostPort: 5353, protocol: UDP, hostIP: ::1}]",
              R"([{"name":"a","hostPort":5353,"containerPort":53,"protocol":"UDP","hostIP":"::1"}])",
              {"protocol: UDP container_port: 53 host_port: 5353 host_ip: \"::1\""}},
          Row{"hostNetwork: true",
              "ports: [{containerPort: 80}]",
              R"([{"hostPort":80,"containerPort":80,"protocol":"TCP"}])",
              {"container_port: 80 host_port: 80"}},
          Row{"",
              "ports: [{name: a, containerPort: 1}, {name: a, containerPort: 2}]",
              R"([{"name":"a","containerPort":1,"protocol":"TCP"},)"
              R"({"name":"a","containerPort":2,"protocol":"TCP"}])",
              {"container_port: 1"}},
          // Of init containers the annotation alone tells.
          Row{"initContainers: [{name: i, ports: [{containerPort: 1, hostPort: 2}]}]",
              "ports: [{containerPort: 3, protocol: SCTP}]",
              R"([{"containerPort":3,"protocol":"SCTP"}])",
              {"protocol: SCTP container_port: 3"}},
      }) {
    SCOPED_TRACE(row.spec + " " + row.container);
    const Requests requests = Project(PodOf(row.spec, row.container), {});
    EXPECT_EQ(Annotation(requests, "ports"), row.annotation);
    std::vector<std::string> mappings;
    for (const cri::PortMapping& mapping : requests.sandbox.config().port_mappings()) {
      mappings.push_back(mapping.ShortDebugString());
    }
    EXPECT_EQ(mappings, row.mappings);
  }
  const Requests init = Project(
      PodOf("initContainers: [{name: i, ports: [{containerPort: 1, hostPort: 2}]}]", ""), {});
  EXPECT_EQ(init.containers[0].config().annotations().at("io.kubernetes.container.ports"),
            R"([{"hostPort":2,"containerPort":1,"protocol":"TCP"}])");
}

TEST(Project, PreStopHandler) {
  for (const auto& [handler, json] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "{}"},
           {"{exec: {command: [sh, -c, \"a && b > 'c'\"]}}",
            R"({"exec":{"command":["sh","-c","a \u0026\u0026 b \u003e 'c'"]}})"},
           {"{httpGet: {port: 8080, host: bad.host, path: /x}}",
            R"({"httpGet":{"path":"/x","port":8080,"host":"bad.host","scheme":"HTTP"}})"},
           {"{httpGet: {port: web, scheme: HTTPS, httpHeaders: [{name: a, value: b}]}}",
            R"({"httpGet":{"path":"/","port":"web","scheme":"HTTPS",)"
            R"("httpHeaders":[{"name":"a","value":"b"}]}})"},
           {"{tcpSocket: {port: \"80\", host: h}}", R"({"tcpSocket":{"port":"80","host":"h"}})"},
           {"{tcpSocket: {port: +80}}", R"({"tcpSocket":{"port":80}})"},
           {"{sleep: {seconds: 5}}", R"({"sleep":{"seconds":5}})"},
       }) {
    const Requests requests = Project(PodOf("", "lifecycle: {preStop: " + handler + "}"), {});
    EXPECT_EQ(Annotation(requests, "preStopHandler"), json);
  }
  const Requests requests =
      Project(PodOf("", "lifecycle: {postStart: {exec: {command: [x]}}}"), {});
  EXPECT_EQ(Annotation(requests, "preStopHandler"), "none");
}

TEST(Project, Process) {
  const Requests requests = Project(PodOf("", R"yaml(command: [run, "$(A)"]
args: ["$(B)", "$$(A)"]
workingDir: /w
env: [{name: A, value: a}, {name: B, value: "$(A)b"}]
stdin: true
stdinOnce: true
tty: true
terminationMessagePath: /t
terminationMessagePolicy: FallbackToLogsOnError
lifecycle: {stopSignal: SIGRTMIN+3}
)yaml"),
                                    {});
  const cri::ContainerConfig& config = requests.containers[0].config();
  EXPECT_THAT(config.command(), ElementsAre("run", "a"));
  EXPECT_THAT(config.args(), ElementsAre("ab", "$(A)"));
  EXPECT_EQ(config.working_dir(), "/w");
  ASSERT_EQ(config.envs_size(), 2);
  EXPECT_EQ(config.envs(1).value(), "ab");
  EXPECT_TRUE(config.stdin() && config.stdin_once() && config.tty());
  EXPECT_EQ(config.stop_signal(), cri::SIGNAL_SIGRTMINPLUS3);
  EXPECT_EQ(Annotation(requests, "terminationMessagePath"), "/t");
  EXPECT_EQ(Annotation(requests, "terminationMessagePolicy"), "FallbackToLogsOnError");
  EXPECT_THAT(requests.remarks[0], IsEmpty());
  EXPECT_THAT(Project(PodOf("", "lifecycle: {stopSignal: SIGNOT}"), {}).remarks[0],
              ElementsAre("stopSignal is no signal: SIGNOT"));
  EXPECT_THAT(Project(PodOf("", "lifecycle: {stopSignal: \"\\e[31m\"}"), {}).remarks[0],
              ElementsAre("stopSignal is no signal: \\x1b[31m"));
}

TEST(Project, ContainersInOrder) {
  const Requests requests = Project(PodOf("initContainers: [{name: i}, {name: j}]\n"
                                          "ephemeralContainers: [{name: e}]",
                                          ""),
                                    {});
  std::vector<std::string> names;
  for (const cri::CreateContainerRequest& request : requests.containers) {
    names.push_back(request.config().metadata().name());
    EXPECT_EQ(request.pod_sandbox_id(), requests.containers[0].pod_sandbox_id());
  }
  EXPECT_THAT(names, ElementsAre("i", "j", "c", "e"));
  EXPECT_EQ(requests.remarks.size(), 4u);
}

}  // namespace
}  // namespace sekisho::manifest

#include "manifest/read.h"

#include <gmock/gmock.h>

#include "unit/manifest/manifests.h"

namespace sekisho::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Pods(const Manifests& read) {
  std::vector<std::string> pods;
  for (const PodManifest& pod : read.pods) {
    std::string text = pod.kind + " " + pod.namespace_ + "/" + pod.name;
    for (const Container& container : pod.spec.containers) {
      text += " " + container.name;
    }
    pods.push_back(text);
  }
  return pods;
}

std::vector<std::string> Errors(const Manifests& read) {
  std::vector<std::string> errors;
  for (const yaml::Diagnostic& error : read.errors) {
    errors.push_back(error.ToString());
  }
  return errors;
}

TEST(ReadManifests, FindsThePodOfEveryKind) {
  constexpr std::string_view kTemplate =
      "template: {metadata: {name: no, labels: {l: v}}, spec: {containers: [{name: c}]}}";
  struct Row {
    std::string_view version, kind, before, after;
  };
  for (const Row& row : {
           Row{"v1", "PodTemplate", "", ""},
           Row{"v1", "ReplicationController", "spec: {", "}"},
           Row{"apps/v1", "Deployment", "spec: {", "}"},
           Row{"extensions/v1beta1", "Deployment", "spec: {", "}"},
           Row{"apps/v1", "ReplicaSet", "spec: {", "}"},
           Row{"extensions/v1beta1", "ReplicaSet", "spec: {", "}"},
           Row{"extensions/v1beta1", "DaemonSet", "spec: {", "}"},
           Row{"apps/v1", "DaemonSet", "spec: {", "}"},
           Row{"apps/v1", "StatefulSet", "spec: {", "}"},
           Row{"batch/v1", "Job", "spec: {", "}"},
           Row{"batch/v1", "CronJob", "spec: {jobTemplate: {spec: {", "}}}"},
       }) {
    SCOPED_TRACE(row.kind);
    std::string text = "apiVersion: ";
    text.append(row.version).append("\nkind: ").append(row.kind);
    text.append("\nmetadata: {name: w, namespace: n, labels: {x: y}}\n");
    text.append(row.before).append(kTemplate).append(row.after).append("\n");
    const Manifests read = ReadManifests(text, "f");
    EXPECT_THAT(Errors(read), IsEmpty());
    EXPECT_THAT(Pods(read), ElementsAre(std::string(row.kind) + " n/w c"));
    ASSERT_FALSE(read.pods.empty());
    EXPECT_EQ(read.pods[0].labels, (std::map<std::string, std::string>{{"l", "v"}}));
  }
}

TEST(ReadManifests, ReadsEveryDocumentAndEveryItem) {
  const Manifests read = ReadManifests(R"(# first
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: c}]}
---
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {type: 5}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {generateName: b-}
  spec: {containers: [{name: c}]}
- apiVersion: v1
  kind: List
  items:
  - {apiVersion: v1, kind: Pod, metadata: {name: d}, spec: {containers: [{name: c}]}}
---
# The items of a typed list need not say what they are.
apiVersion: apps/v1
kind: DeploymentList
items:
- metadata: {name: e, namespace: m}
  spec: {template: {spec: {initContainers: [{name: i}], containers: [{name: c}]}}}
---
# A kind of this name in another group is another kind.
apiVersion: batch.volcano.sh/v1alpha1
kind: Job
metadata: {name: j}
---
apiVersion: example.com/v1
kind: AllowList
metadata: {name: l}
)",
                                       "f");
  EXPECT_THAT(Errors(read), IsEmpty());
  EXPECT_THAT(Pods(read), ElementsAre("Pod /a c", "Pod /b- c", "Pod /d c", "Deployment m/e i c"));
  EXPECT_EQ(read.pods[1].where, (yaml::Location{16, 3}));
  EXPECT_EQ(read.pods[1].file, "f");
  std::vector<std::string> skipped;
  for (const Skipped& each : read.skipped) {
    skipped.push_back(each.kind + " " + each.name + " " + std::to_string(each.where.line));
  }
  EXPECT_THAT(skipped, ElementsAre("Service s 8", "Job j 33", "AllowList l 37"));
}

TEST(ReadManifests, ReadsJson) {
  const Manifests read = ReadManifests(
      R"({"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod",)"
      R"("metadata":{"name":"a","creationTimestamp":null,"annotations":{"k":"{\"x\":\"\u003c1\"}"}},)"
      R"("spec":{"hostPID":true,"containers":[{"name":"c","securityContext":{"runAsUser":0}}]}}]})",
      "f");
  EXPECT_THAT(Errors(read), IsEmpty());
  ASSERT_EQ(read.pods.size(), 1u);
  EXPECT_TRUE(read.pods[0].spec.host_pid);
  EXPECT_EQ(read.pods[0].annotations.at("k"), R"({"x":"<1"})");
  EXPECT_EQ(read.pods[0].spec.containers[0].security_context->run_as_user, 0);
}

TEST(ReadManifests, NothingIsNoPod) {
  for (const std::string_view text : {"", "---\n", "# nothing\n"}) {
    const Manifests read = ReadManifests(text, "f");
    EXPECT_TRUE(read.ok());
    EXPECT_THAT(read.pods, IsEmpty());
    EXPECT_THAT(read.skipped, IsEmpty());
  }
}

TEST(ReadManifests, KeepsWhatAPodSays) {
  const PodManifest pod = PodOf(R"(hostNetwork: true
hostIPC: True
shareProcessNamespace: false
hostUsers: false
os: {name: linux}
runtimeClassName: kata
futureKey: {any: [thing]}
securityContext:
  seLinuxOptions: {type: t, level: l}
  runAsUser: 1
  runAsGroup: 2
  runAsNonRoot: true
  supplementalGroups: [3, 4]
  supplementalGroupsPolicy: Strict
  fsGroup: 5
  sysctls: [{name: z, value: "1"}, {name: a, value: "2"}]
  seccompProfile: {type: Localhost, localhostProfile: x.json}
  appArmorProfile: {type: Unconfined}
  windowsOptions: {hostProcess: true, runAsUserName: u}
volumes:
- {name: e}
- {name: h, hostPath: {path: /h, type: Directory}}
- {name: k, csi: {driver: d.example.com, readOnly: true}}
- {name: f, flexVolume: {driver: v/d}}
- {name: p, persistentVolumeClaim: {claimName: pc}}
- {name: i, image: {reference: r}}
- {name: n, nfs: {server: s, path: /}, emptyDir: null}
)",
                                R"(securityContext:
  privileged: false
  allowPrivilegeEscalation: true
  capabilities: {add: [A], drop: [B, C]}
  procMount: Unmasked
  readOnlyRootFilesystem: true
env: [{name: A, value: b}, {name: S, valueFrom: {secretKeyRef: {name: s, key: k}}}]
ports: [{name: web, containerPort: 80, hostPort: 8080, protocol: UDP, hostIP: 127.0.0.1}]
livenessProbe: {httpGet: {port: http, host: a}, periodSeconds: 5}
readinessProbe: {tcpSocket: {port: 1, host: b}}
startupProbe: {grpc: {port: 2}}
lifecycle: {postStart: {exec: {command: [x]}}, preStop: {sleep: {seconds: 3}}, stopSignal: SIGUSR1}
)");
  const PodSpec& spec = pod.spec;
  EXPECT_TRUE(spec.host_network);
  EXPECT_FALSE(spec.host_pid);
  EXPECT_TRUE(spec.host_ipc);
  EXPECT_EQ(spec.host_users, false);
  EXPECT_EQ(spec.os_name, "linux");
  EXPECT_EQ(spec.runtime_class_name, "kata");
  const PodSecurityContext& context = *spec.security_context;
  EXPECT_EQ(context.se_linux_options->level, "l");
  EXPECT_EQ(context.run_as_user, 1);
  EXPECT_EQ(context.run_as_group, 2);
  EXPECT_EQ(context.run_as_non_root, true);
  EXPECT_THAT(context.supplemental_groups, ElementsAre(3, 4));
  EXPECT_EQ(context.fs_group, 5);
  EXPECT_EQ(context.sysctls[0].name + context.sysctls[1].name, "za") << "not sorted";
  EXPECT_EQ(context.seccomp_profile->localhost_profile, "x.json");
  EXPECT_EQ(context.windows_options->host_process, true);
  std::string types;
  for (const Volume& volume : spec.volumes) {
    types += volume.type + " " + volume.path + volume.driver + volume.claim_name + volume.image +
             (volume.read_only ? "ro" : "") + "\n";
  }
  EXPECT_EQ(types,
            "emptyDir \nhostPath /h\ncsi d.example.comro\nflexVolume v/d\n"
            "persistentVolumeClaim pc\nimage r\nnfs \n");
  const Container& container = spec.containers[0];
  EXPECT_EQ(container.security_context->privileged, false);
  EXPECT_THAT(container.security_context->capabilities->drop, ElementsAre("B", "C"));
  EXPECT_EQ(container.security_context->run_as_user, std::nullopt);
  EXPECT_EQ(container.env[0].value, "b");
  EXPECT_TRUE(container.env[1].from_outside);
  EXPECT_EQ(container.ports[0].host_ip, "127.0.0.1");
  EXPECT_EQ(container.liveness_probe->http_get->host, "a");
  EXPECT_FALSE(container.liveness_probe->http_get->port.is_number);
  EXPECT_TRUE(container.readiness_probe->tcp_socket->port.is_number);
  EXPECT_EQ(container.pre_stop->sleep_seconds, 3);
  EXPECT_EQ(container.stop_signal, "SIGUSR1");
}

// What a YAML merge key brings in must not be overlooked: it may be what is forbidden.
TEST(ReadManifests, ResolvesMergeKeys) {
  const Manifests read = ReadManifests(R"(apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - &base
    name: a
    image: x
    securityContext: &context {privileged: true, runAsUser: 1}
  - <<: *base
    name: b
  - name: c
    securityContext: {<<: [{runAsUser: 2}, *context], runAsGroup: 3}
)",
                                       "f");
  EXPECT_THAT(Errors(read), IsEmpty());
  ASSERT_EQ(read.pods.size(), 1u);
  const auto& containers = read.pods[0].spec.containers;
  ASSERT_EQ(containers.size(), 3u);
  EXPECT_EQ(containers[1].name, "b");
  EXPECT_EQ(containers[1].image, "x");
  EXPECT_EQ(containers[1].security_context->privileged, true);
  EXPECT_EQ(containers[2].security_context->privileged, true);
  EXPECT_EQ(containers[2].security_context->run_as_user, 2);
  EXPECT_EQ(containers[2].security_context->run_as_group, 3);
}

struct ErrorCase {
  std::string_view spec, container;
  std::vector<std::string> errors;  // without the file's name; the spec begins on line 5
};

TEST(ReadManifests, ReportsWrongTypesWithTheirPlace) {
  for (const ErrorCase& c : {
           ErrorCase{"hostPID: \"true\"",
                     "",
                     {"5:12: spec.hostPID: expected true or false, found text (write true or "
                      "false, without quotes)"}},
           ErrorCase{"hostPID: yes",
                     "",
                     {"5:12: spec.hostPID: expected true or false, found text (write true or "
                      "false, without quotes)"}},
           ErrorCase{"hostPID: 1",
                     "",
                     {"5:12: spec.hostPID: expected true or false, found a number (write true or "
                      "false, without quotes)"}},
           ErrorCase{
               "hostPID: [true]", "", {"5:12: spec.hostPID: expected true or false, found a list"}},
           ErrorCase{"hostPID: true\nhostPID: false",
                     "",
                     {"6:3: spec.hostPID: is given a second time (keep one of the two)"}},
           ErrorCase{"securityContext: []",
                     "",
                     {"5:20: spec.securityContext: expected a mapping, found a list"}},
           ErrorCase{
               "volumes: {name: v}", "", {"5:12: spec.volumes: expected a list, found a mapping"}},
           ErrorCase{"volumes: [{name: v, emptyDir: {}, hostPath: {path: /}}]",
                     "",
                     {"5:47: spec.volumes[0].hostPath: is a second source of the volume; the "
                      "first is emptyDir (give a volume one source)"}},
           ErrorCase{"volumes: [{name: v, emptyDir: {}}, {name: v}]",
                     "",
                     {"5:45: spec.volumes[1].name: a second volume of this name (give each volume "
                      "a name of its own)"}},
           ErrorCase{"volumes: [{name: ../v}]",
                     "",
                     {"5:20: spec.volumes[0].name: is no name for a volume (use at most 63 small "
                      "letters, digits and '-')"}},
           ErrorCase{
               "volumes: [text]", "", {"5:13: spec.volumes[0]: expected a mapping, found text"}},
           ErrorCase{"initContainers: [{name: c}]",
                     "",
                     {"8:11: spec.containers[0].name: a second container of this name (give each "
                      "container a name of its own)"}},
           ErrorCase{"initContainers: [{image: x}]",
                     "",
                     {"5:20: spec.initContainers[0]: this container has no name"}},
           ErrorCase{"",
                     "securityContext: {runAsUser: \"0\"}",
                     {"8:34: spec.containers[0].securityContext.runAsUser: expected a whole "
                      "number, found text (remove the quotes)"}},
           ErrorCase{"",
                     "securityContext: {runAsUser: 0777}",
                     {"8:34: spec.containers[0].securityContext.runAsUser: expected a whole "
                      "number, found a number (write it without leading zeros)"}},
           ErrorCase{"",
                     "securityContext: {runAsUser: 1.5}",
                     {"8:34: spec.containers[0].securityContext.runAsUser: is no whole number "
                      "from -9223372036854775808 to 9223372036854775807"}},
           ErrorCase{"",
                     "ports: [{containerPort: 4294967376}]",
                     {"8:29: spec.containers[0].ports[0].containerPort: is no whole number from "
                      "-2147483648 to 2147483647"}},
           ErrorCase{"",
                     "command: [sleep, 100]",
                     {"8:22: spec.containers[0].command[1]: expected text, found a number (put it "
                      "in quotes)"}},
           ErrorCase{"",
                     "env: [{name: A, value: true}]",
                     {"8:28: spec.containers[0].env[0].value: expected text, found a boolean (put "
                      "it in quotes)"}},
           ErrorCase{"",
                     "securityContext: {capabilities: {drop: ALL}}",
                     {"8:44: spec.containers[0].securityContext.capabilities.drop: expected a "
                      "list, found text"}},
           ErrorCase{"",
                     "resources: {limits: {memory: lots}}",
                     {"8:34: spec.containers[0].resources.limits.memory: is not a quantity (write "
                      "it like 100m, 1.5 or 64Mi)"}},
           ErrorCase{"",
                     "securityContext: {<<: 5}",
                     {"8:23: spec.containers[0].securityContext.<<: expected a mapping, found a "
                      "number"}},
           ErrorCase{"hostPID: x",
                     "tty: x",
                     {"5:12: spec.hostPID: expected true or false, found text (write true or "
                      "false, without quotes)",
                      "9:10: spec.containers[0].tty: expected true or false, found text (write "
                      "true or false, without quotes)"}},
       }) {
    SCOPED_TRACE(std::string(c.spec) + std::string(c.container));
    const std::string text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" +
                             Indented(c.spec, 2) + "  containers:\n  - image: i\n    name: c\n" +
                             Indented(c.container, 4);
    std::vector<std::string> expected;
    for (const std::string& error : c.errors) {
      expected.push_back("f:" + error);
    }
    EXPECT_EQ(Errors(ReadManifests(text, "f")), expected);
  }
}

TEST(ReadManifests, ReportsWhatIsNoObject) {
  for (const auto& [text, error] : std::vector<std::pair<std::string, std::string>>{
           {"text", "f:1:1: expected a mapping, found text"},
           {"[]", "f:1:1: expected a mapping, found a list"},
           {"kind: Pod", "f:1:1: apiVersion is required and missing"},
           {"apiVersion: v1", "f:1:1: kind is required and missing"},
           {"{apiVersion: v1, kind: 5}",
            "f:1:24: kind: expected text, found a number (put it in quotes)"},
           {"{apiVersion: v1, kind: Pod, spec: {containers: []}}",
            "f:1:1: metadata.name is required and missing"},
           {"{apiVersion: v1, kind: Pod, metadata: {name: a}}",
            "f:1:1: spec is required and missing"},
           {"{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}",
            "f:1:56: spec: has no containers"},
           {"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {}}",
            "f:1:68: spec: template is required and missing"},
           {"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: 5}}",
            "f:1:79: spec.template: expected a mapping, found a number"},
           {"{apiVersion: v1, kind: List, items: {}}",
            "f:1:37: items: expected a list, found a mapping"},
           {"{apiVersion: v1, kind: List, items: [{kind: Pod}]}",
            "f:1:38: items[0]: apiVersion is required and missing"},
           {"a: 'b",
            "f:1:1: not valid YAML: the file ends inside a quoted text, a list or a "
            "mapping (close the quote, bracket or brace)"},
       }) {
    SCOPED_TRACE(text);
    EXPECT_THAT(Errors(ReadManifests(text, "f")), ElementsAre(error));
  }
}

// A value may be a secret: no diagnostic shows one.
TEST(ReadManifests, DoesNotPrintValues) {
  const Manifests read = ReadManifests(
      "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {hostPID: hunter2, containers: "
      "[{name: "
      "c, env: [{name: A, value: 424242}]}]}}",
      "f");
  ASSERT_EQ(read.errors.size(), 2u);
  for (const std::string& error : Errors(read)) {
    EXPECT_EQ(error.find("hunter2"), std::string::npos) << error;
    EXPECT_EQ(error.find("424242"), std::string::npos) << error;
  }
}

// The rest of a file with errors is still there to report on, and nothing of it is dereferenced
// that is not there.
TEST(ReadManifests, SurvivesAnyTypeAnywhere) {
  const std::vector<std::string_view> keys = {
      "metadata",     "spec",    "containers", "name",       "securityContext", "capabilities",
      "add",          "volumes", "hostPath",   "env",        "ports",           "lifecycle",
      "preStop",      "httpGet", "port",       "resources",  "limits",          "items",
      "volumeMounts", "sysctls", "os",         "annotations"};
  for (const std::string_view key : keys) {
    for (const std::string_view value : {"5", "text", "true", "~", "[]", "[~]", "[[]]", "{}",
                                         "[{}]", "{a: b}", "\"\"", "[5, {a: [~]}]"}) {
      for (const std::string_view kind : {"Pod", "List", "Deployment"}) {
        const std::string pair = std::string(key) + ": " + std::string(value);
        const std::string version = kind == "Deployment" ? "apps/v1" : "v1";
        const std::string text = "{apiVersion: " + version + ", kind: " + std::string(kind) + ", " +
                                 pair + ", metadata: {" + pair + "}, spec: {" + pair +
                                 ", containers: [{" + pair + ", lifecycle: {preStop: {httpGet: {" +
                                 pair + "}}}, securityContext: {" + pair +
                                 "}}], volumes: [{name: v, hostPath: {" + pair +
                                 "}}], securityContext: {" + pair + "}}}";
        const Manifests read = ReadManifests(text, "f");
        for (const PodManifest& pod : read.pods) {
          EXPECT_EQ(Project(pod, {}).containers.size(), pod.spec.containers.size());
        }
      }
    }
  }
}

}  // namespace
}  // namespace sekisho::manifest

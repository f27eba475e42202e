// Our own checks: ways around the others that no Pod Security level knows of. How
// something is mounted is in checks_mounts_test.cc, and annotations, but for what the refusal says,
// are in steering_annotations_test.cc.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

DeviceFacts Device(std::string path, MountOrigin origin = MountOrigin::kHostPath) {
  return {.container_path = "/dev/x",
          .host_path = std::move(path),
          .permissions = "rw",
          .origin = origin};
}

constexpr CheckCase kDeviceRows[] = {
    {"a device of the node", [](Request& r) { r.container.devices = {Device("/dev/mem")}; },
     "devices", R"(devices of the node (container "container1" must not use device "/dev/mem"))"},
    {"one that nobody looked at",
     [](Request& r) { r.container.devices = {Device("/dev/mem", MountOrigin::kUnresolved)}; },
     "devices"},
    {"a block volume of the pod's",
     [](Request& r) {
       r.container.devices = {
           Device("/var/lib/kubelet/pods/5f1c/volumeDevices/kubernetes.io~csi/pv-1",
                  MountOrigin::kVolume)};
     }},
    {"two, in their order",
     [](Request& r) {
       r.container.devices = {Device("/dev/sdb"), Device("/dev/kvm")};
     },
     "devices",
     R"(devices of the node (container "container1" must not use device "/dev/sdb", container "container1" must not use device "/dev/kvm"))"},
    {"one that the operator vouches for, by name and by pattern",
     [](Request& r) {
       r.spec.trust.devices = {"/dev/nvidia*", "/dev/kvm"};
       r.container.devices = {Device("/dev/nvidia0"), Device("/dev/kvm")};
     }},
    {"a pattern covers the whole path",
     [](Request& r) {
       r.spec.trust.devices = {"/dev/kvm"};
       r.container.devices = {Device("/dev/kvm2")};
     },
     "devices"},
    {"by way of a trusted directory",
     [](Request& r) {
       r.spec.trust.devices = {"/dev/dri/*"};
       r.container.devices = {Device("/dev/dri/../mem")};
     },
     "devices"},
    {"relative",
     [](Request& r) {
       r.spec.trust.devices = {"*"};
       r.container.devices = {Device("dev/mem")};
     },
     "devices"},
};

constexpr CheckCase kCdiRows[] = {
    {"a CDI device", [](Request& r) { r.container.cdi_devices = {"vendor.com/gpu=0"}; },
     "cdi-devices",
     R"(CDI devices (container "container1" must not use CDI device "vendor.com/gpu=0"))"},
    {"of a kind that the operator vouches for",
     [](Request& r) {
       r.spec.trust.cdi_kinds = {"vendor.com/gpu"};
       r.container.cdi_devices = {"vendor.com/gpu=0", "vendor.com/gpu=all"};
     }},
    {"of another class of the same vendor",
     [](Request& r) {
       r.spec.trust.cdi_kinds = {"vendor.com/gpu"};
       r.container.cdi_devices = {"vendor.com/gpu2=0"};
     },
     "cdi-devices"},
    {"kinds are no patterns",
     [](Request& r) {
       r.spec.trust.cdi_kinds = {"vendor.com/*"};
       r.container.cdi_devices = {"vendor.com/gpu=0"};
     },
     "cdi-devices"},
};

// What is not "vendor/class=name" has no kind, and so cannot be of a trusted one.
constexpr std::string_view kUnqualifiedCdiNames[] = {
    "",  "gpu0", "vendor.com/gpu", "vendor.com/gpu=", "vendor.com=gpu/0", "/gpu=0", "vendor.com/=0",
    "=",
};

constexpr CheckCase kImageRows[] = {
    {"a reference", [](Request& r) { r.container.image = "registry.example:5000/web@sha256:0a"; }},
    {"an id", [](Request& r) { r.container.image = "sha256:0a1b"; }},
    {"an absolute path",
     [](Request& r) { r.container.image = "/var/lib/kubelet/checkpoints/c.tar"; },
     "checkpoint-image",
     R"(an image that is a file (container "container1" names the file "/var/lib/kubelet/checkpoints/c.tar" as its image))"},
    {"a relative one", [](Request& r) { r.container.image = "../c.tar"; }, "checkpoint-image"},
    {"a name that the node has a file of",
     [](Request& r) {
       r.container.image = "c.tar";
       r.container.image_is_file = true;
     },
     "checkpoint-image",
     R"(an image that is a file (container "container1" names the file "c.tar" as its image))"},
};

constexpr CheckCase kContainerRows[] = {
    {"what a kubelet sets of cgroup v2",
     [](Request& r) {
       r.container.unified_keys = {"memory.high", "memory.low", "memory.min", "memory.oom.group",
                                   "memory.swap.max"};
     }},
    {"keys of somebody else's",
     [](Request& r) {
       r.container.unified_keys = {"cpu.max", "memory.min", "memory.highest"};
     },
     "cgroup-settings", R"(cgroup settings (cgroup key "cpu.max", cgroup key "memory.highest"))"},
    {"the kubelet's least oom_score_adj", [](Request& r) { r.container.oom_score_adj = -997; }},
    {"less: the kernel kills the kubelet first",
     [](Request& r) { r.container.oom_score_adj = -998; }, "cgroup-settings",
     "cgroup settings (oom_score_adj -998)"},
    {"a kubelet's labels",
     [](Request& r) {
       r.container.labels = {{"io.kubernetes.container.name", "container1"},
                             {"app.containerd.io/x", "y"}};
     }},
    {"containerd's labels",
     [](Request& r) {
       r.container.labels = {{"io.cri-containerd.kind", "sandbox"}, {"containerd.io/gc.root", ""}};
     },
     "reserved-labels",
     R"(labels that are the runtime's own (container "container1" must not set label "containerd.io/gc.root", container "container1" must not set label "io.cri-containerd.kind"))"},
    {"the sandbox's labels, keys and annotations were judged with it",
     [](Request& r) {
       r.sandbox.labels = {{"containerd.io/x", ""}};
       r.sandbox.unified_keys = {"cpu.max"};
       r.sandbox.cgroup_parent = "/system.slice";
       r.sandbox.annotations = {{"run.oci.handler", "krun"}};
     }},
    {"an annotation of a device plugin's",
     [](Request& r) {
       r.container.annotations = {{"cdi.k8s.io/x", "vendor.com/gpu=0"}};
     },
     "steering-annotations",
     R"(annotations that steer the runtime (container "container1" must not set annotation "cdi.k8s.io/x"))"},
    {"the kubelet's own annotations",
     [](Request& r) {
       r.container.annotations = {{"io.kubernetes.container.restartCount", "0"},
                                  {"io.kubernetes.container.terminationMessagePath", "/t"}};
     }},
};

constexpr CheckCase kSandboxRows[] = {
    {"cgroup keys",
     [](Request& r) {
       r.sandbox.unified_keys = {"memory.low", "pids.max"};
     },
     "cgroup-settings", R"(cgroup settings (cgroup key "pids.max"))"},
    {"no cgroup parent, or the root: a node without a cgroup for each pod",
     [](Request& r) { r.sandbox.cgroup_parent = "/"; }},
    {"the pod's cgroup",
     [](Request& r) { r.sandbox.cgroup_parent = "/kubepods/burstable/pod5f1c"; }},
    {"as systemd writes it",
     [](Request& r) {
       r.sandbox.pod.uid = "0b2c-5f1c";
       r.sandbox.cgroup_parent = "/kubepods.slice/kubepods-pod0b2c_5f1c.slice";
     }},
    {"another pod's", [](Request& r) { r.sandbox.cgroup_parent = "/kubepods/pod6a00"; },
     "cgroup-settings", R"(cgroup settings (cgroup_parent "/kubepods/pod6a00" is not this pod's))"},
    {"the node's", [](Request& r) { r.sandbox.cgroup_parent = "/system.slice"; },
     "cgroup-settings"},
    {"containerd's labels",
     [](Request& r) {
       r.sandbox.labels = {{"app", "web"}, {"io.cri-containerd.image", "managed"}};
     },
     "reserved-labels",
     R"(labels that are the runtime's own (pod must not set label "io.cri-containerd.image"))"},
    {"an annotation that crun obeys",
     [](Request& r) {
       r.sandbox.annotations = {{"app.example/x", "y"}, {"run.oci.hooks.stdout", "/etc/passwd"}};
     },
     "steering-annotations",
     R"(annotations that steer the runtime (pod must not set annotation "run.oci.hooks.stdout"))"},
};

}  // namespace

std::vector<CheckTable> BackDoorTables() {
  return {{"devices", Level::kBaseline, Judged::kContainer, kDeviceRows},
          {"CDI", Level::kBaseline, Judged::kContainer, kCdiRows},
          {"images", Level::kBaseline, Judged::kContainer, kImageRows},
          {"back doors, container", Level::kBaseline, Judged::kContainer, kContainerRows},
          {"back doors, sandbox", Level::kBaseline, Judged::kSandbox, kSandboxRows}};
}

TEST(ChecksBackDoors, Rows) {
  for (const CheckTable& table : BackDoorTables()) {
    ExpectRows(table);
  }
}

TEST(ChecksBackDoors, ACdiNameThatIsNotQualifiedIsOfNoTrustedKind) {
  for (const std::string_view name : kUnqualifiedCdiNames) {
    Request r = LegalRequest(Level::kBaseline);
    r.spec.trust.cdi_kinds = {"", "vendor.com/gpu", "gpu", "/gpu", "vendor.com/"};
    r.container.cdi_devices = {std::string(name)};
    EXPECT_EQ(Ids(OfContainer(r).violations), "cdi-devices") << name;
  }
}

}  // namespace sekisho::policy

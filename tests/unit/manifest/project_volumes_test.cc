// Volumes: where the kubelet puts each kind, and how a container gets it.
#include <gtest/gtest.h>

#include "unit/manifest/manifests.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;

constexpr std::string_view kPod = "/var/lib/kubelet/pods/u/";

// The first mount, which has to be the container's own: three in all.
cri::Mount FirstMount(const Requests& requests) {
  const cri::ContainerConfig& config = requests.containers[0].config();
  EXPECT_EQ(config.mounts_size(), 3);
  return config.mounts_size() == 3 ? config.mounts(0) : cri::Mount{};
}

TEST(ProjectVolumes, EveryKindHasItsPlace) {
  struct Row {
    std::string source, path;  // below the pod's directory, unless it is absolute
    bool read_only = false;
    std::string remark = "";
  };
  const std::string gone = "volume v is a ";
  const std::string no_plugin = ", for which kubelets no longer have a plugin";
  for (const Row& row : {
           Row{"", "volumes/kubernetes.io~empty-dir/v"},
           Row{", emptyDir: {medium: Memory}", "volumes/kubernetes.io~empty-dir/v"},
           Row{", configMap: {name: x}", "volumes/kubernetes.io~configmap/v", true},
           Row{", secret: {secretName: x}", "volumes/kubernetes.io~secret/v", true},
           Row{", downwardAPI: {}", "volumes/kubernetes.io~downward-api/v", true},
           Row{", projected: {sources: []}", "volumes/kubernetes.io~projected/v", true},
           Row{", csi: {driver: d}", "volumes/kubernetes.io~csi/v/mount"},
           Row{", csi: {driver: d, readOnly: true}", "volumes/kubernetes.io~csi/v/mount", true},
           Row{", persistentVolumeClaim: {claimName: pc}", "volumes/kubernetes.io~csi/pc/mount"},
           Row{", persistentVolumeClaim: {claimName: pc, readOnly: true}",
               "volumes/kubernetes.io~csi/pc/mount", true},
           Row{", ephemeral: {volumeClaimTemplate: {}}", "volumes/kubernetes.io~csi/p-v/mount"},
           Row{", nfs: {server: s, path: /}", "volumes/kubernetes.io~nfs/v"},
           Row{", iscsi: {lun: 0}", "volumes/kubernetes.io~iscsi/v"},
           Row{", fc: {lun: 0}", "volumes/kubernetes.io~fc/v"},
           Row{", flexVolume: {driver: ven/dri}", "volumes/ven~dri/v"},
           Row{", awsElasticBlockStore: {volumeID: vol-1}",
               "volumes/kubernetes.io~csi/ebs.csi.aws.com-vol-1/mount"},
           Row{", gcePersistentDisk: {pdName: d}",
               "volumes/kubernetes.io~csi/pd.csi.storage.gke.io-d/mount"},
           Row{", vsphereVolume: {volumePath: \"[ds] a/b\"}",
               "volumes/kubernetes.io~csi/csi.vsphere.vmware.com-[ds] a~b/mount"},
           Row{", futureDisk: {id: x}", "volumes/kubernetes.io~futureDisk/v"},
           Row{", gitRepo: {repository: r}", "volumes/kubernetes.io~git-repo/v", false,
               gone + "gitRepo" + no_plugin},
           Row{", glusterfs: {path: p}", "volumes/kubernetes.io~glusterfs/v", false,
               gone + "glusterfs" + no_plugin},
           Row{", hostPath: {path: /etc}", "/etc"},
           Row{", hostPath: {path: //etc/./x/}", "//etc/./x/"},
           Row{", hostPath: {path: etc}", "etc"},
       }) {
    SCOPED_TRACE(row.source);
    const Requests requests = Project(
        PodOf("volumes: [{name: v" + row.source + "}]", "volumeMounts: [{name: v, mountPath: /m}]"),
        {});
    const cri::Mount mount = FirstMount(requests);
    const bool literal = row.source.find("hostPath") != std::string::npos;
    EXPECT_EQ(mount.host_path(), literal ? row.path : std::string(kPod) + row.path);
    EXPECT_EQ(mount.container_path(), "/m");
    EXPECT_EQ(mount.readonly(), row.read_only);
    const std::vector<std::string> remarks =
        row.remark.empty() ? std::vector<std::string>{} : std::vector{row.remark};
    EXPECT_EQ(requests.remarks[0], remarks);
  }
}

TEST(ProjectVolumes, AMountsOwnWords) {
  struct Row {
    std::string mount, expected, remark;
  };
  const std::string at = "container_path: \"/m\" host_path: \"/srv\"";
  for (const Row& row : {
           Row{"mountPath: /m", at, ""},
           Row{"mountPath: m", at, ""},
           Row{"mountPath: /m, readOnly: true", at + " readonly: true", ""},
           Row{"mountPath: /m, mountPropagation: None", at, ""},
           Row{"mountPath: /m, mountPropagation: HostToContainer",
               at + " propagation: PROPAGATION_HOST_TO_CONTAINER", ""},
           Row{"mountPath: /m, mountPropagation: Bidirectional",
               at + " propagation: PROPAGATION_BIDIRECTIONAL", ""},
           Row{"mountPath: /m, readOnly: true, recursiveReadOnly: IfPossible",
               at + " readonly: true recursive_read_only: true", ""},
           Row{"mountPath: /m, recursiveReadOnly: Disabled", at, ""},
           Row{"mountPath: /m, recursiveReadOnly: Enabled", at,
               "recursiveReadOnly of volume v needs readOnly, and no mountPropagation"},
           // A hostPath, and nothing of it is to be seen.
           Row{"mountPath: /m, subPath: a/b",
               "container_path: \"/m\" host_path: "
               "\"/var/lib/kubelet/pods/u/volume-subpaths/v/c/0\"",
               ""},
           Row{"mountPath: /m, subPathExpr: $(DIR)/x",
               "container_path: \"/m\" host_path: "
               "\"/var/lib/kubelet/pods/u/volume-subpaths/v/c/0\"",
               ""},
           Row{"mountPath: /m, subPathExpr: $(NO)",
               "container_path: \"/m\" host_path: "
               "\"/var/lib/kubelet/pods/u/volume-subpaths/v/c/0\"",
               "subPathExpr of volume v needs the variable NO, which the container does not have"},
           Row{"mountPath: /m, subPath: a/../b",
               "container_path: \"/m\" host_path: "
               "\"/var/lib/kubelet/pods/u/volume-subpaths/v/c/0\"",
               "the subPath of volume v has a \"..\": a/../b"},
           Row{"mountPath: /m, subPathExpr: $(ROOT)",
               "container_path: \"/m\" host_path: "
               "\"/var/lib/kubelet/pods/u/volume-subpaths/v/c/0\"",
               "the subPath of volume v is absolute: /r"},
       }) {
    SCOPED_TRACE(row.mount);
    const Requests requests = Project(
        PodOf("volumes: [{name: v, hostPath: {path: /srv}}]",
              "env: [{name: DIR, value: d}, {name: ROOT, value: /r}]\nvolumeMounts: [{name: v, " +
                  row.mount + "}]"),
        {});
    EXPECT_EQ(FirstMount(requests).ShortDebugString(), row.expected);
    const std::vector<std::string> remarks =
        row.remark.empty() ? std::vector<std::string>{} : std::vector{row.remark};
    EXPECT_EQ(requests.remarks[0], remarks);
  }
}

TEST(ProjectVolumes, AClaimsSubPathIsNamedLikeTheClaim) {
  const Requests requests =
      Project(PodOf("volumes: [{name: v, persistentVolumeClaim: {claimName: pc}}]",
                    "volumeMounts: [{name: v, mountPath: /m, subPath: s}]"),
              {});
  EXPECT_EQ(FirstMount(requests).host_path(), std::string(kPod) + "volume-subpaths/pc/c/0");
}

TEST(ProjectVolumes, AnImage) {
  PodManifest pod = PodOf("volumes: [{name: v, image: {reference: r:1}}]",
                          "volumeMounts: [{name: v, mountPath: /m, subPath: s}]");
  pod.annotations["k"] = "v";
  EXPECT_EQ(FirstMount(Project(pod, {})).ShortDebugString(),
            "container_path: \"/m\" readonly: true image { image: \"r:1\" annotations { key: \"k\" "
            "value: \"v\" } user_specified_image: \"r:1\" } image_sub_path: \"s\"");
}

TEST(ProjectVolumes, TheKubeletsOwnMountsComeLast) {
  const auto paths = [](std::string_view container) {
    std::string text;
    const Requests requests = Project(PodOf("volumes: [{name: v}]", container), {});
    for (const cri::Mount& mount : requests.containers[0].config().mounts()) {
      text += mount.container_path() + " ";
    }
    return text;
  };
  EXPECT_EQ(paths(""), "/etc/hosts /dev/termination-log ");
  EXPECT_EQ(paths("volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]"),
            "/a /b /etc/hosts /dev/termination-log ");
  EXPECT_EQ(paths("volumeMounts: [{name: v, mountPath: /etc/hosts}]"),
            "/etc/hosts /dev/termination-log ");
  EXPECT_EQ(paths("terminationMessagePath: log"), "/etc/hosts /log ");
}

TEST(ProjectVolumes, BlockVolumes) {
  const Requests requests =
      Project(PodOf("volumes:\n- {name: v, persistentVolumeClaim: {claimName: pc}}\n"
                    "- {name: w, persistentVolumeClaim: {claimName: pd, readOnly: true}}\n"
                    "- {name: e}\n",
                    "volumeDevices: [{name: v, devicePath: /dev/x}, {name: w, devicePath: /dev/y}, "
                    "{name: e, devicePath: /dev/z}]"),
              {});
  const cri::ContainerConfig& config = requests.containers[0].config();
  ASSERT_EQ(config.devices_size(), 2);
  EXPECT_EQ(config.devices(0).ShortDebugString(),
            "container_path: \"/dev/x\" host_path: \"/var/lib/kubelet/pods/u/volumeDevices/"
            "kubernetes.io~csi/pc\" permissions: \"mrw\"");
  EXPECT_EQ(config.devices(1).permissions(), "r");
  EXPECT_EQ(requests.remarks[0],
            (std::vector<std::string>{"uses a block volume that is no claim of the pod: e"}));
}

TEST(ProjectVolumes, AVolumeThatIsNotThere) {
  const Requests requests = Project(PodOf("", "volumeMounts: [{name: v, mountPath: /m}]"), {});
  EXPECT_EQ(requests.containers[0].config().mounts_size(), 2);
  EXPECT_EQ(requests.remarks[0],
            (std::vector<std::string>{"mounts a volume that the pod does not have: v"}));
}

}  // namespace
}  // namespace sekisho::manifest

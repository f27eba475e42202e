#include "manifest/resources.h"

#include <gtest/gtest.h>

#include "unit/manifest/manifests.h"

namespace sekisho::manifest {
namespace {

TEST(Resources, QosClass) {
  struct Row {
    std::string why, spec, container, parent;
  };
  for (const Row& row : {
           Row{"nothing", "", "", "/kubepods/besteffort/podU"},
           Row{"zero is nothing", "", "resources: {requests: {cpu: 0}}",
               "/kubepods/besteffort/podU"},
           Row{"other resources do not count", "", "resources: {limits: {example.com/gpu: 1}}",
               "/kubepods/besteffort/podU"},
           Row{"both limits, requests by default", "", "resources: {limits: {cpu: 1, memory: 1Gi}}",
               "/kubepods/podU"},
           Row{"equal in other words", "",
               "resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1000m, memory: 1024Mi}}",
               "/kubepods/podU"},
           Row{"less is requested", "",
               "resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1Mi}}",
               "/kubepods/burstable/podU"},
           Row{"no memory limit", "", "resources: {limits: {cpu: 1}}", "/kubepods/burstable/podU"},
           Row{"an init container without limits", "initContainers: [{name: i}]",
               "resources: {limits: {cpu: 1, memory: 1Gi}}", "/kubepods/burstable/podU"},
           Row{"an ephemeral container has none", "ephemeralContainers: [{name: e}]",
               "resources: {limits: {cpu: 1, memory: 1Gi}}", "/kubepods/podU"},
       }) {
    EXPECT_EQ(CgroupParent(PodOf(row.spec, row.container).spec, "U"), row.parent) << row.why;
  }
}

TEST(Resources, Figures) {
  struct Row {
    std::string why, spec, container, pod_figures, container_figures;
  };
  const std::string no_pages =
      " hugepage_limits { page_size: \"2MB\" } hugepage_limits { page_size: \"1GB\" }";
  for (const Row& row : {
           Row{"nothing", "", "", "cpu_period: 100000 cpu_shares: 2",
               "cpu_period: 100000 cpu_shares: 2 oom_score_adj: 1000" + no_pages},
           Row{"a limit is a request", "", "resources: {limits: {cpu: 500m, memory: 8Gi}}",
               "cpu_period: 100000 cpu_quota: 50000 cpu_shares: 512 "
               "memory_limit_in_bytes: 8589934592",
               "cpu_period: 100000 cpu_quota: 50000 cpu_shares: 512 "
               "memory_limit_in_bytes: 8589934592 oom_score_adj: -997" +
                   no_pages + " memory_swap_limit_in_bytes: 8589934592"},
           Row{"half of the node's memory", "", "resources: {requests: {memory: 8Gi}}",
               "cpu_period: 100000 cpu_shares: 2",
               "cpu_period: 100000 cpu_shares: 2 oom_score_adj: 500" + no_pages},
           Row{"at least one millisecond, at most the kernel's shares", "",
               "resources: {limits: {cpu: 1m}, requests: {cpu: 9E}}",
               "cpu_period: 100000 cpu_quota: 1000 cpu_shares: 262144",
               "cpu_period: 100000 cpu_quota: 1000 cpu_shares: 262144 oom_score_adj: 999" +
                   no_pages},
           Row{"huge pages", "", "resources: {limits: {hugepages-2Mi: 4Mi}}",
               "cpu_period: 100000 cpu_shares: 2",
               "cpu_period: 100000 cpu_shares: 2 oom_score_adj: 1000 hugepage_limits { page_size: "
               "\"2MB\" limit: 4194304 } hugepage_limits { page_size: \"1GB\" }"},
           Row{"the node cannot do without it", "priorityClassName: system-node-critical", "",
               "cpu_period: 100000 cpu_shares: 2",
               "cpu_period: 100000 cpu_shares: 2 oom_score_adj: -997" + no_pages},
           Row{"init containers run alone, but beside sidecars",
               "initContainers:\n"
               "- {name: s, restartPolicy: Always, resources: {requests: {cpu: 100m}}}\n"
               "- {name: i, resources: {requests: {cpu: 900m}}}\n",
               "resources: {requests: {cpu: 500m}}", "cpu_period: 100000 cpu_shares: 1024",
               "cpu_period: 100000 cpu_shares: 512 oom_score_adj: 999" + no_pages},
       }) {
    SCOPED_TRACE(row.why);
    const PodSpec spec = PodOf(row.spec, row.container).spec;
    runtime::v1::LinuxContainerResources pod;
    ProjectPodResources(spec, pod);
    EXPECT_EQ(pod.ShortDebugString(), row.pod_figures);
    runtime::v1::LinuxContainerResources container;
    ProjectContainerResources(spec, spec.containers.back(), container);
    EXPECT_EQ(container.ShortDebugString(), row.container_figures);
  }
}

}  // namespace
}  // namespace sekisho::manifest

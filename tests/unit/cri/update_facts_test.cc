// Changes of resources -> facts: a row sets one thing and names all that it changes.
#include <gmock/gmock.h>

#include "cri/facts.h"
#include "runtime/v1/api.pb.h"
#include "unit/cri/text_proto.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::ContainerFacts;

struct Row {
  const char* why;
  const char* text;                                          // of the request
  void (*expect)(ContainerFacts&) = [](ContainerFacts&) {};  // on facts with nothing in them
};

template <typename Request>
void Check(const Row& row) {
  SCOPED_TRACE(row.why);
  ContainerFacts expected;
  row.expect(expected);
  EXPECT_TRUE(FactsFrom(FromText<Request>(row.text)) == expected) << row.text;
}

TEST(UpdateFacts, OfAContainer) {
  constexpr Row kRows[] = {
      {"nothing", ""},
      {"empty resources", "linux {}"},
      {"whose", "container_id: 'c0ffee'", [](ContainerFacts& f) { f.name = "c0ffee"; }},
      {"limits say nothing",
       "linux { cpu_period: 1 cpu_quota: -1 cpu_shares: 2 memory_limit_in_bytes: 3"
       " cpuset_cpus: '0' cpuset_mems: '0' hugepage_limits { page_size: '2MB' limit: 1 }"
       " memory_swap_limit_in_bytes: 4 }"},
      {"the OOM score", "linux { oom_score_adj: -1000 }",
       [](ContainerFacts& f) { f.oom_score_adj = -1000; }},
      {"cgroup keys, sorted",
       "linux { unified { key: 'pids.max' value: '1' } unified { key: 'io.max' } }",
       [](ContainerFacts& f) {
         f.unified_keys = {"io.max", "pids.max"};
       }},
      {"annotations, all of them: a kubelet sends none",
       "annotations { key: 'a' value: 'b' }"
       " annotations { key: 'io.kubernetes.container.ports' value: '?' }",
       [](ContainerFacts& f) {
         f.annotations = {{"a", "b"}, {"io.kubernetes.container.ports", "?"}};
       }},
      {"an empty windows message is one", "windows {}",
       [](ContainerFacts& f) { f.windows_present = true; }},
  };
  for (const Row& row : kRows) {
    Check<cri_v1::UpdateContainerResourcesRequest>(row);
  }
}

TEST(UpdateFacts, OfASandbox) {
  constexpr Row kRows[] = {
      {"nothing", ""},
      {"empty resources", "overhead {} resources {}"},
      {"the sandbox is no container", "pod_sandbox_id: 's'"},
      {"limits say nothing", "overhead { cpu_quota: -1 } resources { memory_limit_in_bytes: 3 }"},
      {"keys of both, sorted, each once",
       "overhead { unified { key: 'b' } unified { key: 'c' } }"
       " resources { unified { key: 'a' } unified { key: 'b' } }",
       [](ContainerFacts& f) {
         f.unified_keys = {"a", "b", "c"};
       }},
      {"the OOM score", "resources { oom_score_adj: -999 }",
       [](ContainerFacts& f) { f.oom_score_adj = -999; }},
      {"of the overhead", "overhead { oom_score_adj: -998 }",
       [](ContainerFacts& f) { f.oom_score_adj = -998; }},
      {"the lesser of the two", "overhead { oom_score_adj: -1 } resources { oom_score_adj: 500 }",
       [](ContainerFacts& f) { f.oom_score_adj = -1; }},
      {"two that protect nobody", "overhead { oom_score_adj: 9 } resources { oom_score_adj: 5 }",
       [](ContainerFacts& f) { f.oom_score_adj = 5; }},
  };
  for (const Row& row : kRows) {
    Check<cri_v1::UpdatePodSandboxResourcesRequest>(row);
  }
}

}  // namespace
}  // namespace sekisho::cri

// What a decision costs, without sockets: from the bytes of a kubelet's CreateContainer to the
// bytes that go to the runtime. The mounts are taken as resolved: looking them up is the node's own
// time.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "cri/facts.h"
#include "enforce/judge.h"
#include "policy/evaluate.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"

namespace sekisho {
namespace {

namespace cri_v1 = runtime::v1;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'780'000'000)};

// As many mounts and variables as a pod with a service account, a ConfigMap and an emptyDir has.
std::string RequestBytes() {
  const testing::PodOptions pod;
  const testing::ContainerOptions container{.edit = [&pod](cri_v1::ContainerConfig& config) {
    for (const char* volume :
         {"kubernetes.io~projected/kube-api-access-x7k2p", "kubernetes.io~configmap/settings",
          "kubernetes.io~empty-dir/scratch"}) {
      cri_v1::Mount& mount = *config.add_mounts();
      mount.set_host_path(pod.kubelet_root + "/pods/" + pod.uid + "/volumes/" + volume);
      mount.set_container_path(std::string("/mnt/") + volume);
    }
    for (int i = 0; i < 20; ++i) {
      cri_v1::KeyValue& variable = *config.add_envs();
      variable.set_key("SERVICE_PORT_" + std::to_string(i));
      variable.set_value("tcp://10.96.0." + std::to_string(i) + ":443");
    }
  }};
  return testing::CreateContainer("84a85a092bdc56e5", pod, container).SerializeAsString();
}

policy::Policy PolicyAt(policy::Level level, policy::OnViolation on_violation) {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = {level, {}};
  spec.audit = spec.warn = {policy::Level::kRestricted, {}};
  spec.on_violation.fill(on_violation);
  spec.harden.drop_capabilities = {"NET_RAW"};
  return {std::move(spec), {}, {}};
}

void Judge(benchmark::State& state, const policy::Policy& policy) {
  const std::string bytes = RequestBytes();
  const mounts::Resolver mounts({.look_at_node = false});
  const enforce::Judge judge(policy, mounts, kNow);
  cri_v1::CreateContainerRequest first;
  first.ParseFromString(bytes);
  const enforce::SandboxRecord sandbox{
      cri::FactsFrom(first.sandbox_config(), "", "sandbox_config")};
  for (auto _ : state) {
    cri_v1::CreateContainerRequest message;
    benchmark::DoNotOptimize(message.ParseFromString(bytes));
    enforce::Judgement judgement = judge.Container(sandbox, message);
    benchmark::DoNotOptimize(judgement);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

// Parse, facts, evaluate at three levels, edit, serialise, parse and evaluate again.
void HardenAtBaseline(benchmark::State& state) {
  Judge(state, PolicyAt(policy::Level::kBaseline, policy::OnViolation::kHarden));
}
BENCHMARK(HardenAtBaseline);

void RefuseAtRestricted(benchmark::State& state) {
  Judge(state, PolicyAt(policy::Level::kRestricted, policy::OnViolation::kDeny));
}
BENCHMARK(RefuseAtRestricted);

// What the relay does anyway, and what is not ours: reading and writing the message.
void ParseAndSerialise(benchmark::State& state) {
  const std::string bytes = RequestBytes();
  for (auto _ : state) {
    cri_v1::CreateContainerRequest message;
    benchmark::DoNotOptimize(message.ParseFromString(bytes));
    benchmark::DoNotOptimize(message.SerializeAsString());
  }
}
BENCHMARK(ParseAndSerialise);

}  // namespace
}  // namespace sekisho

BENCHMARK_MAIN();

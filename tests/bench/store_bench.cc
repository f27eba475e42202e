// What it costs to look at a seccomp profile: when it is known, and when it is not.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/str_cat.h"
#include "caps/cri_caps.h"
#include "seccomp/floors.h"
#include "seccomp/groups.h"
#include "seccomp/judged_cache.h"
#include "seccomp/judgement.h"
#include "seccomp/store.h"
#include "seccomp/syscalls.h"
#include "seccomp/trusted_open.h"
#include "support/temp_dir.h"

namespace sekisho::seccomp {
namespace {

constexpr size_t kRules = 400;

// One rule a system call, every fourth with a test of an argument. `salt` makes another content of
// it, which no cache knows.
std::string Profile400(uint64_t salt) {
  std::set<std::string> names;
  for (const char* arch : {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"}) {
    for (const Syscall& syscall : SyscallsOf(*ArchNamed(arch))) {
      names.insert(syscall.name);
    }
  }
  std::string text = R"({"defaultAction": "SCMP_ACT_ERRNO",
 "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [)";
  size_t rules = 0;
  for (const std::string& name : names) {
    if (rules == kRules) {
      break;
    }
    text += base::StrCat(rules == 0 ? "" : ",", "\n  {\"names\": [\"", name,
                         R"("], "action": "SCMP_ACT_ALLOW")");
    if (rules % 4 == 0) {
      text += base::StrCat(R"(, "args": [{"index": 2, "value": )", salt + rules,
                           R"(, "op": "SCMP_CMP_EQ"}])");
    }
    text += "}";
    ++rules;
  }
  return text + "\n]}\n";
}

Demands Usual() {
  Demands demands;
  for (const char* group : {"@mount", "@module", "bpf"}) {
    for (std::string& name : Expand(group).value_or(std::vector<std::string>())) {
      demands.must_deny.push_back(std::move(name));
    }
  }
  return demands;
}

class Node {
 public:
  Node() {
    std::filesystem::create_directories(dir_.File("root/team"));
    store_ = *Store::Open({.seccomp_root = dir_.File("root"), .directory = dir_.File("state")});
  }
  std::string Put(const std::string& text) const {
    const std::string path = dir_.File("root/team/x.json");
    (void)base::WriteFileAtomically(path, text, 0644);
    return path;
  }
  std::string root() const { return dir_.File("root"); }
  Store& store() { return *store_; }

 private:
  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
};

bool Usable(const ProfileFacts& facts, benchmark::State& state) {
  if (facts.state != ProfileFacts::State::kUsable) {
    state.SkipWithError(facts.fault.c_str());
    return false;
  }
  return true;
}

// The whole look: the way to the file judged, identities compared, the answer found, the pin seen.
void BM_LookKnown(benchmark::State& state) {
  Node node;
  const std::string path = node.Put(Profile400(1));
  const Demands demands = Usual();
  const caps::CapSet capabilities = caps::RuntimeDefaultSet();
  if (!Usable(*node.store().Look(path, demands, capabilities), state)) {
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(node.store().Look(path, demands, capabilities));
  }
}
BENCHMARK(BM_LookKnown);

// The judgement alone, without the file.
void BM_JudgementKnown(benchmark::State& state) {
  JudgedCache cache(4096);
  const Demands demands = Usual();
  const Demands others[] = {{}, {.docker_format = DockerFormat::kDeny}};
  const auto floor = *Floors(ContainerdVersion::k2_2_4).Identify({});
  const Question question = {
      .demands = demands, .capabilities = caps::RuntimeDefaultSet(), .floor = floor.get()};
  const Loaded loaded = {
      .content = std::make_shared<const Content>(Content{.digest = std::string(64, 'a')}),
      .profile = {},
      .identity = {.inode = 1},
      .settled = true};
  std::string path;
  for (int i = 0; i < 1000; ++i) {
    path = base::StrCat("/var/lib/kubelet/seccomp/team/", i, ".json");
    cache.Remember(path, loaded, question);
    cache.Answer(path, *loaded.content, question, std::make_shared<const ProfileFacts>());
    for (const Demands& other : others) {
      cache.Answer(path, *loaded.content, {.demands = other, .floor = floor.get()},
                   std::make_shared<const ProfileFacts>());
    }
  }
  for (auto _ : state) {
    JudgedCache::Hit hit = cache.Find(path, loaded.identity, question);
    if (hit.facts == nullptr) {
      state.SkipWithError("not found");
      break;
    }
    benchmark::DoNotOptimize(hit);
  }
}
BENCHMARK(BM_JudgementKnown);

// Of a file that nobody has looked at: read, hashed, parsed, compiled, followed, compared with
// RuntimeDefault (which is known) and pinned, two fsync(2) included.
void BM_LookNew(benchmark::State& state) {
  Node node;
  uint64_t salt = 1000;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string path = node.Put(Profile400(salt));
    salt += 1000;
    state.ResumeTiming();
    if (!Usable(*node.store().Look(path, Usual(), caps::RuntimeDefaultSet()), state)) {
      return;
    }
  }
}
BENCHMARK(BM_LookNew)->Unit(benchmark::kMillisecond);

// Where the time of a first look goes.
void BM_Load(benchmark::State& state) {
  Node node;
  node.Put(Profile400(1));
  for (auto _ : state) {
    benchmark::DoNotOptimize(Load(*Locate(node.root(), "team/x.json")));
  }
}
BENCHMARK(BM_Load)->Unit(benchmark::kMillisecond);

void BM_Prepare(benchmark::State& state) {
  Node node;
  node.Put(Profile400(1));
  const Loaded loaded = *Load(*Locate(node.root(), "team/x.json"));
  for (auto _ : state) {
    benchmark::DoNotOptimize(Prepare(*loaded.profile, {}));
  }
}
BENCHMARK(BM_Prepare)->Unit(benchmark::kMillisecond);

void BM_HoldAgainst(benchmark::State& state) {
  Node node;
  node.Put(Profile400(1));
  const Loaded loaded = *Load(*Locate(node.root(), "team/x.json"));
  const Prepared prepared = Prepare(*loaded.profile, {});
  Floors floors(ContainerdVersion::k2_2_4);
  const auto floor = *floors.VerdictsOf({}, **floors.Identify({}), caps::RuntimeDefaultSet());
  for (auto _ : state) {
    benchmark::DoNotOptimize(HoldAgainst(prepared.verdicts, floor.get(), Usual().must_deny));
  }
}
BENCHMARK(BM_HoldAgainst)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sekisho::seccomp

BENCHMARK_MAIN();

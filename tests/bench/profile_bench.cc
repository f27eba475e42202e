// What judging a profile costs that nobody has looked at before: from its bytes to what it says to
// every system call. 400 rules of one call each, 60 of which test an argument, for the three
// architectures of an x86-64 node.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "seccomp/parse.h"
#include "seccomp/syscalls.h"
#include "seccomp/verdicts.h"

namespace sekisho::seccomp {
namespace {

constexpr size_t kRules = 400;
constexpr size_t kTested = 60;

const char* const kTests[] = {
    R"({"index": 0, "value": 16, "op": "SCMP_CMP_EQ"})",
    R"({"index": 1, "value": 40, "op": "SCMP_CMP_NE"})",
    R"({"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"})",
    R"({"index": 2, "value": 4096, "op": "SCMP_CMP_LE"})",
    R"({"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 2, "op": "SCMP_CMP_EQ"})",
};

// The calls of x86-64 are fewer than 400: those of 32-bit x86 fill up.
std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const char* arch : {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"}) {
    for (const Syscall& call : SyscallsOf(ArchNamed(arch).value())) {
      if (names.size() < kRules &&
          std::find(names.begin(), names.end(), call.name) == names.end()) {
        names.push_back(call.name);
      }
    }
  }
  return names;
}

const std::string& Text() {
  static const std::string text = [] {
    std::string json =
        R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": )"
        R"(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": [)";
    const std::vector<std::string> names = Names();
    for (size_t i = 0; i < names.size(); ++i) {
      const bool tested = i % (kRules / kTested) == 0 && i / (kRules / kTested) < kTested;
      const std::string args =
          tested ? base::StrCat(", \"args\": [", kTests[i / (kRules / kTested) % std::size(kTests)],
                                "]")
                 : "";
      json += base::StrCat(i == 0 ? "" : ",", "\n  {\"names\": [\"", names[i],
                           "\"], \"action\": \"SCMP_ACT_ALLOW\"", args, "}");
    }
    return json + "\n]}\n";
  }();
  return text;
}

template <typename Result>
const Result& Checked(const absl::StatusOr<Result>& result) {
  if (!result.ok()) {
    std::abort();
  }
  return *result;
}

Profile Parsed() {
  std::vector<yaml::Diagnostic> errors;
  std::optional<Profile> profile = Parse(Text(), "bench.json", &errors);
  if (!profile.has_value() || profile->rules.size() != kRules) {
    std::abort();
  }
  return *std::move(profile);
}

void ParseProfile(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Parsed());
  }
}
BENCHMARK(ParseProfile)->Unit(benchmark::kMillisecond);

void CompileProfile(benchmark::State& state) {
  const Profile profile = Parsed();
  for (auto _ : state) {
    benchmark::DoNotOptimize(Checked(Compile(profile)));
  }
}
BENCHMARK(CompileProfile)->Unit(benchmark::kMillisecond);

// As the runtime has it: why Compile does it in parts.
void CompileProfileInOnePiece(benchmark::State& state) {
  const Profile profile = Parsed();
  for (auto _ : state) {
    benchmark::DoNotOptimize(Checked(CompileInOnePiece(profile)));
  }
}
BENCHMARK(CompileProfileInOnePiece)->Unit(benchmark::kMillisecond);

void FollowProfile(benchmark::State& state) {
  const Filter filter = Checked(Compile(Parsed()));
  Checked(Verdicts::Of(filter));  // reads the tables of calls
  for (auto _ : state) {
    benchmark::DoNotOptimize(Checked(Verdicts::Of(filter)));
  }
}
BENCHMARK(FollowProfile)->Unit(benchmark::kMillisecond);

void JudgeProfile(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Checked(Verdicts::Of(Checked(Compile(Parsed())))));
  }
}
BENCHMARK(JudgeProfile)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sekisho::seccomp

BENCHMARK_MAIN();

#include "bench/instructions.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/cases.h"
#include "bench/load.h"
#include "bench/stub_runtime.h"
#include "bench/ways.h"
#include "support/child_process.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::bench {
namespace {

// Enough that what runs besides (timers, the writer of the audit log's last line) is a hundredth.
constexpr int64_t kWarmUpCalls = 100;
constexpr int64_t kCountedCalls = 400;
// An agent that does less between that many looks has nothing to do.
constexpr int64_t kQuiet = 200'000;
constexpr int kQuietLooks = 3;
constexpr std::chrono::milliseconds kLook{300};

struct Limit {
  std::string case_name;
  std::string way;
  int64_t instructions = 0;
};

// Lines of "case way instructions"; '#' begins a comment.
absl::StatusOr<std::vector<Limit>> ReadLimits(const std::string& file) {
  std::vector<Limit> limits;
  std::istringstream lines(testing::ReadText(file));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line.substr(0, line.find('#')));
    Limit limit;
    if (!(words >> limit.case_name)) {
      continue;
    }
    std::string more;
    if (!(words >> limit.way >> limit.instructions) || words >> more || limit.instructions <= 0 ||
        (limit.way != kSekisho && limit.way != kEnforcing)) {
      return absl::InvalidArgumentError(
          base::StrCat(file, ":", number, ": not \"CASE sekisho|enforcing INSTRUCTIONS\": ", line));
    }
    limits.push_back(limit);
  }
  if (limits.empty()) {
    return absl::InvalidArgumentError(base::StrCat(file, ": has no limits"));
  }
  return limits;
}

// The same call so many times.
class Counted : public CallSource {
 public:
  Counted(const Call& call, int64_t count) : call_(call), left_(count) {}
  const Call* Next(size_t /*lane*/) override { return left_-- > 0 ? &call_ : nullptr; }

 private:
  const Call& call_;
  int64_t left_;
};

absl::Status Make(LoadClient& client, const Case& test, const Call& call, int64_t count) {
  Counted source(call, count);
  Block block;
  SEKISHO_RETURN_IF_ERROR(client.Run(source, test.lanes, block));
  return block.failed == 0 ? absl::OkStatus() : absl::UnknownError(block.first_failure);
}

// An agent under callgrind.
class CountedAgent {
 public:
  static absl::StatusOr<std::unique_ptr<CountedAgent>> Start(const std::string& way,
                                                             const std::string& dir,
                                                             const std::string& upstream,
                                                             const std::string& kubelet_root) {
    auto agent = std::make_unique<CountedAgent>();
    agent->dir_ = dir;
    std::filesystem::create_directories(dir);
    SEKISHO_ASSIGN_OR_RETURN(
        agent->way_, StartWay(way, {.dir = dir,
                                    .upstream = upstream,
                                    .kubelet_root = kubelet_root,
                                    .run_under = {"valgrind", "--quiet", "--tool=callgrind",
                                                  "--vgdb-prefix=" + agent->VgdbPrefix(),
                                                  "--callgrind-out-file=" + agent->OutFile()}}));
    SEKISHO_ASSIGN_OR_RETURN(agent->client_, LoadClient::Connect(agent->way_->socket()));
    return agent;
  }

  // Waits until the agent is done with what it does by itself when it has started: it looks at all
  // containers that run. False when that takes too long.
  bool Settle() {
    int quiet = 0;
    std::string profile;
    return testing::Eventually(
        [&] {
          std::this_thread::sleep_for(kLook);
          quiet = Count(profile).value_or(kQuiet) < kQuiet ? quiet + 1 : 0;
          return quiet == kQuietLooks;
        },
        std::chrono::minutes(2));
  }

  LoadClient& client() { return *client_; }
  std::string Log() const { return way_->log(); }

  // What was executed since the last time; `profile` is callgrind's file of it.
  absl::StatusOr<int64_t> Count(std::string& profile) {
    const testing::Finished vgdb = testing::RunToEnd(
        {"vgdb", "--vgdb-prefix=" + VgdbPrefix(), base::StrCat("--pid=", way_->pid()), "dump"});
    profile = base::StrCat(OutFile(), ".", ++dumps_);
    constexpr std::string_view kTotals = "\ntotals: ";
    const std::string text = testing::ReadText(profile);
    const size_t at = text.rfind(kTotals);
    int64_t count = 0;
    if (vgdb.exit_code != 0 || at == std::string::npos ||
        !absl::SimpleAtoi(text.substr(at + kTotals.size()), &count)) {
      return absl::UnavailableError(
          base::StrCat("valgrind does not say what it counted: ", vgdb.output, Log()));
    }
    return count;
  }

 private:
  std::string VgdbPrefix() const { return dir_ + "/vgdb"; }
  std::string OutFile() const { return dir_ + "/callgrind"; }

  std::string dir_;
  std::unique_ptr<Way> way_;
  std::unique_ptr<LoadClient> client_;
  int dumps_ = 0;
};

absl::StatusOr<int64_t> InstructionsOf(const Case& test, const Call& call, CountedAgent& agent,
                                       const std::string& keep_as) {
  std::string profile;
  absl::Status made = Make(agent.client(), test, call, kWarmUpCalls);
  if (made.ok()) {
    SEKISHO_RETURN_IF_ERROR(agent.Count(profile).status());
    made = Make(agent.client(), test, call, kCountedCalls);
  }
  if (!made.ok()) {
    return absl::Status(made.code(), base::StrCat(made.message(), "\n", agent.Log()));
  }
  SEKISHO_ASSIGN_OR_RETURN(const int64_t count, agent.Count(profile));
  if (!keep_as.empty()) {
    std::filesystem::copy_file(profile, keep_as, std::filesystem::copy_options::overwrite_existing);
  }
  return static_cast<int64_t>(static_cast<double>(count) / kCountedCalls / test.units_per_call);
}

// Prints the line of a limit. False: it is passed.
bool Report(const Limit& limit, int64_t instructions) {
  const bool within = instructions <= limit.instructions;
  std::printf("%-10s %-10s %12lld %12lld   %s\n", limit.case_name.c_str(), limit.way.c_str(),
              static_cast<long long>(instructions), static_cast<long long>(limit.instructions),
              within ? "ok" : "TOO MANY");
  (void)std::fflush(stdout);
  return within;
}

}  // namespace

absl::Status CheckInstructions(const Options& options) {
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<Limit> limits, ReadLimits(options.instructions));
  const testing::TempDir dir;
  const BenchPod pod(dir.path());
  const Answers answers = AnswersOfARuntime(/*unique_ids=*/false);
  const std::string upstream = dir.File("runtime.sock");
  const StubRuntime stub(upstream, answers);
  std::map<std::string, std::unique_ptr<CountedAgent>> agents;
  std::string sandbox;
  for (const char* way : {kSekisho, kEnforcing}) {
    SEKISHO_ASSIGN_OR_RETURN(agents[way],
                             CountedAgent::Start(way, dir.File(way), upstream, pod.kubelet_root()));
    SEKISHO_ASSIGN_OR_RETURN(
        const std::string answer,
        agents[way]->client().Once(CallOf("RunPodSandbox", pod.RunPodSandbox(), answers)));
    sandbox = IdIn(answer);
    if (!agents[way]->Settle()) {
      return absl::DeadlineExceededError("the agent does not come to rest");
    }
  }
  const std::vector<Case> cases = AllCases(pod, sandbox, answers);
  std::printf("%-10s %-10s %12s %12s\n", "case", "way", "instructions", "limit");
  bool all_within = true;
  for (const Limit& limit : limits) {
    const auto test = std::ranges::find(cases, limit.case_name, &Case::name);
    if (test == cases.end()) {
      return absl::InvalidArgumentError(
          base::StrCat(options.instructions, ": there is no case ", limit.case_name));
    }
    const Call& call =
        limit.way == kEnforcing && test->judged.has_value() ? *test->judged : test->call;
    const std::string keep_as =
        options.callgrind.empty()
            ? ""
            : base::StrCat(options.callgrind, "/callgrind.", limit.case_name, ".", limit.way);
    SEKISHO_ASSIGN_OR_RETURN(const int64_t instructions,
                             InstructionsOf(*test, call, *agents[limit.way], keep_as));
    all_within = Report(limit, instructions) && all_within;
  }
  return all_within ? absl::OkStatus()
                    : absl::ResourceExhaustedError(
                          base::StrCat("a call takes more instructions than ", options.instructions,
                                       " allows: find out why (--callgrind DIR keeps the profiles "
                                       "for callgrind_annotate), or raise the limit and say why"));
}

}  // namespace sekisho::bench

#include "verify/verifier.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "base/str_cat.h"
#include "mounts/resolver.h"
#include "verify/foreign.h"
#include "verify/running.h"
#include "verify/todays_policy.h"

namespace sekisho::verify {
namespace {

using base::StrCat;
using std::chrono::system_clock;

// How long the agent may take to write a new container down, or the runtime to tell of it.
constexpr std::chrono::seconds kEarly{5};

// Below another kind of runtime than runc's the process of the node is not the container's.
bool IsOfRunc(const Running& running) {
  return running.runtime_type.empty() || running.runtime_type.starts_with("io.containerd.runc.") ||
         running.runtime_type == "io.containerd.runtime.v1.linux";
}

uint64_t MountsOf(const procfs::Process& process) {
  const auto mounts = process.namespaces.find("mnt");
  return mounts == process.namespaces.end() ? 0 : mounts->second;
}

void Append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// What the comparisons of one run share.
class Comparison {
 public:
  Comparison(const VerifierOptions& options, const Basis& basis)
      : options_(options),
        basis_(basis),
        inquiry_(options.call),
        mounts_({.kubelet_root = options.kubelet_root}),
        host_(procfs::ReadProcess(options.proc, 1)) {}

  Inquiry& inquiry() { return inquiry_; }
  const absl::StatusOr<procfs::Process>& host() const { return host_; }

  // NOT_FOUND: it has ended meanwhile. Any other error is in words for people.
  absl::StatusOr<Container> Look(const Running& running);
  Container Look(Foreign foreign) const;

 private:
  // Who it is, and what is expected of it.
  Expected Introduce(const Running& running, Container& container) const;
  void CompareWith(const Expected& expected, Container& container) const;

  const VerifierOptions& options_;
  const Basis& basis_;
  Inquiry inquiry_;
  const mounts::Resolver mounts_;
  const absl::StatusOr<procfs::Process> host_;
};

Expected Comparison::Introduce(const Running& running, Container& container) const {
  const policy::PodIdentity& pod = running.sandbox.pod;
  container.id = running.id;
  container.namespace_ = pod.namespace_;
  container.pod = pod.name;
  container.name = running.container.name;
  container.image = running.image;
  container.created = running.created;
  const auto decided = basis_.ledger.entries.find(running.id);
  if (decided != basis_.ledger.entries.end()) {
    container.origin = Origin::kDecided;
    container.level = decided->second.level;
    return decided->second.expected;
  }
  container.origin = running.created < basis_.ledger.since ? Origin::kOlder : Origin::kPast;
  const auto now = std::chrono::floor<std::chrono::seconds>(system_clock::now());
  Demand demand =
      TodaysDemand(basis_, running, mounts_, StrCat(options_.state_dir, "/seccomp"), now);
  container.level = std::move(demand.level);
  container.refusal = std::move(demand.refusal);
  container.unseen = std::move(demand.unseen);
  return std::move(demand.expected);
}

void Comparison::CompareWith(const Expected& expected, Container& container) const {
  Append(container.unseen, container.process->unseen);
  if (!host_.ok()) {
    container.unseen.emplace_back("namespaces of the host: process 1 cannot be read");
  }
  container.drift = Compare(expected, *container.process, host_.ok() ? *host_ : procfs::Process{});
}

absl::StatusOr<Container> Comparison::Look(const Running& running) {
  Container container;
  const Expected expected = Introduce(running, container);
  if (!IsOfRunc(running)) {
    container.unseen.push_back(
        StrCat(running.runtime_type, " keeps its processes from this kernel"));
    return container;
  }
  const absl::StatusOr<procfs::Process> process =
      running.pid > 0 ? procfs::ReadProcess(options_.proc, running.pid)
                      : absl::FailedPreconditionError("the runtime does not tell its process");
  if (process.ok()) {
    container.process = *process;
    CompareWith(expected, container);
  }
  // What is told of a container must be its own: its pid may have gone to somebody else
  // meanwhile.
  if ((!process.ok() || !container.drift.empty()) && inquiry_.HasEnded(running)) {
    return absl::NotFoundError("it has ended");
  }
  if (absl::IsNotFound(process.status())) {
    return absl::FailedPreconditionError(
        StrCat("the runtime says that it runs as process ", running.pid,
               ", and there is none: is the runtime in another pid namespace?"));
  }
  return process.ok() ? absl::StatusOr<Container>(std::move(container)) : process.status();
}

Container Comparison::Look(Foreign foreign) const {
  Container container;
  container.name = foreign.id;
  container.id = std::move(foreign.id);
  container.runtime = std::move(foreign.runtime);
  container.origin = Origin::kForeign;
  container.created = foreign.created;
  container.process = std::move(foreign.process);
  // Nobody knows what it was asked to be: as a container that asks for nothing but a filter.
  policy::ContainerFacts asked_for_nothing;
  asked_for_nothing.seccomp.type = policy::ProfileType::kRuntimeDefault;
  CompareWith(ExpectedOf({}, asked_for_nothing), container);
  return container;
}

std::string ErrorOf(const Running& running, const absl::Status& status) {
  return StrCat("container ", running.container.name, " (", running.id.substr(0, 12),
                "): ", status.message());
}

// The mount namespaces of what CRI knows, but for the host's: sharing that says nothing.
std::unordered_set<uint64_t> KnownMounts(const std::vector<Container>& containers,
                                         const absl::StatusOr<procfs::Process>& host) {
  std::unordered_set<uint64_t> known;
  for (const Container& container : containers) {
    if (container.process.has_value()) {
      known.insert(MountsOf(*container.process));
    }
  }
  known.erase(0);
  if (host.ok()) {
    known.erase(MountsOf(*host));
  }
  return known;
}

}  // namespace

Result Verifier::Run(const Basis& basis) const {
  Result result;
  result.time = system_clock::now();
  Comparison comparison(options_, basis);
  if (!comparison.host().ok()) {
    result.errors.push_back(
        StrCat("process 1 cannot be read: ", comparison.host().status().message()));
  }
  // Before the runtime is asked, so that it knows of whatever is its own.
  std::vector<procfs::Process> processes = procfs::ListProcesses(options_.proc);
  for (const Running& running : comparison.inquiry().AllRunning(result.errors)) {
    absl::StatusOr<Container> container = comparison.Look(running);
    if (container.ok()) {
      result.containers.push_back(*std::move(container));
    } else if (!absl::IsNotFound(container.status())) {
      result.errors.push_back(ErrorOf(running, container.status()));
    }
  }
  absl::StatusOr<Known> known = comparison.inquiry().AllKnown();
  if (known.ok()) {
    ForeignSearch search{.proc = options_.proc,
                         .runtime_socket = options_.runtime_socket,
                         .processes = std::move(processes),
                         .known = *std::move(known),
                         .known_mounts = KnownMounts(result.containers, comparison.host())};
    for (Foreign& foreign : FindForeign(search)) {
      result.containers.push_back(comparison.Look(std::move(foreign)));
    }
  } else {
    // Nothing could be told from what CRI knows.
    result.errors.push_back(StrCat("containers that CRI does not know were not looked for: ",
                                   known.status().message()));
  }
  std::ranges::sort(result.containers, {}, [](const Container& container) {
    return std::tie(container.namespace_, container.pod, container.name, container.id);
  });
  return result;
}

absl::StatusOr<Container> Verifier::One(const Basis& basis, const std::string& container_id) const {
  Comparison comparison(options_, basis);
  absl::StatusOr<Running> running = comparison.inquiry().One(container_id);
  return running.ok() ? comparison.Look(*running) : running.status();
}

std::vector<Running> Verifier::ListRunning(std::vector<std::string>& errors) const {
  return Inquiry(options_.call).AllRunning(errors);
}

bool IsTooEarly(const Result& result) {
  return std::ranges::any_of(result.containers, [&result](const Container& container) {
    return !container.conforms() && container.created.has_value() &&
           *container.created > result.time - kEarly && *container.created < result.time + kEarly;
  });
}

}  // namespace sekisho::verify

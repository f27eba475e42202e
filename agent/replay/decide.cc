// One decision, made again by the code that the daemon decides with.
#include "enforce/decide.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "policy/evaluate.h"
#include "replay/replay.h"

namespace sekisho::replay {
namespace {

using seccomp::ProfileFacts;
using State = ProfileFacts::State;

// Stands for the node's files: what was found out about them when the decision was made. That
// answered the question of the policy which held then.
class RecordedProfiles {
 public:
  RecordedProfiles(std::vector<ProfileFacts> profiles, std::string question)
      : profiles_(std::move(profiles)), question_(std::move(question)) {}

  std::optional<ProfileFacts> Look(const std::string& path, const seccomp::Demands& demands,
                                   caps::CapSet capabilities) {
    const auto found = std::ranges::find(profiles_, path, &ProfileFacts::path);
    if (found == profiles_.end()) {
      Doubt(base::StrCat("the profile ", path, " was not looked at then"));
      return std::nullopt;
    }
    // Nobody's demands make a file appear, or take it out of strange hands.
    const bool is_same =
        found->state == State::kMissing || found->state == State::kUntrusted ||
        (!question_.empty() && question_ == enforce::QuestionDigest(demands, capabilities));
    return is_same ? *found : AnswerFor(demands, *found);
  }

  const std::vector<ProfileFacts>& all() const { return profiles_; }
  const std::string& doubt() const { return doubt_; }

 private:
  void Doubt(std::string why) {
    if (doubt_.empty()) {
      doubt_ = std::move(why);
    }
  }

  // To other demands.
  ProfileFacts AnswerFor(const seccomp::Demands& demands, ProfileFacts facts) {
    const bool refuses_docker = demands.docker_format == seccomp::DockerFormat::kDeny;
    if (facts.state == State::kUsable && facts.docker_format && refuses_docker) {
      facts.refused_docker_format = true;
      facts.pinned_path.clear();
      return facts;
    }
    const bool asks_nothing =
        demands.floor.kind == seccomp::Floor::Kind::kNone && demands.must_deny.empty();
    // What the container must be able to call depends on its capabilities, but hardly ever.
    if (facts.state == State::kUsable && !facts.docker_format && asks_nothing) {
      facts.beyond_floor.clear();
      facts.must_deny_allowed.clear();
      return facts;
    }
    Doubt(base::StrCat("the profile ", facts.path,
                       " was held against other demands, or for other capabilities, then"));
    return facts;
  }

  const std::vector<ProfileFacts> profiles_;
  const std::string question_;
  std::string doubt_;
};

Verdict VerdictOf(policy::Decision decision, const policy::Spec& spec) {
  return {.action = decision.action,
          .message = std::move(decision.message),
          .edits = std::move(decision.edit_records),
          .enforced = spec.EnforcedText(),
          .rule = spec.origin,
          .uncertain = {}};
}

bool WasNotLookedAt(const policy::ContainerFacts& container) {
  const auto is_unresolved = [](const auto& one) {
    return one.origin == policy::MountOrigin::kUnresolved;
  };
  return std::ranges::any_of(container.mounts, is_unresolved) ||
         std::ranges::any_of(container.devices, is_unresolved);
}

Verdict DecideContainer(const policy::Policy& policy, std::chrono::sys_seconds now,
                        audit::DecidedFacts facts, const policy::NamespaceView& namespaces) {
  policy::ContainerFacts& container = *facts.container;
  policy::SpecPtr spec = policy.ForContainer(facts.sandbox.pod, container.name, now, namespaces);
  policy::Decision of_sandbox =
      enforce::DecideSandboxAgain(policy, *spec, facts.sandbox, now, namespaces);
  if (of_sandbox.action == policy::Action::kDeny) {
    return VerdictOf(std::move(of_sandbox), *spec);
  }
  RecordedProfiles profiles(std::exchange(container.profiles, {}), facts.profile_question);
  const ProfileFacts* const logging = enforce::LoggingProfileIn(profiles.all());
  if (logging != nullptr) {
    spec = std::make_shared<const policy::Spec>(enforce::SpecForRecording(*spec, logging->path));
    container.profiles.push_back(*logging);
  }
  enforce::ContainerDecision decided = enforce::DecideContainer(
      *spec, facts, std::move(of_sandbox),
      [&profiles](const std::string& path, const seccomp::Demands& demands,
                  caps::CapSet capabilities) { return profiles.Look(path, demands, capabilities); },
      logging != nullptr);
  Verdict verdict = VerdictOf(std::move(decided.decision), *spec);
  verdict.uncertain = profiles.doubt();
  if (verdict.uncertain.empty() && spec->enforce.level != policy::Level::kPrivileged &&
      WasNotLookedAt(container)) {
    verdict.uncertain = "its mounts were not looked up on the node then";
  }
  return verdict;
}

}  // namespace

policy::NamespaceView ViewOf(const policy::PodIdentity& pod, const audit::DecidedFacts& facts) {
  if (!facts.labels.has_value()) {
    return {};
  }
  policy::NamespaceTable::Map table;
  table.emplace(pod.namespace_, std::make_shared<const policy::PodSecurityLabels>(*facts.labels));
  return {.table = std::make_shared<const policy::NamespaceTable>(std::move(table)),
          .synced = true,
          .age = std::chrono::seconds(0)};
}

policy::NamespaceView ViewOf(const audit::Line& line) {
  policy::NamespaceView view =
      line.facts.has_value() ? ViewOf(line.pod, *line.facts) : policy::NamespaceView{};
  if (view.table == nullptr && !line.level_source.empty()) {
    // An API server was asked, and never named the namespace.
    view = {.table = std::make_shared<const policy::NamespaceTable>(),
            .synced = true,
            .age = std::chrono::seconds(0)};
  }
  if (line.level_source == policy::LevelSourceName(policy::LevelSource::kStale) ||
      line.level_source == policy::LevelSourceName(policy::LevelSource::kStaleLabels)) {
    view.age = std::nullopt;
  } else if (line.level_source == policy::LevelSourceName(policy::LevelSource::kStaticBeforeSync)) {
    view.synced = false;
  }
  return view;
}

Verdict Decide(const policy::Policy& policy, std::chrono::sys_seconds now,
               const policy::PodIdentity& pod, const audit::DecidedFacts& facts,
               const policy::NamespaceView& namespaces) {
  audit::DecidedFacts judged = facts;
  judged.sandbox.pod = pod;
  if (judged.container.has_value()) {
    return DecideContainer(policy, now, std::move(judged), namespaces);
  }
  const policy::SpecPtr spec = policy.ForSandbox(pod, now, namespaces);
  return VerdictOf(policy::EvaluateSandbox(*spec, judged.sandbox), *spec);
}

}  // namespace sekisho::replay

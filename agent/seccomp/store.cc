#include "seccomp/store.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "caps/cri_caps.h"
#include "seccomp/floors.h"
#include "seccomp/judged_cache.h"
#include "seccomp/judgement.h"
#include "seccomp/once_cache.h"
#include "seccomp/pins.h"
#include "seccomp/resolve.h"
#include "seccomp/trusted_open.h"
#include "seccomp/watcher.h"

namespace sekisho::seccomp {
namespace {

using base::StdView;
using base::StrCat;
using Facts = std::shared_ptr<const ProfileFacts>;
using State = ProfileFacts::State;

// Compiled profiles with all their verdicts are kept for the next question about them, which then
// only compares. They are large, so fewer are kept than answers.
constexpr size_t kPreparedMax = 128;

State StateOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return State::kMissing;
    case absl::StatusCode::kPermissionDenied:
      return State::kUntrusted;
    default:
      return State::kInvalid;
  }
}

Facts Faulty(const std::string& path, State state, std::string fault) {
  return std::make_shared<const ProfileFacts>(
      ProfileFacts{.path = path, .state = state, .fault = std::move(fault)});
}

}  // namespace

class Store::Parts {
 public:
  Parts(StoreOptions options, std::unique_ptr<Pins> pins)
      : options_(std::move(options)),
        pins_(std::move(pins)),
        cache_(options_.judgements_max),
        floors_(options_.containerd),
        prepared_(kPreparedMax),
        findings_(options_.judgements_max) {}

  Facts Look(const std::string& path, const Demands& demands, caps::CapSet capabilities);
  absl::Status Watch();
  Stats stats() const;
  Pins& pins() { return *pins_; }

 private:
  using PreparedPointer = std::shared_ptr<const Prepared>;
  struct Judgement {
    Facts facts;
    bool lasting = false;  // not so for what the next look may find mended
  };

  absl::StatusOr<Located> LocateBelowRoot(std::string_view path) const;
  // Not answered before. `content` is null when the file is new or has changed.
  Facts LookAnew(const std::string& path, const Located& located, const Question& question,
                 std::shared_ptr<const Content> content);
  Judgement Judge(const std::string& path, const Content& content, const Question& question,
                  const std::string& key, const Prepared& prepared);
  // An error: the floor's.
  absl::StatusOr<std::shared_ptr<const Findings>> FindingsFor(const std::string& key,
                                                              const Question& question,
                                                              const Prepared& prepared);
  PreparedPointer PreparedFor(const std::string& key, const Profile& profile,
                              const Reading& reading);
  void JudgeAhead(const std::string& relative);

  const StoreOptions options_;
  const std::unique_ptr<Pins> pins_;
  JudgedCache cache_;
  Floors floors_;
  OnceCache<Prepared> prepared_;  // by content and reading
  OnceCache<Findings> findings_;  // by that, demands and floor
  std::atomic<uint64_t> looks_ = 0;
  std::atomic<uint64_t> compiled_ = 0;
  mutable std::mutex watcher_mu_;
  std::unique_ptr<Watcher> watcher_;  // the last: its thread uses the rest
};

absl::StatusOr<Located> Store::Parts::LocateBelowRoot(std::string_view path) const {
  SEKISHO_ASSIGN_OR_RETURN(const std::string_view relative,
                           RelativeTo(options_.seccomp_root, path));
  return Locate(options_.seccomp_root, relative);
}

Facts Store::Parts::Look(const std::string& path, const Demands& demands,
                         caps::CapSet capabilities) {
  looks_.fetch_add(1, std::memory_order_relaxed);
  const absl::StatusOr<Located> located = LocateBelowRoot(path);
  if (!located.ok()) {
    return Faulty(path, StateOf(located.status()), std::string(located.status().message()));
  }
  const absl::StatusOr<std::shared_ptr<const Content>> floor = floors_.Identify(demands.floor);
  if (!floor.ok()) {
    return Faulty(path, State::kInvalid,
                  StrCat("cannot be judged: ", StdView(floor.status().message())));
  }
  const Question question{.demands = demands, .capabilities = capabilities, .floor = floor->get()};
  JudgedCache::Hit hit = cache_.Find(path, located->identity, question);
  if (hit.facts != nullptr &&
      (hit.facts->pinned_path.empty() || pins_->GiveAgain(hit.facts->pinned_path))) {
    return hit.facts;
  }
  return LookAnew(path, *located, question, std::move(hit.content));
}

Facts Store::Parts::LookAnew(const std::string& path, const Located& located,
                             const Question& question, std::shared_ptr<const Content> content) {
  const auto key_of = [&](const Content& of) {
    return StrCat(of.digest, ":",
                  ReadingFor(of, question.demands.docker_format, question.capabilities).Key());
  };
  PreparedPointer prepared = content == nullptr ? nullptr : prepared_.Ready(key_of(*content));
  if (prepared == nullptr) {
    const absl::StatusOr<Loaded> loaded = Load(located);
    if (!loaded.ok()) {
      return Faulty(path, StateOf(loaded.status()), std::string(loaded.status().message()));
    }
    const JudgedCache::Hit hit = cache_.Remember(path, *loaded, question);
    if (hit.facts != nullptr &&
        (hit.facts->pinned_path.empty() || pins_->GiveAgain(hit.facts->pinned_path))) {
      return hit.facts;  // only its times had changed
    }
    content = loaded->content;
    // Nothing is compiled of what no question can be answered with.
    const bool refused =
        content->format == Format::kDocker && question.demands.docker_format == DockerFormat::kDeny;
    if (loaded->profile.has_value() && !refused) {
      prepared =
          PreparedFor(key_of(*content), *loaded->profile,
                      ReadingFor(*content, question.demands.docker_format, question.capabilities));
    }
  }
  static const Prepared kNothing;
  const Judgement judgement =
      Judge(path, *content, question, key_of(*content), prepared == nullptr ? kNothing : *prepared);
  if (judgement.lasting) {
    cache_.Answer(path, *content, question, judgement.facts);
  }
  return judgement.facts;
}

Store::Parts::Judgement Store::Parts::Judge(const std::string& path, const Content& content,
                                            const Question& question, const std::string& key,
                                            const Prepared& prepared) {
  auto facts = std::make_shared<ProfileFacts>();
  facts->path = path;
  facts->state = State::kInvalid;
  facts->digest = content.digest;
  facts->docker_format = content.format == Format::kDocker;
  facts->fault = content.fault.empty() ? prepared.fault : content.fault;
  if (!facts->fault.empty()) {
    return {.facts = facts, .lasting = true};
  }
  if (facts->docker_format && question.demands.docker_format == DockerFormat::kDeny) {
    facts->state = State::kUsable;
    facts->refused_docker_format = true;
    return {.facts = facts, .lasting = true};
  }
  const absl::StatusOr<std::shared_ptr<const Findings>> findings =
      FindingsFor(key, question, prepared);
  if (!findings.ok()) {
    facts->fault = StrCat("cannot be judged: ", StdView(findings.status().message()));
    return {.facts = facts, .lasting = false};
  }
  if (!(*findings)->fault.empty()) {
    facts->fault = (*findings)->fault;
    return {.facts = facts, .lasting = true};
  }
  facts->unconfined_in_disguise = prepared.unconfined_in_disguise;
  facts->refused_but_needed = prepared.refused_but_needed;
  facts->beyond_floor = (*findings)->beyond_floor;
  facts->must_deny_allowed = (*findings)->must_deny_allowed;
  absl::StatusOr<std::string> pinned = pins_->Pin(prepared.bytes);
  if (!pinned.ok()) {
    facts->state = State::kNotPinned;
    facts->fault = StrCat("cannot be copied: ", StdView(pinned.status().message()));
    return {.facts = facts, .lasting = false};
  }
  facts->state = State::kUsable;
  facts->pinned_path = *std::move(pinned);
  return {.facts = facts, .lasting = true};
}

absl::StatusOr<std::shared_ptr<const Findings>> Store::Parts::FindingsFor(
    const std::string& key, const Question& question, const Prepared& prepared) {
  const Demands& demands = question.demands;
  std::shared_ptr<const Verdicts> floor;
  std::string floor_key = "none";
  if (question.floor != nullptr) {
    SEKISHO_ASSIGN_OR_RETURN(
        floor, floors_.VerdictsOf(demands.floor, *question.floor, question.capabilities));
    floor_key =
        StrCat(question.floor->digest, ":",
               ReadingFor(*question.floor, DockerFormat::kResolve, question.capabilities).Key());
  }
  return findings_.Get(StrCat(key, ":", cache_.NumberOf(demands), ":", floor_key), [&] {
    return HoldAgainst(prepared.verdicts, floor.get(), demands.must_deny);
  });
}

Store::Parts::PreparedPointer Store::Parts::PreparedFor(const std::string& key,
                                                        const Profile& profile,
                                                        const Reading& reading) {
  return prepared_.Get(key, [&] {
    compiled_.fetch_add(1, std::memory_order_relaxed);
    return seccomp::Prepare(profile, reading);
  });
}

void Store::Parts::JudgeAhead(const std::string& relative) {
  static const Demands kUsual;
  const std::string path = StrCat(options_.seccomp_root, "/", relative);
  const caps::CapSet capabilities = caps::RuntimeDefaultSet();
  if (const auto floor = floors_.Identify(kUsual.floor); floor.ok()) {
    (void)floors_.VerdictsOf(kUsual.floor, **floor, capabilities);
  }
  const absl::StatusOr<Located> located = Locate(options_.seccomp_root, relative);
  if (!located.ok()) {
    return;  // Look will say why
  }
  const Question question{.demands = kUsual, .capabilities = capabilities};
  if (cache_.Find(path, located->identity, question).content != nullptr) {
    return;
  }
  const absl::StatusOr<Loaded> loaded = Load(*located);
  if (!loaded.ok()) {
    return;
  }
  cache_.Remember(path, *loaded, question);
  if (loaded->profile.has_value()) {
    const Reading reading = ReadingFor(*loaded->content, kUsual.docker_format, capabilities);
    PreparedFor(StrCat(loaded->content->digest, ":", reading.Key()), *loaded->profile, reading);
  }
}

absl::Status Store::Parts::Watch() {
  const std::lock_guard lock(watcher_mu_);
  if (watcher_ != nullptr) {
    return absl::OkStatus();
  }
  SEKISHO_ASSIGN_OR_RETURN(
      watcher_, Watcher::Start({.root = options_.seccomp_root},
                               [this](const std::string& relative) { JudgeAhead(relative); }));
  return absl::OkStatus();
}

Store::Stats Store::Parts::stats() const {
  const std::lock_guard lock(watcher_mu_);
  return {.looks = looks_.load(std::memory_order_relaxed),
          .compiled = compiled_.load(std::memory_order_relaxed),
          .files = watcher_ == nullptr ? 0 : watcher_->files(),
          .pins = pins_->count(),
          .uses = pins_->uses(),
          .watch_overflows = watcher_ == nullptr ? 0 : watcher_->overflows(),
          .foreign = pins_->foreign()};
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(StoreOptions options) {
  for (std::string* path : {&options.seccomp_root, &options.directory}) {
    while (path->size() > 1 && path->ends_with('/')) {
      path->pop_back();
    }
    if (!path->starts_with('/')) {
      return absl::InvalidArgumentError(StrCat("\"", *path, "\" is no absolute path"));
    }
  }
  SEKISHO_ASSIGN_OR_RETURN(std::unique_ptr<Pins> pins, Pins::Open({.directory = options.directory,
                                                                   .pins_max = options.pins_max,
                                                                   .uses_max = options.uses_max,
                                                                   .grace = options.grace}));
  return std::unique_ptr<Store>(
      new Store(std::make_unique<Parts>(std::move(options), std::move(pins))));
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Store::~Store() = default;

std::shared_ptr<const ProfileFacts> Store::Look(const std::string& path, const Demands& demands,
                                                caps::CapSet capabilities) {
  return parts_->Look(path, demands, capabilities);
}

absl::StatusOr<std::string> Store::Pin(const Profile& profile) {
  if (profile.format != Format::kOci) {
    return absl::FailedPreconditionError("a profile of Docker's format cannot be attached");
  }
  return parts_->pins().Pin(Render(profile));
}

absl::Status Store::Use(std::string_view container_id, std::string_view pinned_path) {
  return parts_->pins().Use(container_id, pinned_path);
}

void Store::Release(std::string_view container_id) {
  parts_->pins().Release(container_id);
}

void Store::Collect(const std::vector<std::string>& live_container_ids, size_t keep) {
  parts_->pins().Collect(live_container_ids, keep);
}

absl::Status Store::Watch() {
  return parts_->Watch();
}

Store::Stats Store::stats() const {
  return parts_->stats();
}

}  // namespace sekisho::seccomp

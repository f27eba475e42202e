// A request's bytes, by the daemon's own way to the decision (enforce::Judge).
//
// The first byte says whose bytes the others are: bit 0, RunPodSandbox or CreateContainer; the bits
// above it, which policy judges.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/str_cat.h"
#include "cri/facts.h"
#include "cri/protobuf_log.h"
#include "enforce/judge.h"
#include "enforce/parse.h"
#include "fuzz/target.h"
#include "policy/evaluate.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

constexpr std::chrono::sys_seconds kFuzzNow{std::chrono::seconds(1'780'000'000)};

policy::Policy PolicyAt(policy::Level level) {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = {level, {}};
  spec.audit = spec.warn = {policy::Level::kRestricted, {}};
  return {std::move(spec), {}, {}};
}

// Everything that can be repaired is, so that every edit is made.
policy::Policy HardeningPolicy() {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = spec.audit = spec.warn = {policy::Level::kRestricted, {}};
  spec.on_violation.fill(policy::OnViolation::kHarden);
  spec.harden.drop_capabilities = {"NET_RAW"};
  spec.harden.no_new_privileges = true;
  spec.harden.masked_paths = true;
  spec.annotations.strip = {"io.*"};
  return {std::move(spec), {}, {}};
}

const policy::Policy& ChosenPolicy(unsigned choice) {
  static const std::array<policy::Policy, 4> policies = {
      PolicyAt(policy::Level::kPrivileged), PolicyAt(policy::Level::kBaseline),
      PolicyAt(policy::Level::kRestricted), HardeningPolicy()};
  return policies[choice % policies.size()];
}

// What edits may change of a sandbox's configuration, and of a container's: taken out, also where
// it was not there, so that all else can be compared as bytes.
void PutAside(cri_v1::PodSandboxConfig& config) {
  config.clear_annotations();
  config.mutable_linux()->clear_sysctls();
  config.mutable_linux()->clear_security_context();
}
void PutAside(cri_v1::ContainerConfig& config) {
  config.clear_annotations();
  config.mutable_linux()->clear_security_context();
}
void PutAside(cri_v1::RunPodSandboxRequest& request) {
  PutAside(*request.mutable_config());
}
void PutAside(cri_v1::CreateContainerRequest& request) {
  PutAside(*request.mutable_config());
  PutAside(*request.mutable_sandbox_config());
}

// Entries of maps come in any order otherwise.
template <typename Message>
std::string SortedBytes(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

// Nothing in it that was not there before.
template <typename Map>
bool IsPartOf(const Map& part, const Map& whole) {
  for (const auto& [key, value] : part) {
    const auto found = whole.find(key);
    if (found == whole.end() || found->second != value) {
      return false;
    }
  }
  return true;
}
bool OnlyTakenOut(const cri_v1::PodSandboxConfig& after, const cri_v1::PodSandboxConfig& before) {
  return IsPartOf(after.annotations(), before.annotations()) &&
         IsPartOf(after.linux().sysctls(), before.linux().sysctls());
}
bool OnlyTakenOut(const cri_v1::RunPodSandboxRequest& after,
                  const cri_v1::RunPodSandboxRequest& before) {
  return OnlyTakenOut(after.config(), before.config());
}
bool OnlyTakenOut(const cri_v1::CreateContainerRequest& after,
                  const cri_v1::CreateContainerRequest& before) {
  return OnlyTakenOut(after.sandbox_config(), before.sandbox_config()) &&
         IsPartOf(after.config().annotations(), before.config().annotations());
}

// Unknown fields outside of security contexts are among what has to stay.
template <typename Message>
std::string BrokenEdit(std::string_view before_bytes, const Message& after) {
  Message before;
  enforce::Parse(before_bytes, before);
  if (!OnlyTakenOut(after, before)) {
    return "an edit added or changed an annotation or a sysctl";
  }
  Message rest = after;
  PutAside(before);
  PutAside(rest);
  return SortedBytes(before) == SortedBytes(rest) ? "" : "an edit changed something else";
}

// `judge_it` gives a Judgement of a message, `why_not` what WhyNotLegal says of it.
template <typename Message, typename JudgeIt, typename WhyNot>
FuzzResult CheckMessage(std::string_view bytes, const JudgeIt& judge_it, const WhyNot& why_not) {
  enforce::UsualArena arena;
  auto& message = arena.Make<Message>();
  if (!enforce::Parse(bytes, message)) {
    return {};
  }
  const enforce::Judgement judgement = judge_it(message);
  if (!judgement.status.ok()) {
    const bool silent = judgement.status.message().empty() || judgement.edited_request.has_value();
    return {.broken = silent ? "refused without a word, or with a request to forward" : ""};
  }
  FuzzResult result{.accepted = true};
  const std::string_view forwarded =
      judgement.edited_request.has_value() ? std::string_view(*judgement.edited_request) : bytes;
  Message reread;
  if (!enforce::Parse(forwarded, reread)) {
    result.broken = "what is forwarded cannot be read";
  } else if (const std::optional<std::string> why = why_not(*judgement.spec, reread)) {
    result.broken = base::StrCat("what is forwarded is not legal: ", *why);
  } else if (judgement.edited_request.has_value()) {
    result.broken = BrokenEdit(bytes, reread);
    const enforce::Judgement again = judge_it(reread);
    if (!again.status.ok() || again.edited_request.has_value()) {
      result.broken =
          base::StrCat("judged again, it is not clean: ", std::string(again.status.message()));
    }
  }
  return result;
}

FuzzResult CheckSandbox(const enforce::Judge& judge, std::string_view bytes) {
  return CheckMessage<cri_v1::RunPodSandboxRequest>(
      bytes, [&judge](cri_v1::RunPodSandboxRequest& message) { return judge.Sandbox(message); },
      [](const policy::Spec& spec, const cri_v1::RunPodSandboxRequest& message) {
        return policy::WhyNotLegal(
            spec, cri::FactsFrom(message.config(), message.runtime_handler(), "config"));
      });
}

// The sandbox that every container is put into is that of the seeds.
const enforce::SandboxRecord& RecordedSandbox() {
  static const enforce::SandboxRecord record{
      cri::FactsFrom(SandboxConfig(PodOptions()), "", "sandbox_config")};
  return record;
}

FuzzResult CheckContainer(const enforce::Judge& judge, const mounts::Resolver& mounts,
                          std::string_view bytes) {
  const enforce::SandboxRecord& sandbox = RecordedSandbox();
  return CheckMessage<cri_v1::CreateContainerRequest>(
      bytes,
      [&](cri_v1::CreateContainerRequest& message) { return judge.Container(sandbox, message); },
      [&](const policy::Spec& spec, const cri_v1::CreateContainerRequest& message) {
        policy::SandboxFacts described = cri::FactsFrom(message.sandbox_config(), "", "config");
        described.pod = sandbox.facts.pod;
        return policy::WhyNotLegal(
            spec, described,
            enforce::LookedUp(mounts, described.pod, cri::FactsFrom(message.config())));
      });
}

FuzzResult CheckRequest(std::string_view bytes) {
  if (bytes.empty()) {
    return {};
  }
  const auto choice = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  static const mounts::Resolver mounts({.look_at_node = false});
  const enforce::Judge judge(ChosenPolicy(choice / 2u), mounts, kFuzzNow);
  return choice % 2 == 0 ? CheckSandbox(judge, bytes) : CheckContainer(judge, mounts, bytes);
}

// It says of each text that is no UTF-8 that it is none.
const RegisterFuzzTarget kRequest = [] {
  cri::SilenceProtobuf();
  return RegisterFuzzTarget("request", CheckRequest);
}();

}  // namespace
}  // namespace sekisho::testing

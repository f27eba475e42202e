#include "config/node_profiles.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/profile_rule.h"
#include "seccomp/parse.h"
#include "seccomp/resolve.h"
#include "seccomp/trusted_open.h"

namespace sekisho::config {
namespace {

using base::StdView;
using base::StrCat;
using seccomp::ContainerdVersion;
using seccomp::Demands;
using seccomp::DockerFormat;
using seccomp::Floor;

constexpr size_t kCallsNamed = 8;

// The newest first: what a node most probably has.
constexpr auto kContainerd = std::to_array<ContainerdVersion>(
    {ContainerdVersion::k2_2_4, ContainerdVersion::k2_0, ContainerdVersion::k1_7_32,
     ContainerdVersion::k1_7, ContainerdVersion::k1_6});

FileFault About(const std::string& path, std::string_view what, std::string fix = {}) {
  return {StrCat("the profile ", path, " ", what), std::move(fix)};
}

std::string Some(const std::vector<std::string>& calls) {
  const auto named = static_cast<std::ptrdiff_t>(std::min(calls.size(), kCallsNamed));
  const std::vector<std::string> first(calls.begin(), calls.begin() + named);
  const size_t more = calls.size() - first.size();
  return StrCat(base::StrJoin(first, ", "), more == 0 ? "" : StrCat(", and ", more, " more"));
}

std::string FloorName(const Floor& floor) {
  return floor.kind == Floor::Kind::kFile ? floor.path : "RuntimeDefault";
}

// The files that containers can come to run with by this spec, and not by their own choice.
std::vector<std::string> Attached(const policy::Spec& spec) {
  std::vector<std::string> paths;
  const auto add = [&paths](const policy::SecurityProfile& profile) {
    if (profile.type == policy::ProfileType::kLocalhost &&
        std::ranges::find(paths, profile.localhost_ref) == paths.end()) {
      paths.push_back(profile.localhost_ref);
    }
  };
  if (spec.harden.seccomp_always.has_value()) {
    add(policy::ProfileOf(*spec.harden.seccomp_always));
  } else {
    add(policy::ProfileOf(spec.harden.seccomp_unconfined));
    if (spec.controls.seccomp.has_value() &&
        spec.For(policy::CheckGroup::kSeccomp) == policy::OnViolation::kHarden) {
      add(policy::ProfileNamed(spec.controls.seccomp->fallback, spec.node.seccomp_root));
    }
  }
  if (spec.missing_profile.has_value()) {
    add(policy::ProfileOf(*spec.missing_profile));
  }
  return paths;
}

}  // namespace

NodeProfiles::File NodeProfiles::Read(const std::string& path) const {
  File file;
  if (std::optional<FileFault> fault = JudgeProfileFile(path)) {
    file.faults.push_back(About(path, fault->message, std::move(fault->fix)));
    return file;
  }
  // By the rules of the store, which also judges the directories on the way.
  const auto refuse = [&file, &path](const absl::Status& status) {
    file.faults.push_back(About(path, StdView(status.message())));
    return std::move(file);
  };
  const auto relative = seccomp::RelativeTo(seccomp_root_, path);
  if (!relative.ok()) {
    return refuse(relative.status());
  }
  const auto located = seccomp::Locate(seccomp_root_, *relative);
  if (!located.ok()) {
    return refuse(located.status());
  }
  const auto bytes = seccomp::ReadTrusted(*located, seccomp::kProfileBytesMax);
  if (!bytes.ok()) {
    return refuse(bytes.status());
  }
  std::vector<Diagnostic> errors;
  file.profile = seccomp::Parse(bytes->bytes, path, &errors);
  for (Diagnostic& error : errors) {
    std::string fix = std::exchange(error.fix, {});
    file.faults.push_back({StrCat("the profile ", error.ToString()), std::move(fix)});
  }
  if (file.profile.has_value()) {
    file.content.format = file.profile->format;
    file.content.relevant = seccomp::RelevantCapabilities(*file.profile);
  }
  return file;
}

const NodeProfiles::File& NodeProfiles::FileAt(const std::string& path) {
  const auto known = files_.find(path);
  return known != files_.end() ? known->second : files_.emplace(path, Read(path)).first->second;
}

const std::vector<FileFault>& NodeProfiles::FaultsOf(const std::string& path) {
  return FileAt(path).faults;
}

const seccomp::Prepared& NodeProfiles::PreparedOf(const std::string& path, const File& file,
                                                  DockerFormat docker_format) {
  const seccomp::Reading reading = seccomp::ReadingFor(file.content, docker_format, {});
  const std::string key = StrCat(reading.Key(), " ", path);
  const auto known = prepared_.find(key);
  return known != prepared_.end()
             ? known->second
             : prepared_.emplace(key, seccomp::Prepare(*file.profile, reading)).first->second;
}

absl::StatusOr<std::shared_ptr<const seccomp::Verdicts>> NodeProfiles::FloorOf(
    const Floor& floor, ContainerdVersion containerd) {
  if (floor.kind == Floor::Kind::kNone ||
      (floor.kind == Floor::Kind::kFile && !FaultsOf(floor.path).empty())) {
    return nullptr;
  }
  seccomp::Floors& floors = floors_.try_emplace(containerd, containerd).first->second;
  SEKISHO_ASSIGN_OR_RETURN(const auto content, floors.Identify(floor));
  return floors.VerdictsOf(floor, *content, caps::CapSet::All());
}

seccomp::Findings NodeProfiles::BeyondFloor(const seccomp::Prepared& prepared, const Floor& floor) {
  std::optional<seccomp::Findings> least;
  for (const ContainerdVersion containerd : kContainerd) {
    const auto verdicts = FloorOf(floor, containerd);
    if (!verdicts.ok()) {
      return {};  // said of the floor itself
    }
    seccomp::Findings findings = seccomp::HoldAgainst(prepared.verdicts, verdicts->get(), {});
    if (!least.has_value() || findings.beyond_floor.size() < least->beyond_floor.size()) {
      least = std::move(findings);
    }
    if (least->beyond_floor.empty() || floor.kind != Floor::Kind::kRuntimeDefault) {
      break;
    }
  }
  return *std::move(least);
}

std::vector<Contradiction> NodeProfiles::Judge(const std::string& path, const Demands& demands) {
  std::vector<Contradiction> found;
  const auto add = [&found, &path](std::string_view what, std::string fix) {
    found.push_back({StrCat("the profile ", path, " ", what), std::move(fix)});
  };
  const File& file = FileAt(path);
  if (!file.profile.has_value()) {
    return found;
  }
  if (file.content.format == seccomp::Format::kDocker &&
      demands.docker_format == DockerFormat::kDeny) {
    add("is in Docker's format, which seccomp.localhost.dockerFormat denies",
        "write it in the OCI format (sekisho seccomp resolve)");
    return found;
  }
  const seccomp::Prepared& prepared = PreparedOf(path, file, demands.docker_format);
  if (!prepared.fault.empty()) {
    add(prepared.fault, {});
    return found;
  }
  if (prepared.unconfined_in_disguise && !demands.allow_unconfined_in_disguise) {
    add("refuses nothing that matters, which seccomp.localhost.unconfinedInDisguise denies",
        "name a profile that does");
  }
  if (!prepared.refused_but_needed.empty()) {
    add(StrCat("lets no container start: it refuses ", Some(prepared.refused_but_needed)),
        "allow these system calls");
  }
  seccomp::Findings findings = BeyondFloor(prepared, demands.floor);
  findings.must_deny_allowed =
      seccomp::HoldAgainst(prepared.verdicts, nullptr, demands.must_deny).must_deny_allowed;
  if (!findings.fault.empty()) {
    add(findings.fault, {});
  }
  if (!findings.beyond_floor.empty()) {
    add(StrCat("is weaker than ", FloorName(demands.floor),
               ", which is seccomp.localhost.floor: it may also call ",
               Some(findings.beyond_floor)),
        "refuse these system calls, or give another floor");
  }
  if (!findings.must_deny_allowed.empty()) {
    add(StrCat("may call ", Some(findings.must_deny_allowed),
               ", which seccomp.localhost.mustDeny forbids"),
        "refuse these system calls");
  }
  return found;
}

const std::vector<Contradiction>& NodeProfiles::HeldAgainst(const std::string& path,
                                                            const Demands& demands) {
  const auto known = std::ranges::find_if(
      held_, [&](const Held& held) { return held.path == path && held.demands == demands; });
  if (known != held_.end()) {
    return known->found;
  }
  return held_.emplace_back(Held{path, demands, Judge(path, demands)}).found;
}

std::vector<ProfileContradiction> NodeProfiles::ContradictionsIn(const policy::Spec& spec) {
  std::vector<ProfileContradiction> all;
  if (spec.enforce.level == policy::Level::kPrivileged) {
    return all;  // nothing is demanded of profiles there
  }
  const Floor& floor = spec.localhost.floor;
  if (floor.kind == Floor::Kind::kFile) {
    if (const auto verdicts = FloorOf(floor, kContainerd.front()); !verdicts.ok()) {
      all.push_back({floor.path, {std::string(StdView(verdicts.status().message())), {}}});
    }
  }
  for (const std::string& path : Attached(spec)) {
    for (const Contradiction& one : HeldAgainst(path, spec.localhost)) {
      all.push_back({path, one});
    }
  }
  return all;
}

}  // namespace sekisho::config

// `sekisho seccomp …`: what a profile file is worth.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "caps/cri_caps.h"
#include "check/profile_lint.h"
#include "check/profile_show.h"
#include "check/profile_source.h"
#include "cli/color_option.h"
#include "cli/seccomp_record.h"
#include "cli/subcommands.h"
#include "cli/terminal.h"
#include "seccomp/groups.h"
#include "seccomp/resolve.h"

namespace sekisho::cli {
namespace {

constexpr int kNotGood = 1;
constexpr int kBadInput = 2;

// What all of them can be told.
struct TargetOptions {
  std::vector<std::string> caps = {"default"};
  std::string arch;
  std::string kernel;
  std::string containerd;
  bool as_containerd_reads = false;
  std::string output = "text";
  std::string color = "auto";
};

std::nullopt_t Bad(const std::string& message) {
  (void)std::fprintf(stderr, "%s\n", message.c_str());
  return std::nullopt;
}

// "default", "none", "all" and names, added up.
std::optional<caps::CapSet> CapabilitiesFrom(const std::vector<std::string>& words) {
  caps::CapSet set;
  for (const std::string& word : words) {
    const std::string name = caps::CanonicalName(word);
    if (name == "DEFAULT") {
      set = caps::CapSet(set.mask() | caps::RuntimeDefaultSet().mask());
    } else if (name == "ALL") {
      set = caps::CapSet::All();
    } else if (const std::optional<int> number = caps::NumberOf(name)) {
      set = set.With(*number);
    } else if (name != "NONE") {
      return Bad(base::StrCat("--caps: no capability \"", word,
                              "\"; give names such as NET_ADMIN, or default, all, none"));
    }
  }
  return set;
}

std::optional<check::ProfileTarget> TargetFrom(const TargetOptions& options) {
  const std::optional<caps::CapSet> caps = CapabilitiesFrom(options.caps);
  if (!caps.has_value()) {
    return std::nullopt;
  }
  const std::optional<seccomp::Arch> arch =
      options.arch.empty() ? seccomp::NativeArch() : seccomp::ArchNamed(options.arch);
  if (!arch.has_value()) {
    return Bad(base::StrCat("--arch: no architecture \"", options.arch, "\"; there are ",
                            base::StrJoin(seccomp::Architectures(), ", ",
                                          [](const seccomp::Arch& one) { return one.name; })));
  }
  const seccomp::KernelVersion kernel = options.kernel.empty()
                                            ? seccomp::RunningKernel()
                                            : seccomp::KernelVersionFrom(options.kernel);
  if (kernel == seccomp::KernelVersion{}) {
    return Bad(base::StrCat("--kernel: \"", options.kernel, "\" is no version such as 6.1"));
  }
  check::ProfileTarget target{.container = {*arch, *caps, kernel},
                              .as_containerd_reads = options.as_containerd_reads};
  if (!options.containerd.empty()) {
    const std::optional<seccomp::ContainerdVersion> version =
        seccomp::ContainerdVersionFrom(options.containerd);
    if (!version.has_value()) {
      return Bad(base::StrCat("--containerd: \"", options.containerd,
                              "\" is no version from 1.6 on, such as 1.7.24"));
    }
    target.containerd = *version;
  }
  return target;
}

std::optional<check::NamedProfile> ProfileFrom(const std::string& name,
                                               const check::ProfileTarget& target) {
  if (name == check::kRuntimeDefault) {
    return check::RuntimeDefaultProfile(target);
  }
  const std::optional<std::string> bytes = ReadInput(name);
  if (!bytes.has_value()) {
    return std::nullopt;
  }
  std::vector<yaml::Diagnostic> errors;
  std::optional<check::NamedProfile> profile =
      check::ReadProfile(NameOfInput(name), *bytes, target, &errors);
  PrintDiagnostics("", errors);
  return profile;
}

std::optional<seccomp::Judged> Judged(const std::optional<check::NamedProfile>& profile) {
  if (!profile.has_value()) {
    return std::nullopt;
  }
  std::vector<yaml::Diagnostic> errors;
  std::optional<seccomp::Judged> judged = check::JudgeProfile(*profile, &errors);
  PrintDiagnostics("", errors);
  return judged;
}

// --- lint
// ----------------------------------------------------------------------------------------

struct LintOptions {
  TargetOptions target;
  std::vector<std::string> files;
  std::string floor = std::string(check::kRuntimeDefault);
  std::vector<std::string> must_deny;
};

std::optional<check::LintOptions> DemandsFrom(const LintOptions& options) {
  const std::optional<check::ProfileTarget> target = TargetFrom(options.target);
  if (!target.has_value()) {
    return std::nullopt;
  }
  check::LintOptions demands{.target = *target, .floor = {}, .floor_name = {}, .must_deny = {}};
  if (options.floor != "none") {
    std::optional<seccomp::Judged> floor =
        Judged(options.floor == check::kRuntimeDefault ? check::RuntimeDefaultFloor(*target)
                                                       : ProfileFrom(options.floor, *target));
    if (!floor.has_value()) {
      return std::nullopt;
    }
    demands.floor = std::move(floor->verdicts);
    demands.floor_name = options.floor;
  }
  for (const std::string& entry : options.must_deny) {
    const std::optional<std::vector<std::string>> names = seccomp::Expand(entry);
    if (!names.has_value()) {
      return Bad(
          base::StrCat("--must-deny: no system call and no group \"", entry, "\"; groups are ",
                       base::StrJoin(seccomp::Groups(), ", ",
                                     [](const seccomp::Group& group) { return group.name; })));
    }
    demands.must_deny.insert(demands.must_deny.end(), names->begin(), names->end());
  }
  return demands;
}

int Lint(const LintOptions& options) {
  const std::optional<check::LintOptions> demands = DemandsFrom(options);
  if (!demands.has_value()) {
    return kBadInput;
  }
  std::vector<check::LintResult> results;
  bool all_read = true;
  bool all_good = true;
  for (const std::string& file : options.files) {
    const std::optional<std::string> bytes = ReadInput(file);
    if (!bytes.has_value()) {
      all_read = false;
      continue;
    }
    results.push_back(check::Lint(NameOfInput(file), *bytes, *demands));
    all_good = all_good && results.back().ok();
  }
  const bool written =
      results.empty() ||
      WriteOutput(options.target.output == "json"
                      ? check::ToJson(results)
                      : check::ToText(results, Columns(), UseColour(options.target.color)));
  if (!all_read || !written) {
    return kBadInput;
  }
  return all_good ? 0 : kNotGood;
}

// --- show, resolve, compare
// ----------------------------------------------------------------------------

struct ShowOptions {
  TargetOptions target;
  std::string file;
  std::vector<std::string> syscalls;
};

int Show(const ShowOptions& options) {
  const std::optional<check::ProfileTarget> target = TargetFrom(options.target);
  std::vector<std::string> syscalls;
  for (const std::string& entry : options.syscalls) {
    const std::optional<std::vector<std::string>> names = seccomp::Expand(entry);
    if (!names.has_value()) {
      (void)Bad(base::StrCat("--syscall: no system call and no group \"", entry, "\""));
      return kBadInput;
    }
    syscalls.insert(syscalls.end(), names->begin(), names->end());
  }
  const std::optional<seccomp::Judged> judged =
      target.has_value() ? Judged(ProfileFrom(options.file, *target)) : std::nullopt;
  if (!judged.has_value()) {
    return kBadInput;
  }
  return WriteOutput(
             options.target.output == "json"
                 ? check::ShowJson(NameOfInput(options.file), *judged, syscalls)
                 : check::ShowText(*judged, syscalls, Columns(), UseColour(options.target.color)))
             ? 0
             : kBadInput;
}

struct ResolveOptions {
  TargetOptions target;
  std::string file;
};

int Resolve(const ResolveOptions& options) {
  const std::optional<check::ProfileTarget> target = TargetFrom(options.target);
  const std::optional<check::NamedProfile> profile =
      target.has_value() ? ProfileFrom(options.file, *target) : std::nullopt;
  return profile.has_value() && WriteOutput(seccomp::Render(profile->profile)) ? 0 : kBadInput;
}

struct CompareOptions {
  TargetOptions target;
  std::string a;
  std::string b;
};

int Compare(const CompareOptions& options) {
  const std::optional<check::ProfileTarget> target = TargetFrom(options.target);
  if (!target.has_value()) {
    return kBadInput;
  }
  const std::optional<seccomp::Judged> a = Judged(ProfileFrom(options.a, *target));
  const std::optional<seccomp::Judged> b = Judged(ProfileFrom(options.b, *target));
  if (!a.has_value() || !b.has_value()) {
    return kBadInput;
  }
  absl::StatusOr<std::vector<seccomp::Excess>> only_a = seccomp::Compare(a->verdicts, b->verdicts);
  absl::StatusOr<std::vector<seccomp::Excess>> only_b = seccomp::Compare(b->verdicts, a->verdicts);
  if (!only_a.ok() || !only_b.ok()) {
    (void)Bad(base::StrCat(options.a, ", ", options.b, ": ",
                           (only_a.ok() ? only_b.status() : only_a.status()).message()));
    return kBadInput;
  }
  const check::ProfileComparison comparison{NameOfInput(options.a), NameOfInput(options.b),
                                            *std::move(only_a), *std::move(only_b)};
  if (!WriteOutput(options.target.output == "json"
                       ? check::ToJson(comparison)
                       : check::ToText(comparison, Columns(), UseColour(options.target.color)))) {
    return kBadInput;
  }
  return comparison.AIsAsStrict() ? 0 : kNotGood;
}

void AddTarget(CLI::App& command, TargetOptions& options) {
  command
      .add_option("--caps", options.caps,
                  "The container's capabilities: names, default, all, none; for conditions")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  command.add_option("--arch", options.arch, "Its architecture, amd64 or SCMP_ARCH_X86_64 [this]");
  command.add_option("--kernel", options.kernel, "The node's kernel, such as 6.1 [this]");
  command.add_option("--containerd", options.containerd,
                     "Whose RuntimeDefault is meant, such as 1.7.24 [newest]");
  command.add_flag("--as-containerd-reads", options.as_containerd_reads,
                   "Read Docker's format as containerd does: without its conditions");
}

void AddOutput(CLI::App& command, TargetOptions& options) {
  command.add_option("-o,--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  AddColor(command, options.color);
}

void AddLint(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<LintOptions>();
  CLI::App* command = app.add_subcommand("lint", "Say what is wrong with profiles");
  command->footer("Exits with 0 when all are good, 1 when one is not, 2 on bad input.");
  command->add_option("FILE", options->files, "Profiles; - is standard input")->required();
  command
      ->add_option("--floor", options->floor,
                   "A profile to be at least as strict as: a file, RuntimeDefault or none")
      ->capture_default_str();
  command
      ->add_option("--must-deny", options->must_deny,
                   "System calls, and groups such as @mount, that must be refused")
      ->delimiter(',')
      ->allow_extra_args(false);
  AddTarget(*command, options->target);
  AddOutput(*command, options->target);
  command->callback([options, &exit_code] { exit_code = Lint(*options); });
}

void AddShow(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command =
      app.add_subcommand("show", "Say what becomes of system calls under a profile");
  command->add_option("FILE", options->file, "A profile, or RuntimeDefault")->required();
  command->add_option("--syscall", options->syscalls, "Of these alone; groups such as @mount, too")
      ->delimiter(',')
      ->allow_extra_args(false);
  AddTarget(*command, options->target);
  AddOutput(*command, options->target);
  command->callback([options, &exit_code] { exit_code = Show(*options); });
}

void AddResolve(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ResolveOptions>();
  CLI::App* command =
      app.add_subcommand("resolve", "Write a profile of Docker's format in the OCI format");
  command->add_option("FILE", options->file, "A profile, or RuntimeDefault")->required();
  AddTarget(*command, options->target);
  command->callback([options, &exit_code] { exit_code = Resolve(*options); });
}

void AddCompare(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command =
      app.add_subcommand("compare", "Say whether a profile is at least as strict as another");
  command->footer("Exits with 0 when A is at least as strict as B, 1 when not, 2 on bad input.");
  command->add_option("A", options->a, "A profile, or RuntimeDefault")->required();
  command->add_option("B", options->b, "Another")->required();
  AddTarget(*command, options->target);
  AddOutput(*command, options->target);
  command->callback([options, &exit_code] { exit_code = Compare(*options); });
}

}  // namespace

void AddSeccomp(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("seccomp", "Judge seccomp profiles");
  command->require_subcommand(1);
  AddLint(*command, exit_code);
  AddShow(*command, exit_code);
  AddResolve(*command, exit_code);
  AddCompare(*command, exit_code);
  AddSeccompRecord(*command, exit_code);
}

}  // namespace sekisho::cli

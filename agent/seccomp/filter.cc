#include "seccomp/filter.h"

#include <seccomp.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/str_cat.h"
#include "seccomp/generate.h"
#include "seccomp/join.h"

namespace sekisho::seccomp {
namespace {

constexpr size_t kArguments = 6;

std::string PlaceOf(const Rule& rule, size_t index, size_t name) {
  const int line = name < rule.names_where.size() ? rule.names_where[name].line : rule.where.line;
  return base::StrCat("syscalls[", index, "]", line > 0 ? base::StrCat(" (line ", line, ")") : "",
                      rule.names[name].empty() ? "" : ", ", rule.names[name]);
}

// What runc refuses before it asks libseccomp.
absl::Status CheckNotify(const Profile& profile) {
  if (profile.default_action == Action::kNotify) {
    return absl::InvalidArgumentError("defaultAction: runc does not take SCMP_ACT_NOTIFY here");
  }
  for (size_t i = 0; i < profile.rules.size(); ++i) {
    const Rule& rule = profile.rules[i];
    const auto write = std::find(rule.names.begin(), rule.names.end(), "write");
    if (rule.action == Action::kNotify && write != rule.names.end()) {
      return absl::InvalidArgumentError(
          base::StrCat(PlaceOf(rule, i, static_cast<size_t>(write - rule.names.begin())),
                       ": runc does not take SCMP_ACT_NOTIFY for write, which it needs itself"));
    }
  }
  return absl::OkStatus();
}

// The tests of a rule, in the groups that runc makes of them: one of all tests, or one of each when
// an argument is tested twice.
absl::StatusOr<std::vector<std::vector<ArgumentTest>>> TestGroups(const Rule& rule,
                                                                  const std::string& place) {
  std::array<int, kArguments> count{};
  for (const ArgumentTest& test : rule.args) {
    if (test.index >= kArguments) {
      return absl::InvalidArgumentError(
          base::StrCat(place, ": a system call has no argument ", test.index));
    }
    ++count.at(test.index);
  }
  std::vector<std::vector<ArgumentTest>> groups;
  if (std::none_of(count.begin(), count.end(), [](int times) { return times > 1; })) {
    groups.push_back(rule.args);
  } else {
    for (const ArgumentTest& test : rule.args) {
      groups.push_back({test});
    }
  }
  return groups;
}

absl::Status AppendAdditions(const Rule& rule, size_t index, Order& order) {
  const uint32_t action = ActionValue(rule.action, rule.errno_ret);
  for (size_t name = 0; name < rule.names.size(); ++name) {
    const std::string place = PlaceOf(rule, index, name);
    if (rule.names[name].empty()) {
      return absl::InvalidArgumentError(base::StrCat(place, ": a system call without a name"));
    }
    const int number = seccomp_syscall_resolve_name(rule.names[name].c_str());
    if (action == order.default_action || number == __NR_SCMP_ERROR) {
      continue;
    }
    auto groups = TestGroups(rule, place);
    if (!groups.ok()) {
      return groups.status();
    }
    for (std::vector<ArgumentTest>& tests : *groups) {
      order.additions.push_back(
          {.action = action, .number = number, .tests = std::move(tests), .place = place});
    }
  }
  return absl::OkStatus();
}

// The native architecture, then the others, each once.
std::vector<Arch> ArchitecturesOf(const Profile& profile) {
  std::vector<Arch> architectures = {NativeArch()};
  for (const Arch& arch : profile.architectures) {
    if (std::find(architectures.begin(), architectures.end(), arch) == architectures.end()) {
      architectures.push_back(arch);
    }
  }
  return architectures;
}

absl::StatusOr<Order> OrderOf(const Profile& profile) {
  if (profile.format == Format::kDocker) {
    return absl::FailedPreconditionError(
        "the profile is of Docker's format, whose conditions no filter can have");
  }
  if (absl::Status status = CheckNotify(profile); !status.ok()) {
    return status;
  }
  Order order{.architectures = ArchitecturesOf(profile),
              .default_action = ActionValue(profile.default_action, profile.default_errno_ret),
              .additions = {}};
  for (size_t i = 0; i < profile.rules.size(); ++i) {
    if (absl::Status status = AppendAdditions(profile.rules[i], i, order); !status.ok()) {
      return status;
    }
  }
  return order;
}

absl::StatusOr<Filter> InOnePiece(const Order& order) {
  absl::StatusOr<Program> program = Generate(order);
  if (!program.ok()) {
    return program.status();
  }
  if (absl::Status status = CheckProgram(*program); !status.ok()) {
    return status;
  }
  return Filter{*std::move(program), order.architectures};
}

}  // namespace

absl::StatusOr<Filter> CompileInOnePiece(const Profile& profile) {
  const absl::StatusOr<Order> order = OrderOf(profile);
  if (!order.ok()) {
    return order.status();
  }
  return InOnePiece(*order);
}

absl::StatusOr<Filter> Compile(const Profile& profile) {
  absl::StatusOr<Order> order = OrderOf(profile);
  if (!order.ok()) {
    return order.status();
  }
  const std::vector<Arch> architectures = order->architectures;
  if (architectures.size() == 1) {
    return InOnePiece(*order);
  }
  std::vector<Part> parts;
  for (const Arch& arch : architectures) {
    order->architectures = {arch};
    absl::StatusOr<Program> program = Generate(*order);
    if (!program.ok()) {
      return program.status();
    }
    parts.push_back({arch, *std::move(program)});
  }
  order->architectures = architectures;
  Program program = Join(parts);
  if (program.size() > BPF_MAXINSNS) {
    // In one piece the parts share their ends, which may make it short enough.
    return InOnePiece(*order);
  }
  if (absl::Status status = CheckProgram(program); !status.ok()) {
    return status;
  }
  return Filter{std::move(program), architectures};
}

}  // namespace sekisho::seccomp

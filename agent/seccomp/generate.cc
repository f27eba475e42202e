#include "seccomp/generate.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>

#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "seccomp/contained.h"

namespace sekisho::seccomp {
namespace {

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

// What came of an order, in a form that can lie in shared memory: errno, and where.
struct Report {
  enum class Stage { kNotDone, kStart, kArchitecture, kRule, kExport, kDone };
  Stage stage = Stage::kNotDone;
  int error = 0;
  size_t index = 0;   // of the architecture or addition
  size_t length = 0;  // kDone: of the program
};

// Up to here a copy of the process gives programs back; the kernel takes none that are longer.
struct SharedReport {
  Report report;
  std::array<sock_filter, BPF_MAXINSNS> program;
};

std::string_view MeaningOf(int error) {
  switch (error) {
    case EEXIST:
      return "another rule says something else of the same calls";
    case EINVAL:
      return "libseccomp takes no such test, or no such errno (4094 is the largest)";
    default:
      return "libseccomp refuses it";
  }
}

absl::Status ToStatus(const Report& report, const Order& order) {
  std::string place;
  std::string_view meaning = MeaningOf(report.error);
  switch (report.stage) {
    case Report::Stage::kDone:
      return absl::OkStatus();
    case Report::Stage::kNotDone:
    case Report::Stage::kExport:
      return absl::InternalError(
          base::StrCat("libseccomp makes no filter: ", std::strerror(report.error)));
    case Report::Stage::kStart:
      place = "defaultAction";
      break;
    case Report::Stage::kArchitecture:
      place = base::StrCat("architectures: ", order.architectures[report.index].name);
      meaning = report.error == EDOM ? "its byte order is not this node's" : meaning;
      break;
    case Report::Stage::kRule:
      place = order.additions[report.index].place;
      break;
  }
  return absl::InvalidArgumentError(
      base::StrCat(place, ": ", meaning, " (", std::strerror(report.error), ")"));
}

scmp_compare Operator(Compare compare) {
  switch (compare) {
    case Compare::kNe:
      return SCMP_CMP_NE;
    case Compare::kLt:
      return SCMP_CMP_LT;
    case Compare::kLe:
      return SCMP_CMP_LE;
    case Compare::kEq:
      return SCMP_CMP_EQ;
    case Compare::kGe:
      return SCMP_CMP_GE;
    case Compare::kGt:
      return SCMP_CMP_GT;
    case Compare::kMaskedEq:
      return SCMP_CMP_MASKED_EQ;
  }
  return SCMP_CMP_EQ;
}

// libseccomp's functions return 0 or an errno below zero.

int AddArchitectures(void* context, const Order& order, Report& report) {
  const Arch native = NativeArch();
  bool has_native = false;
  for (report.index = 0; report.index < order.architectures.size(); ++report.index) {
    const Arch& arch = order.architectures[report.index];
    has_native = has_native || arch == native;
    const int code = arch == native ? 0 : seccomp_arch_add(context, arch.token);
    if (code != 0) {
      return code;
    }
  }
  return has_native ? 0 : seccomp_arch_remove(context, native.token);
}

int AddRules(void* context, const Order& order, Report& report) {
  std::vector<scmp_arg_cmp> tests;
  for (report.index = 0; report.index < order.additions.size(); ++report.index) {
    const Addition& addition = order.additions[report.index];
    tests.clear();
    for (const ArgumentTest& test : addition.tests) {
      tests.push_back({.arg = test.index,
                       .op = Operator(test.compare),
                       .datum_a = test.value,
                       .datum_b = test.value_two});
    }
    const int code = seccomp_rule_add_array(context, addition.action, addition.number,
                                            static_cast<unsigned int>(tests.size()), tests.data());
    if (code != 0) {
      return code;
    }
  }
  return 0;
}

// The filter is written to memory that has a descriptor; libseccomp 2.5 writes it nowhere else.
int Export(void* context, Program& program) {
  const base::UniqueFd fd(::memfd_create("seccomp filter", MFD_CLOEXEC));
  if (!fd.valid()) {
    return -errno;
  }
  if (const int code = seccomp_export_bpf(context, fd.get()); code != 0) {
    return code;
  }
  const off_t bytes = ::lseek(fd.get(), 0, SEEK_END);
  if (bytes < 0) {
    return -errno;
  }
  program.resize(static_cast<size_t>(bytes) / sizeof(sock_filter));
  const size_t wanted = program.size() * sizeof(sock_filter);
  const ssize_t read = ::pread(fd.get(), program.data(), wanted, 0);
  return read == bytes ? 0 : -EIO;
}

Report GenerateHere(const Order& order, Program& program) {
  Report report;
  const auto failed = [&report](Report::Stage stage, int code) {
    report.stage = stage;
    report.error = -code;
    return code != 0;
  };
  const Context context(seccomp_init(order.default_action));
  if (context == nullptr) {
    failed(Report::Stage::kStart, -EINVAL);
    return report;
  }
  if (failed(Report::Stage::kArchitecture, AddArchitectures(context.get(), order, report)) ||
      failed(Report::Stage::kExport, seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_NNP, 0)) ||
      failed(Report::Stage::kRule, AddRules(context.get(), order, report)) ||
      failed(Report::Stage::kExport, Export(context.get(), program))) {
    return report;
  }
  report.stage = Report::Stage::kDone;
  report.length = program.size();
  return report;
}

absl::StatusOr<Program> GenerateContained(const Order& order) {
  const SharedArea area(sizeof(SharedReport));
  auto* const shared = static_cast<SharedReport*>(area.get());
  if (shared == nullptr) {
    return absl::InternalError("no memory to share with a copy of the process");
  }
  absl::Status status = RunContained([&] {
    Program program;
    const Report report = GenerateHere(order, program);
    std::copy_n(program.begin(), std::min(program.size(), shared->program.size()),
                shared->program.begin());
    shared->report = report;
  });
  if (!status.ok()) {
    return absl::Status(status.code(),
                        base::StrCat("libseccomp ", status.message(),
                                     ": it cannot cope with the tests of several arguments of one "
                                     "system call in this profile"));
  }
  status = ToStatus(shared->report, order);
  if (!status.ok()) {
    return status;
  }
  Program program(shared->report.length);  // what is beyond the kernel's limit is never looked at
  std::copy_n(shared->program.begin(), std::min(program.size(), shared->program.size()),
              program.begin());
  return program;
}

// The rules of one call that test arguments.
struct Tested {
  size_t rules = 0;
  bool one_argument_each = true;
  bool equality_alone = true;
  std::set<std::set<uint32_t>> arguments;
};

}  // namespace

uint32_t ActionValue(Action action, std::optional<uint32_t> errno_ret) {
  const uint32_t data = errno_ret.value_or(EPERM) & SECCOMP_RET_DATA;
  switch (action) {
    case Action::kKillProcess:
      return SCMP_ACT_KILL_PROCESS;
    case Action::kKillThread:
      return SCMP_ACT_KILL_THREAD;
    case Action::kTrap:
      return SCMP_ACT_TRAP;
    case Action::kErrno:
      return SCMP_ACT_ERRNO(data);
    case Action::kNotify:
      return SCMP_ACT_NOTIFY;
    case Action::kTrace:
      return SCMP_ACT_TRACE(data);
    case Action::kLog:
      return SCMP_ACT_LOG;
    case Action::kAllow:
      return SCMP_ACT_ALLOW;
  }
  return SCMP_ACT_KILL_PROCESS;
}

bool NeedsContainment(const std::vector<Addition>& additions) {
  // Time still grows by the cube of their number; 8 ms for so many.
  constexpr size_t kRulesMax = 64;
  std::map<int, Tested> by_number;
  for (const Addition& addition : additions) {
    if (addition.tests.empty()) {
      continue;
    }
    Tested& tested = by_number[addition.number];
    ++tested.rules;
    tested.one_argument_each = tested.one_argument_each && addition.tests.size() == 1;
    std::set<uint32_t> arguments;
    for (const ArgumentTest& test : addition.tests) {
      arguments.insert(test.index);
      tested.equality_alone = tested.equality_alone &&
                              (test.compare == Compare::kEq || test.compare == Compare::kMaskedEq);
    }
    tested.arguments.insert(std::move(arguments));
  }
  return std::any_of(by_number.begin(), by_number.end(), [](const auto& entry) {
    const Tested& tested = entry.second;
    const bool same_for_equality = tested.equality_alone && tested.arguments.size() == 1;
    const bool harmless = tested.rules == 1 || tested.one_argument_each || same_for_equality;
    return tested.rules > kRulesMax || !harmless;
  });
}

absl::StatusOr<Program> Generate(const Order& order) {
  // Otherwise libseccomp asks the running kernel which actions it has, when first used, and what is
  // said of a profile would depend on where (and, under a filter of the agent's own, on who) it is
  // said. Level 6 is that of Linux 5.7.
  static std::once_flag once;
  std::call_once(once, [] { (void)seccomp_api_set(6); });
  if (NeedsContainment(order.additions)) {
    return GenerateContained(order);
  }
  Program program;
  if (absl::Status status = ToStatus(GenerateHere(order, program), order); !status.ok()) {
    return status;
  }
  return program;
}

}  // namespace sekisho::seccomp

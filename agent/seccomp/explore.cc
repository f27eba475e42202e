#include "seccomp/explore.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

// Instructions followed, and tests written down, for all numbers together: about a quarter of a
// second, and 16 MB. Profiles in use take ten thousand steps and some hundred tests.
constexpr size_t kStepsMax = 50'000'000;
constexpr size_t kTestsMax = 1'000'000;

// A word of the machine: a constant, or as many bits of a word of seccomp_data as `bits` says.
struct Value {
  // 0 to kArgumentWords-1 are the arguments' words.
  static constexpr int kConstant = -1;
  static constexpr int kNumber = -2;
  static constexpr int kInstructionPointer = -3;

  int word = kConstant;
  uint32_t bits = 0;

  bool constant() const { return word == kConstant; }
};

struct Machine {
  Value a;
  Value x;
  std::array<Value, BPF_MEMWORDS> memory{};
};

bool SameResult(const Outcome& a, const Outcome& b) {
  return a.action == b.action && a.data == b.data;
}

// Whether the two differ in their last test alone, and there in its answer.
bool AreSiblings(const WordTests& a, const WordTests& b) {
  return !a.empty() && a.size() == b.size() && a.back() == Negated(b.back()) &&
         std::equal(a.begin(), a.end() - 1, b.begin());
}

// Paths come in the order of a walk, so the two answers to a test that changes nothing are next to
// each other as soon as what is below each has become one.
void Append(Outcomes& outcomes, Outcome outcome) {
  while (!outcomes.empty() && SameResult(outcomes.back(), outcome) &&
         AreSiblings(outcomes.back().when, outcome.when)) {
    outcome.when.pop_back();
    outcomes.pop_back();
  }
  outcomes.push_back(std::move(outcome));
}

Outcome ToOutcome(uint32_t return_value, const WordTests& when) {
  const Action action = ActionOf(return_value);
  const bool has_data = action == Action::kErrno || action == Action::kTrace;
  return {.when = when,
          .action = action,
          .data = static_cast<uint16_t>(has_data ? return_value & SECCOMP_RET_DATA : 0)};
}

class Explorer {
 public:
  Explorer(std::span<const sock_filter> program, uint32_t arch, std::span<const uint32_t> numbers)
      : program_(program),
        arch_(arch),
        numbers_(numbers),
        outcomes_(numbers.size()),
        paths_(numbers.size(), 0) {}

  absl::StatusOr<std::vector<Outcomes>> Explore() {
    std::vector<size_t> all(numbers_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    if (absl::Status status = Follow(0, Machine{}, all); !status.ok()) {
      return status;
    }
    return std::move(outcomes_);
  }

 private:
  // Indexes of numbers_ that are on the same path.
  using Group = std::span<size_t>;

  // Follows from an instruction to the returns.
  absl::Status Follow(size_t pc, Machine machine, Group group);
  // Everything but jumps and returns.
  absl::Status Step(const sock_filter& instruction, Machine& machine) const;
  absl::Status Calculate(const sock_filter& instruction, Machine& machine) const;
  // A conditional jump at `pc`: follows the calls that jump, and leaves in `group` and `pc` where
  // the others are. When all jump, those are the others.
  absl::Status Branch(const Machine& machine, size_t& pc, Group& group);
  absl::Status BranchOnNumber(const Machine& machine, size_t& pc, Group& group);
  absl::Status BranchOnArgument(const Machine& machine, size_t& pc, Group group);
  absl::Status Return(uint32_t value, Group group);

  Value Loaded(const sock_filter& instruction, const Machine& machine) const;
  // A word for which the path's tests of it and `test` hold, if there is one.
  absl::StatusOr<std::optional<uint32_t>> ExampleWith(const WordTest& test);
  void Push(const WordTest& test, uint32_t example);
  void Pop();
  absl::Status Spend(size_t steps);

  std::span<const sock_filter> program_;
  uint32_t arch_;
  std::span<const uint32_t> numbers_;
  std::vector<Outcomes> outcomes_;
  std::vector<size_t> paths_;  // of each number, before any were merged
  size_t steps_ = 0;
  size_t tests_ = 0;

  // The path that is being followed: all tests in order, those of each word, and a word for which
  // they hold. (Words are independent of each other, so each is looked at alone.)
  struct Word {
    std::vector<WordTest> tests;
    uint32_t example = 0;
  };
  WordTests path_;
  std::array<Word, kArgumentWords> words_;
};

absl::Status Explorer::Spend(size_t steps) {
  steps_ += steps;
  if (steps_ > kStepsMax || tests_ > kTestsMax) {
    return absl::ResourceExhaustedError("the filter has too many paths to follow them all");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint32_t>> Explorer::ExampleWith(const WordTest& test) {
  Word& word = words_.at(static_cast<size_t>(test.word));
  word.tests.push_back(test);
  steps_ += word.tests.size();
  auto example = FindWord(word.tests, word.example);
  word.tests.pop_back();
  return example;
}

void Explorer::Push(const WordTest& test, uint32_t example) {
  Word& word = words_.at(static_cast<size_t>(test.word));
  word.tests.push_back(test);
  word.example = example;
  path_.push_back(test);
}

void Explorer::Pop() {
  // The example stays: it is one for fewer tests as well.
  words_.at(static_cast<size_t>(path_.back().word)).tests.pop_back();
  path_.pop_back();
}

Value Explorer::Loaded(const sock_filter& instruction, const Machine& machine) const {
  switch (BPF_MODE(instruction.code)) {
    case BPF_IMM:
      return {.bits = instruction.k};
    case BPF_MEM:
      return machine.memory.at(instruction.k);
    case BPF_LEN:
      return {.bits = sizeof(seccomp_data)};
    default:
      break;
  }
  switch (instruction.k) {
    case offsetof(seccomp_data, nr):
      return {.word = Value::kNumber, .bits = ~uint32_t{0}};
    case offsetof(seccomp_data, arch):
      return {.bits = arch_};
    default:
      break;
  }
  if (instruction.k < offsetof(seccomp_data, args)) {
    return {.word = Value::kInstructionPointer, .bits = ~uint32_t{0}};
  }
  const auto in_memory = static_cast<int>((instruction.k - offsetof(seccomp_data, args)) / 4);
  const bool low_first = std::endian::native == std::endian::little;
  return {.word = low_first ? in_memory : in_memory ^ 1, .bits = ~uint32_t{0}};
}

absl::Status Explorer::Calculate(const sock_filter& instruction, Machine& machine) const {
  const Value operand =
      BPF_SRC(instruction.code) == BPF_X ? machine.x : Value{.bits = instruction.k};
  if (machine.a.constant() && operand.constant()) {
    const std::optional<uint32_t> result =
        Arithmetic(instruction.code, machine.a.bits, operand.bits);
    if (!result.has_value()) {
      return absl::UnimplementedError("the filter divides by zero");
    }
    machine.a.bits = *result;
    return absl::OkStatus();
  }
  if (BPF_OP(instruction.code) != BPF_AND || !operand.constant()) {
    return absl::UnimplementedError(
        "the filter calculates with what it is to judge, which no filter of libseccomp does");
  }
  machine.a.bits &= operand.bits;
  if (machine.a.bits == 0) {
    machine.a = Value{};  // nothing is left of the word: the high half of most masks
  }
  return absl::OkStatus();
}

absl::Status Explorer::Step(const sock_filter& instruction, Machine& machine) const {
  switch (BPF_CLASS(instruction.code)) {
    case BPF_LD:
      machine.a = Loaded(instruction, machine);
      return absl::OkStatus();
    case BPF_LDX:
      machine.x = Loaded(instruction, machine);
      return absl::OkStatus();
    case BPF_ST:
      machine.memory.at(instruction.k) = machine.a;
      return absl::OkStatus();
    case BPF_STX:
      machine.memory.at(instruction.k) = machine.x;
      return absl::OkStatus();
    case BPF_ALU:
      return Calculate(instruction, machine);
    default:
      if (BPF_MISCOP(instruction.code) == BPF_TAX) {
        machine.x = machine.a;
      } else {
        machine.a = machine.x;
      }
      return absl::OkStatus();
  }
}

absl::Status Explorer::Follow(size_t pc, Machine machine, Group group) {
  const size_t path_before = path_.size();
  absl::Status status;
  while (status.ok() && !group.empty()) {
    const sock_filter& instruction = program_[pc];
    const bool returns = BPF_CLASS(instruction.code) == BPF_RET;
    if (status = Spend(1); !status.ok()) {
      break;
    }
    if (returns && BPF_RVAL(instruction.code) == BPF_A && !machine.a.constant()) {
      status = absl::UnimplementedError("the filter returns what it is to judge");
    } else if (returns) {
      status = Return(BPF_RVAL(instruction.code) == BPF_A ? machine.a.bits : instruction.k, group);
      break;
    } else if (instruction.code == (BPF_JMP | BPF_JA)) {
      pc += 1 + size_t{instruction.k};
    } else if (BPF_CLASS(instruction.code) == BPF_JMP) {
      status = Branch(machine, pc, group);
    } else {
      status = Step(instruction, machine);
      ++pc;
    }
  }
  while (path_.size() > path_before) {
    Pop();
  }
  return status;
}

absl::Status Explorer::Branch(const Machine& machine, size_t& pc, Group& group) {
  const sock_filter& instruction = program_[pc];
  const Value operand =
      BPF_SRC(instruction.code) == BPF_X ? machine.x : Value{.bits = instruction.k};
  if (!operand.constant() || machine.a.word == Value::kInstructionPointer) {
    return absl::UnimplementedError(
        "the filter compares what no filter of libseccomp compares: two words of a call, or its "
        "instruction pointer");
  }
  if (machine.a.constant()) {
    pc += 1 + size_t{Jumps(instruction.code, machine.a.bits, operand.bits) ? instruction.jt
                                                                           : instruction.jf};
    return absl::OkStatus();
  }
  return machine.a.word == Value::kNumber ? BranchOnNumber(machine, pc, group)
                                          : BranchOnArgument(machine, pc, group);
}

absl::Status Explorer::BranchOnNumber(const Machine& machine, size_t& pc, Group& group) {
  const sock_filter& instruction = program_[pc];
  const uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? machine.x.bits : instruction.k;
  const auto middle = std::partition(group.begin(), group.end(), [&](size_t index) {
    return Jumps(instruction.code, numbers_[index] & machine.a.bits, operand);
  });
  const Group jump(group.begin(), middle);
  if (absl::Status status = Spend(group.size() / 8); !status.ok()) {
    return status;
  }
  if (jump.size() == group.size()) {
    pc += 1 + size_t{instruction.jt};
    return absl::OkStatus();
  }
  if (!jump.empty()) {
    if (absl::Status status = Follow(pc + 1 + instruction.jt, machine, jump); !status.ok()) {
      return status;
    }
  }
  group = group.subspan(jump.size());
  pc += 1 + size_t{instruction.jf};
  return absl::OkStatus();
}

// The test that holds for the words that a jump takes; nothing where all words do (`always`) or
// none.
std::optional<WordTest> TestOf(uint16_t code, const Value& value, uint32_t operand, bool& always) {
  WordTest test{.word = value.word, .mask = value.bits, .op = WordTest::Op::kEq, .value = operand};
  always = false;
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      return test;
    case BPF_JGT:
      test.op = WordTest::Op::kGt;
      return test;
    case BPF_JGE:
      if (operand == 0) {
        always = true;
        return std::nullopt;
      }
      test.op = WordTest::Op::kGt;
      test.value = operand - 1;
      return test;
    default:  // BPF_JSET
      test.mask &= operand;
      test.op = WordTest::Op::kNe;
      test.value = 0;
      return test;
  }
}

absl::Status Explorer::BranchOnArgument(const Machine& machine, size_t& pc, Group group) {
  const sock_filter& instruction = program_[pc];
  const uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? machine.x.bits : instruction.k;
  bool always = false;
  const std::optional<WordTest> test = TestOf(instruction.code, machine.a, operand, always);
  const size_t jump = pc + 1 + instruction.jt;
  const size_t stay = pc + 1 + instruction.jf;
  if (!test.has_value()) {
    pc = always ? jump : stay;
    return absl::OkStatus();
  }
  // Each of the two answers is followed when some call on this path gives it. Where only one is
  // possible, the test says nothing and is left out of the path.
  const WordTest opposite = Negated(*test);
  const absl::StatusOr<std::optional<uint32_t>> can_jump = ExampleWith(*test);
  const absl::StatusOr<std::optional<uint32_t>> can_stay = ExampleWith(opposite);
  if (!can_jump.ok() || !can_stay.ok()) {
    return can_jump.ok() ? can_stay.status() : can_jump.status();
  }
  pc = can_stay->has_value() ? stay : jump;
  if (!can_jump->has_value() || !can_stay->has_value()) {
    return absl::OkStatus();
  }
  Push(*test, **can_jump);
  absl::Status status = Follow(jump, machine, group);
  Pop();
  Push(opposite, **can_stay);
  return status;
}

absl::Status Explorer::Return(uint32_t value, Group group) {
  for (const size_t index : group) {
    if (++paths_[index] > kPathsMax) {
      return absl::ResourceExhaustedError(base::StrCat("the filter has more than ", kPathsMax,
                                                       " paths for one system call (number ",
                                                       numbers_[index], ")"));
    }
    tests_ += path_.size();
    Append(outcomes_[index], ToOutcome(value, path_));
  }
  return Spend(group.size());
}

}  // namespace

absl::StatusOr<std::vector<Outcomes>> Explore(std::span<const sock_filter> program, uint32_t arch,
                                              std::span<const uint32_t> numbers) {
  return Explorer(program, arch, numbers).Explore();
}

}  // namespace sekisho::seccomp

// The kernel's side of a filter: the classic BPF machine as seccomp runs it.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "seccomp/profile.h"

namespace sekisho::seccomp {

using Program = std::vector<sock_filter>;

// What the kernel refuses to load, and what Run and Explore rely on: jumps inside the program,
// loads inside seccomp_data, no backward jump, a return at the end. Documentation/userspace-api/
// seccomp_filter.rst, kernel/seccomp.c (seccomp_check_filter).
absl::Status CheckProgram(std::span<const sock_filter> program);

// The filter's return value (SECCOMP_RET_… and 16 bits of data) for one call. The program must have
// passed CheckProgram.
uint32_t Run(std::span<const sock_filter> program, const seccomp_data& data);

// What an instruction of class BPF_ALU makes of two numbers. Nothing for a division by zero, which
// ends the program with the return value 0.
std::optional<uint32_t> Arithmetic(uint16_t code, uint32_t a, uint32_t b);

// Whether an instruction of class BPF_JMP (other than BPF_JA) takes its `jt`.
bool Jumps(uint16_t code, uint32_t a, uint32_t b);

// The action in a return value; a value that the kernel does not know counts as its kernel does it:
// KILL_PROCESS.
Action ActionOf(uint32_t return_value);

}  // namespace sekisho::seccomp

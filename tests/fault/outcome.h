// What a fault test saw, in a form that can be gathered from many runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sekisho::testing {

struct FaultOutcome {
  std::string fault;      // a stable id in kebab case, "sekisho-killed-under-load"
  std::string must_hold;  // what was tested, in one line
  uint64_t injected = 0;  // how often the fault was made
  uint64_t calls = 0;     // made by the callers
  uint64_t answered = 0;  // forwarded and answered, or refused by the policy as it demands
  uint64_t lost = 0;      // failed because of the fault; the caller repeats them
  // Forbidden requests that the runtime got, and ones that should have been hardened and were not.
  uint64_t wrongly_forwarded = 0;
  // From the end of the fault to the first call that was answered again, once for each fault where
  // that is a question.
  std::vector<std::chrono::milliseconds> recoveries = {};
  // Of the agent, where the fault is one that could fill its memory: the most that it held.
  uint64_t rss_kib_before = 0;
  uint64_t rss_kib_most = 0;
};

// The middle one and the largest; 0 when there are none. Of an even number of them the middle is
// the lower of the two.
std::chrono::milliseconds MedianOf(std::vector<std::chrono::milliseconds> times);
std::chrono::milliseconds WorstOf(const std::vector<std::chrono::milliseconds>& times);

// Appends the outcome as one line of JSON to the file that the environment variable
// SEKISHO_FAULT_RESULTS names, if any, and makes it properties of the running test. Fails the test
// when the line cannot be written, and when anything was forwarded wrongly.
void Report(const FaultOutcome& outcome);

}  // namespace sekisho::testing

// Everything that was measured, as it was measured: one figure a round. What is printed, drawn and
// compared is made of this, now or later, from the JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/process_usage.h"

namespace sekisho::bench {

// Of one way in one case; element i is of round i.
struct Figures {
  std::vector<double> p50_us;
  std::vector<double> p99_us;
  std::vector<double> per_second;
  std::vector<double> cpu_us;  // of the proxy, for one call or message
};

struct CaseResult {
  std::string name;
  std::string title;
  std::string unit;                     // what is counted: "calls" or "messages"
  std::map<std::string, Figures> ways;  // by the name of the way
};

struct WayMemory {
  std::string way;
  Memory idle;    // after its start
  Memory loaded;  // after all cases
};

// One process, and how its memory went.
struct LeakResult {
  struct Sample {
    int64_t calls = 0;  // answered before it
    Memory memory;
  };
  std::vector<Sample> samples;  // the first: before all calls
};

// The same thing done directly and through Sekisho, in turns.
struct Pair {
  std::string name;
  std::vector<double> direct;
  std::vector<double> through;
};

// Pods of a real runtime: milliseconds of each call, and "total" of a pod.
struct PodsResult {
  std::vector<Pair> steps;
};

// What a kubelet asks all the time, of a real runtime with many containers.
struct BackgroundResult {
  int64_t containers = 0;
  std::vector<Pair> calls;  // milliseconds of each
  double seconds = 0;       // how long Sekisho was asked
  double cpu_seconds = 0;   // what it used in that time
};

// Hours of it in short: calls without a pause, and pods that come and go.
struct SoakResult {
  struct Process {  // of an agent
    int64_t anon_kib = 0;
    int64_t heap_kib = 0;  // allocated and not freed
    int64_t fds = 0;
    int64_t threads = 0;
  };
  struct Sample {  // of equal stretches of time
    double per_second = 0;
    double p50_us = 0;
    double p99_us = 0;
    double p999_us = 0;
    double direct_p99_us = 0;  // of calls to the stub at the end of the stretch
    Process loaded = {};       // before the stub runtime
    Process node = {};         // before the real one; zeros where there is none
  };
  double minutes = 0;
  int64_t calls = 0;
  int64_t errors = 0;
  std::string first_error = {};
  int64_t pods = 0;               // removed and replaced
  int64_t live = 0;               // at every moment; 0: there were no real ones
  int64_t refused = 0;            // requests for what is forbidden
  int64_t wrongly_forwarded = 0;  // such requests that were not refused
  std::string verify = {};        // what was wrong with the pods at the end; "" nothing
  std::vector<Sample> samples = {};
};

struct Results {
  std::string machine;
  std::map<std::string, std::string> versions;  // of the ways
  std::vector<CaseResult> cases;
  std::vector<WayMemory> memory;
  std::optional<LeakResult> leak;
  std::optional<PodsResult> pods;
  std::optional<BackgroundResult> background;
  std::optional<SoakResult> soak;
  std::vector<std::string> skipped;  // what was not measured, and why
};

// Processors and kernel of this machine.
std::string ThisMachine();

}  // namespace sekisho::bench

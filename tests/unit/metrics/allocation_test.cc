// Counting what was counted before does not allocate. A program of its own: it replaces operator
// new.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "metrics/metrics.h"
#include "unit/metrics/populated.h"

namespace {

thread_local size_t allocations = 0;

}  // namespace

// Not inlined: g++ would see one of the two in a caller, and take the pair for a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t /*size*/) noexcept {
  std::free(memory);
}

namespace sekisho::metrics {
namespace {

TEST(Allocation, CountingAgainDoesNotAllocate) {
  Metrics metrics([] { return State(); });
  audit::Record record = sekisho::testing::HardenedRecord("a-namespace-too-long-for-no-allocation");
  record.error_id = "an-error-id-that-is-long";
  record.exemption = "an exemption";
  record.recording = "r1";
  record.decision.seccomp_ignored = true;
  const Call call{.method = "UpdatePodSandboxResources",
                  .decision = std::chrono::microseconds(90),
                  .upstream = std::chrono::milliseconds(30)};
  const size_t at_first = allocations;
  metrics.CountDecision(record);
  metrics.CountCall(call);
  const size_t after_first = allocations;
  EXPECT_GT(after_first, at_first);  // or nothing is counted here at all
  for (int i = 0; i < 1000; ++i) {
    metrics.CountDecision(record);
    metrics.CountCall(call);
  }
  EXPECT_EQ(allocations, after_first);
}

TEST(Allocation, NamespacesThatHaveNoRoomDoNotAllocate) {
  Metrics metrics([] { return State(); });
  audit::Record record = sekisho::testing::HardenedRecord();
  for (size_t i = 0; i < Metrics::kNamespacesMax + 1; ++i) {
    record.pod.namespace_ = std::string(20, 'a') + std::to_string(i);
    metrics.CountDecision(record);
  }
  std::vector<std::string> more;
  for (size_t i = 0; i < 100; ++i) {
    more.push_back(std::string(20, 'b') + std::to_string(i));
  }
  const size_t before = allocations;
  for (std::string& name : more) {
    record.pod.namespace_.swap(name);
    metrics.CountDecision(record);
  }
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace sekisho::metrics

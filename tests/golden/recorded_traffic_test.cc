// A real kubelet's requests, where a recording is at hand: that they pass unharmed, and that our
// own copies of them are judged as they are.
//
// Not covered: the other methods of the recording, which are forwarded unread.
#include "golden/recorded_traffic.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

#include "golden/kubelet_cases.h"
#include "golden/verdict_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::Not;

template <typename T>
const T* FindNamed(const std::vector<T>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &T::name);
  return found == all.end() ? nullptr : &*found;
}

class RecordedTrafficTest : public VerdictFixture {
 protected:
  void SetUp() override {
    const std::optional<std::string> folder = TrafficFolder();
    if (!folder.has_value()) {
      GTEST_SKIP() << "no ../shared/kubelet-traffic here";
    }
    traffic_ = ReadTraffic(*folder);
    ASSERT_THAT(traffic_.errors, IsEmpty());
    ASSERT_THAT(traffic_.pods, Not(IsEmpty())) << *folder;
  }

  // Whatever the request, and whether or not we have a copy of it: a kubelet must never be told
  // that its request is wrong, or that we are.
  static void ExpectJudged(const Verdict& verdict) {
    EXPECT_THAT(verdict.outcome, AnyOf("allow", "harden", "deny")) << verdict;
  }

  void CheckSandbox(const Column& column, const RecordedPod& pod, const KubeletCase* ours) {
    SCOPED_TRACE(pod.file);
    const Verdict verdict = JudgeSandbox(column, pod.sandbox);
    ExpectJudged(verdict);
    if (ours != nullptr) {
      EXPECT_EQ(verdict, JudgeSandbox(column, RunPodSandbox(ours->pod)));
    }
  }

  void CheckContainer(const Column& column, const RecordedPod& pod,
                      const RecordedContainer& container, const KubeletCase* ours) {
    SCOPED_TRACE(container.file);
    const Verdict verdict = JudgeContainer(column, pod.sandbox, container.request);
    ExpectJudged(verdict);
    if (ours == nullptr) {
      return;
    }
    const ContainerOptions* copy = FindNamed(ours->containers, container.name);
    ASSERT_NE(copy, nullptr) << "the case " << ours->name << " has no such container";
    EXPECT_EQ(verdict, JudgeContainer(column, RunPodSandbox(ours->pod),
                                      CreateContainer(kSandboxId, ours->pod, *copy)));
  }

  RecordedTraffic traffic_;
};

TEST_F(RecordedTrafficTest, PassesByteForByteAtPrivileged) {
  for (const RecordedPod& pod : traffic_.pods) {
    SCOPED_TRACE(pod.name);
    // "allow" also says that the runtime got the very bytes.
    EXPECT_EQ(JudgeSandbox(Privileged(), pod.sandbox).outcome, "allow");
    for (const RecordedContainer& container : pod.containers) {
      SCOPED_TRACE(container.file);
      EXPECT_EQ(JudgeContainer(Privileged(), pod.sandbox, container.request).outcome, "allow");
    }
  }
}

TEST_F(RecordedTrafficTest, IsJudgedAsOurCopiesAre) {
  const std::vector<KubeletCase> cases = KubeletCases();
  for (const RecordedPod& pod : traffic_.pods) {
    const KubeletCase* ours = FindNamed(cases, pod.name);
    for (const Column& column : Columns()) {
      SCOPED_TRACE(column.name);
      CheckSandbox(column, pod, ours);
      for (const RecordedContainer& container : pod.containers) {
        CheckContainer(column, pod, container, ours);
      }
    }
  }
}

// Without it a case that no recording is matched with would be compared with nothing. Other
// recordings, given by the variable, may hold whatever they like.
TEST_F(RecordedTrafficTest, HoldsEveryCaseOfOurs) {
  if (std::getenv("SEKISHO_KUBELET_TRAFFIC") != nullptr) {
    GTEST_SKIP() << "another recording";
  }
  for (const KubeletCase& ours : KubeletCases()) {
    SCOPED_TRACE(ours.name);
    const RecordedPod* pod = FindNamed(traffic_.pods, ours.name);
    ASSERT_NE(pod, nullptr);
    for (const ContainerOptions& container : ours.containers) {
      EXPECT_NE(FindNamed(pod->containers, container.name), nullptr) << container.name;
    }
  }
}

}  // namespace
}  // namespace sekisho::testing

// What every pod of the recording comes to under each level, held against a file that was reviewed
// line by line. To write the file anew: SEKISHO_UPDATE_GOLDEN=1 golden_test; then review the diff.
#include <cstdlib>

#include "golden/golden_text.h"
#include "golden/kubelet_cases.h"
#include "golden/verdict_fixture.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

constexpr char kGoldenFile[] = SEKISHO_SOURCE_DIR "/tests/golden/kubelet_requests.golden";
constexpr char kHeading[] =
    "# What becomes of a kubelet's requests at each level; shipped-like is baseline with the\n"
    "# hardening of packaging/etc/policy.yaml. Written by golden_test with "
    "SEKISHO_UPDATE_GOLDEN=1.\n"
    "# A container is judged as one whose sandbox runs already; when the sandbox itself is "
    "forbidden,\n"
    "# that is all the client is told. A refusal leaves out what would have been repaired "
    "(seccomp).\n";

class GoldenTest : public VerdictFixture {
 protected:
  std::string TextOf(const KubeletCase& pod) {
    std::string text = "\n# " + pod.name + ": " + pod.remark + "\n";
    const auto sandbox = RunPodSandbox(pod.pod);
    for (const Column& column : Columns()) {
      text += BlockText(pod.name + " sandbox", column.name, JudgeSandbox(column, sandbox));
    }
    for (const ContainerOptions& container : pod.containers) {
      const auto request = CreateContainer(kSandboxId, pod.pod, container);
      for (const Column& column : Columns()) {
        text += BlockText(pod.name + "/" + container.name, column.name,
                          JudgeContainer(column, sandbox, request));
      }
    }
    return text;
  }
};

TEST_F(GoldenTest, EveryVerdictIsTheOneThatWasReviewed) {
  std::string text = kHeading;
  for (const KubeletCase& pod : KubeletCases()) {
    SCOPED_TRACE(pod.name);
    text += TextOf(pod);
  }
  if (std::getenv("SEKISHO_UPDATE_GOLDEN") != nullptr && !HasFailure()) {
    WriteText(kGoldenFile, text);
  }
  const std::string diff = DiffText(ReadText(kGoldenFile), text);
  EXPECT_TRUE(diff.empty()) << "--- " << kGoldenFile << "\n+++ this build\n" << diff;
}

// Not the same message but the same bytes, so that nothing is lost that protobuf does not show.
TEST_F(GoldenTest, AtPrivilegedTheRuntimeGetsTheVeryBytes) {
  Use(Privileged().policy);
  for (const KubeletCase& pod : KubeletCases()) {
    SCOPED_TRACE(pod.name);
    const std::string sandbox = RunPodSandbox(pod.pod).SerializeAsString();
    EXPECT_TRUE(Call(kRunPodSandbox, sandbox).ok());
    EXPECT_TRUE(LastRequest(kRunPodSandbox) == sandbox);
    for (const ContainerOptions& options : pod.containers) {
      const std::string container =
          CreateContainer(kSandboxId, pod.pod, options).SerializeAsString();
      EXPECT_TRUE(Call(kCreateContainer, container).ok());
      EXPECT_TRUE(LastRequest(kCreateContainer) == container) << options.name;
    }
  }
}

}  // namespace
}  // namespace sekisho::testing

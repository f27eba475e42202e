#include "enforce/sandbox_finder.h"

#include <utility>

#include "base/str_cat.h"
#include "cri/facts.h"
#include "enforce/parse.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::enforce {
namespace {

namespace cri_v1 = runtime::v1;

constexpr std::string_view kListContainers = "/runtime.v1.RuntimeService/ListContainers";
constexpr std::string_view kPodSandboxStatus = "/runtime.v1.RuntimeService/PodSandboxStatus";

}  // namespace

void SandboxFinder::FindContainer(const std::string& container_id, relay::UpstreamCaller& upstream,
                                  std::function<void(absl::StatusOr<Container>)> found) {
  if (container_id.empty()) {
    found(absl::InvalidArgumentError("it is empty"));
    return;
  }
  cri_v1::ListContainersRequest question;
  question.mutable_filter()->set_id(container_id);
  upstream.CallUnary(
      kListContainers, question.SerializeAsString(), kLookupTimeout,
      [container_id, found = std::move(found)](absl::StatusOr<std::string> answer) {
        cri_v1::ListContainersResponse response;
        if (!answer.ok() || !Parse(*answer, response)) {
          found(absl::FailedPreconditionError("the runtime does not say whose it is"));
          return;
        }
        // The filter also takes the beginning of an id.
        for (const cri_v1::Container& container : response.containers()) {
          if (container.id() == container_id) {
            found(Container{container.metadata().name(), container.pod_sandbox_id()});
            return;
          }
        }
        found(absl::NotFoundError("the runtime does not know it"));
      });
}

void SandboxFinder::Find(const std::string& sandbox_id, relay::UpstreamCaller& upstream,
                         Found found) {
  if (std::shared_ptr<const SandboxRecord> record = registry_.Find(sandbox_id)) {
    found(std::move(record));
    return;
  }
  // This process did not see it run: it is older than the process, or was run past us. The runtime
  // is the only other witness.
  cri_v1::PodSandboxStatusRequest question;
  question.set_pod_sandbox_id(sandbox_id);
  question.set_verbose(true);
  upstream.CallUnary(
      kPodSandboxStatus, question.SerializeAsString(), kLookupTimeout,
      [this, sandbox_id, found = std::move(found)](absl::StatusOr<std::string> answer) {
        if (!answer.ok()) {
          // Never the runtime's own code: the kubelet reads UNAVAILABLE and DEADLINE_EXCEEDED as
          // "the runtime is down". A sandbox that is not there is NOT_FOUND for both.
          const bool not_there = absl::IsNotFound(answer.status());
          const std::string text =
              base::StrCat("sekisho does not know whose sandbox ", sandbox_id,
                           " is, and the runtime says: ", answer.status().message());
          found(not_there ? absl::NotFoundError(text) : absl::FailedPreconditionError(text));
          return;
        }
        cri_v1::PodSandboxStatusResponse response;
        if (!Parse(*answer, response)) {
          found(absl::FailedPreconditionError(
              base::StrCat("the runtime's status of sandbox ", sandbox_id, " cannot be read")));
          return;
        }
        absl::StatusOr<cri::RebuiltSandbox> rebuilt = cri::FactsFrom(response);
        if (!rebuilt.ok() || response.status().id() != sandbox_id) {
          found(absl::FailedPreconditionError(
              base::StrCat("the runtime's status of sandbox ", sandbox_id,
                           " does not say whose it is: ", rebuilt.status().message())));
          return;
        }
        registry_.Put(sandbox_id, {std::move(rebuilt->facts), rebuilt->complete});
        found(registry_.Find(sandbox_id));
      });
}

}  // namespace sekisho::enforce

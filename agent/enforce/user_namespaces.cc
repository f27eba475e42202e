#include "enforce/user_namespaces.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/str_cat.h"
#include "enforce/parse.h"
#include "enforce/sandbox_finder.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::enforce {
namespace {

namespace cri_v1 = runtime::v1;

constexpr std::string_view kStatus = "/runtime.v1.RuntimeService/Status";

absl::Status Judged(const std::string& handler, const absl::StatusOr<std::string>& answer) {
  constexpr std::string_view kPrefix =
      "the pod asks for a user namespace (hostUsers: false), and the runtime ";
  cri_v1::StatusResponse response;
  if (!answer.ok() || !Parse(*answer, response)) {
    return absl::FailedPreconditionError(base::StrCat(kPrefix, "does not say whether it has them"));
  }
  const bool has = std::ranges::any_of(response.runtime_handlers(), [&](const auto& one) {
    return one.name() == handler && one.features().user_namespaces();
  });
  return has ? absl::OkStatus()
             : absl::PermissionDeniedError(
                   base::StrCat(kPrefix, "does not say that handler \"", handler,
                                "\" has them: its root could be the node's"));
}

}  // namespace

bool AsksForUserNamespace(const policy::SandboxFacts& sandbox) {
  const std::optional<policy::UserNamespace>& users = sandbox.namespaces.userns;
  return users.has_value() && users->mode == policy::NamespaceMode::kPod &&
         !(users->uids.empty() && users->gids.empty());
}

void AskForUserNamespaces(const policy::SandboxFacts& sandbox, relay::UpstreamCaller& upstream,
                          std::function<void(absl::Status)> done) {
  upstream.CallUnary(
      kStatus, cri_v1::StatusRequest().SerializeAsString(), SandboxFinder::kLookupTimeout,
      [handler = sandbox.pod.runtime_handler, done = std::move(done)](
          const absl::StatusOr<std::string>& answer) { done(Judged(handler, answer)); });
}

}  // namespace sekisho::enforce

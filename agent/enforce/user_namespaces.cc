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

template <typename Config>
void TakeOption(Config& config) {
  if (config.linux().security_context().has_namespace_options()) {
    config.mutable_linux()
        ->mutable_security_context()
        ->mutable_namespace_options()
        ->clear_userns_options();
  }
}

absl::Status Judged(const std::string& handler, const absl::StatusOr<std::string>& answer) {
  constexpr std::string_view kPrefix =
      "this is allowed only in a user namespace (hostUsers: false), and the runtime ";
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

bool AsksForUserNamespace(const cri_v1::PodSandboxConfig& config) {
  const cri_v1::NamespaceOption& options = config.linux().security_context().namespace_options();
  return options.has_userns_options() && options.userns_options().mode() != cri_v1::NODE;
}

void TakeUserNamespace(cri_v1::PodSandboxConfig& config) {
  TakeOption(config);
}

void TakeUserNamespace(cri_v1::ContainerConfig& config) {
  TakeOption(config);
  for (cri_v1::Mount& mount : *config.mutable_mounts()) {
    mount.clear_uidmappings();
    mount.clear_gidmappings();
  }
}

bool DecidedOtherwise(const Judgement& one, const Judgement& other) {
  const auto alike = [](const policy::EditRecord& a, const policy::EditRecord& b) {
    return a.field == b.field && a.before == b.before && a.after == b.after;
  };
  return one.status.ok() != other.status.ok() || one.decision.action != other.decision.action ||
         !std::ranges::equal(one.decision.edit_records, other.decision.edit_records, alike);
}

void AskForUserNamespaces(const std::string& handler, relay::UpstreamCaller& upstream,
                          std::function<void(absl::Status)> done) {
  upstream.CallUnary(kStatus, cri_v1::StatusRequest().SerializeAsString(),
                     SandboxFinder::kLookupTimeout,
                     [handler, done = std::move(done)](const absl::StatusOr<std::string>& answer) {
                       done(Judged(handler, answer));
                     });
}

}  // namespace sekisho::enforce

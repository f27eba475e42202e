#include "app/upstream_check.h"

#include <string_view>
#include <thread>

#include "base/str_cat.h"

namespace sekisho::app {
namespace {

constexpr std::string_view kVersion = "/runtime.v1.RuntimeService/Version";
constexpr std::chrono::seconds kOneTry{5};
constexpr std::chrono::milliseconds kBetweenTries{100};

}  // namespace

absl::Status WaitForUpstream(relay::Server& server, std::chrono::seconds timeout,
                             const std::function<bool()>& stop) {
  const auto give_up = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    // An empty message is a whole VersionRequest; whatever answers it with OK speaks runtime.v1.
    const absl::Status status = server.CallUpstream(kVersion, "", kOneTry).status();
    if (status.ok()) {
      return absl::OkStatus();
    }
    if (absl::IsUnimplemented(status)) {
      return absl::FailedPreconditionError(
          base::StrCat("the runtime does not speak CRI runtime.v1: ", status.ToString()));
    }
    if (stop()) {
      return absl::CancelledError("told to stop before the runtime answered");
    }
    if (std::chrono::steady_clock::now() >= give_up) {
      return absl::UnavailableError(base::StrCat("the runtime did not answer within ",
                                                 timeout.count(), " s: ", status.ToString()));
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
}

}  // namespace sekisho::app

#include "app/keep_kubeconfig.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "app/signals.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "kube/credentials.h"
#include "kube/kubeconfig_text.h"

namespace sekisho::app {
namespace {

// The kubelet renews a token when a fifth of its time is left: minutes at the least.
constexpr std::chrono::seconds kRound{5};
constexpr mode_t kPrivate = 0600;

class Keeper {
 public:
  explicit Keeper(const KubeconfigOptions& options)
      : options_(options),
        reader_({.kubeconfig = {},
                 .service_account_directory = options.from,
                 .server = options.server}) {}

  // Brings the file up to date, if it is not. Says each new thing once.
  bool Look() {
    const absl::StatusOr<bool> written = Write();
    std::string news = written.ok() ? base::StrCat(options_.to, ": written for ", written_->server)
                                    : std::string(base::StdView(written.status().message()));
    if ((written.ok() && *written) || (!written.ok() && news != last_error_)) {
      std::printf("%s\n", news.c_str());
      (void)std::fflush(stdout);  // whoever reads this through a pipe wants it now
    }
    last_error_ = written.ok() ? "" : std::move(news);
    return written.ok();
  }

 private:
  absl::StatusOr<bool> Write() {
    // The same pointer as long as nothing has changed.
    SEKISHO_ASSIGN_OR_RETURN(std::shared_ptr<const kube::Credentials> now, reader_.Read());
    std::error_code not_seen;
    if (now == written_ && std::filesystem::exists(options_.to, not_seen)) {
      return false;
    }
    SEKISHO_RETURN_IF_ERROR(
        base::WriteFileAtomically(options_.to, kube::KubeconfigText(*now), kPrivate));
    written_ = std::move(now);
    return true;
  }

  const KubeconfigOptions& options_;
  kube::CredentialsReader reader_;
  std::shared_ptr<const kube::Credentials> written_;
  std::string last_error_;
};

}  // namespace

int KeepKubeconfig(const KubeconfigOptions& options) {
  Signals signals;
  Keeper keeper(options);
  for (;;) {
    const bool is_there = keeper.Look();
    if (!options.watch) {
      return is_there ? 0 : 1;
    }
    const int signal = signals.Wait(kRound).value_or(0);
    if (signal == SIGTERM || signal == SIGINT) {
      return 0;
    }
  }
}

}  // namespace sekisho::app

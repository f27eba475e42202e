#include "app/endpoints.h"

#include <fcntl.h>

#include <utility>

#include "base/str_cat.h"
#include "log/log.h"

namespace sekisho::app {
namespace {

void SayWithout(std::string_view what, const absl::Status& status) {
  log::Error(base::StrCat("there is no ", what, " now: ", status.message()));
}

}  // namespace

Endpoints::Endpoints(const config::AgentConfig& config, const AgentView& view) {
  OpenAdmin(config, view);
  OpenMetrics(config, view);
}

Endpoints::~Endpoints() = default;

void Endpoints::OpenAdmin(const config::AgentConfig& config, const AgentView& view) {
  absl::StatusOr<std::unique_ptr<admin::Server>> server = admin::Server::Start(
      [&view](const sekisho::v1::GetStatusRequest& request) { return view.Status(request); });
  if (!server.ok()) {
    SayWithout("`sekisho status`", server.status());
    return;
  }
  absl::StatusOr<Listener> listener = Listener::Bind(config.admin_socket, /*group=*/"");
  if (!listener.ok()) {
    SayWithout("`sekisho status`", listener.status());
    return;
  }
  admin_ = *std::move(server);
  admin_listener_.emplace(*std::move(listener));
  admin_gate_.emplace(config.admin_socket, std::nullopt);
  admin_acceptor_ =
      std::make_unique<Acceptor>(admin_listener_->fd(), [this](base::UniqueFd connection) {
        if (admin_gate_->Admits(connection.get())) {
          admin_->Adopt(std::move(connection));
        }
      });
}

void Endpoints::OpenMetrics(const config::AgentConfig& config, const AgentView& view) {
  if (config.metrics_listen == "off") {
    return;
  }
  absl::StatusOr<base::UniqueFd> listening;
  if (config.metrics_listen.starts_with('/')) {
    absl::StatusOr<Listener> listener = Listener::Bind(config.metrics_listen, /*group=*/"");
    if (listener.ok()) {
      metrics_listener_.emplace(*std::move(listener));
      // The server closes its own; the file goes with the listener.
      listening = base::UniqueFd(::fcntl(metrics_listener_->fd(), F_DUPFD_CLOEXEC, 0));
    } else {
      listening = listener.status();
    }
  } else {
    listening = metrics::ListenOnLoopback(config.metrics_listen);
  }
  absl::StatusOr<std::unique_ptr<metrics::HttpServer>> server =
      listening.ok()
          ? metrics::HttpServer::Start(*std::move(listening),
                                       [&view](std::string_view path) { return view.Answer(path); })
          : listening.status();
  if (!server.ok()) {
    SayWithout("metrics endpoint", server.status());
    return;
  }
  metrics_ = *std::move(server);
}

}  // namespace sekisho::app

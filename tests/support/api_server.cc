#include "support/api_server.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "support/api_server_connection.h"
#include "support/api_server_faults.h"
#include "support/api_server_loop.h"
#include "support/api_server_query.h"
#include "support/api_server_requests.h"
#include "support/api_server_tls.h"

namespace sekisho::testing {

using api::Answer;
using api::Connection;
using api::Resource;
using api::Stream;
using api::TimePoint;

bool SeenRequest::IsWatch() const {
  return (path == "/api/v1/namespaces" || path == "/api/v1/nodes") &&
         api::Query(query).IsTrue("watch");
}

// Everything but `loop_` is for the loop's thread alone.
class ApiServer::Impl final : public api::LoopUser {
 public:
  explicit Impl(ApiServerOptions options)
      : options_(std::move(options)),
        holdings_{.objects = {},
                  .events = {},
                  .ignore_limit_of_cached_lists = options_.ignore_limit_of_cached_lists},
        loop_(options_.port, api::MakeServerContext(options_.certificate, options_.client_ca_pem),
              *this) {}

  // Runs on the loop's thread and gives back what `what` returns.
  template <typename What>
  auto Do(What what) {
    if constexpr (std::is_void_v<decltype(what())>) {
      loop_.Do(what);
    } else {
      decltype(what()) result{};
      loop_.Do([&result, &what] { result = what(); });
      return result;
    }
  }

  void OnRequest(Connection& connection, int32_t id) override;
  TimePoint OnRound(TimePoint now) override;

  // Calls `what(connection, id, stream)` for each open watch.
  template <typename What>
  void ForWatches(What what) {
    for (const auto& connection : loop_.connections()) {
      for (auto& [id, stream] : connection->streams()) {
        if (stream.watch.has_value()) {
          what(*connection, id, stream);
        }
      }
    }
  }
  void EndWatches(const std::string& last_line);
  void SetTrickles();
  void ResetConnections() { loop_.ResetConnections(); }

  bool Knows(const Connection& connection, const SeenRequest& request) const;
  void Respond(Connection& connection, int32_t id, Answer answer);

  ApiServerOptions options_;
  api::Holdings holdings_;
  api::Faults faults_;
  std::vector<SeenRequest> requests_;
  bool watches_paused_ = false;
  api::ServerLoop loop_;  // last: its thread ends first
};

bool ApiServer::Impl::Knows(const Connection& connection, const SeenRequest& request) const {
  if (options_.tokens.empty() && options_.client_ca_pem.empty()) {
    return true;
  }
  if (connection.client_verified()) {
    return true;
  }
  const auto header = request.headers.find("authorization");
  return header != request.headers.end() &&
         std::any_of(
             options_.tokens.begin(), options_.tokens.end(),
             [&header](const std::string& token) { return header->second == "Bearer " + token; });
}

void ApiServer::Impl::OnRequest(Connection& connection, int32_t id) {
  const SeenRequest& request = connection.streams().at(id).request;
  requests_.push_back(request);
  if (auto fault = faults_.Next(request)) {
    Respond(connection, id, *std::move(fault));
  } else if (!Knows(connection, request)) {
    Respond(connection, id, api::AnswerOf({.code = 401}));
  } else {
    Respond(connection, id, api::AnswerTo(request, holdings_));
  }
}

void ApiServer::Impl::Respond(Connection& connection, int32_t id, Answer answer) {
  constexpr size_t kWorthCompressing = 128 * 1024;
  Stream& stream = connection.streams().at(id);
  Connection::Headers headers{{"content-type", "application/json"},
                              {"cache-control", "no-cache, private"}};
  headers.insert(headers.end(), answer.headers.begin(), answer.headers.end());
  stream.ended = !answer.watch.has_value();
  if (stream.ended) {
    const auto accepts = stream.request.headers.find("accept-encoding");
    if (answer.body.size() > kWorthCompressing && accepts != stream.request.headers.end() &&
        accepts->second.find("gzip") != std::string::npos) {
      answer.body = api::Gzip(answer.body);
      headers.emplace_back("content-encoding", "gzip");
      headers.emplace_back("vary", "Accept-Encoding");
    }
    headers.emplace_back("content-length", std::to_string(answer.body.size()));
  } else if (answer.watch->bookmarks) {
    answer.watch->next_bookmark = std::chrono::steady_clock::now() + options_.bookmark_interval;
  }
  stream.body = std::move(answer.body);
  stream.watch = std::move(answer.watch);
  stream.trickle = faults_.TrickleFor(stream.request);
  connection.Respond(id, answer.code, headers);
}

TimePoint ApiServer::Impl::OnRound(TimePoint now) {
  TimePoint next = TimePoint::max();
  for (const auto& connection : loop_.connections()) {
    for (auto& [id, stream] : connection->streams()) {
      if (stream.watch.has_value()) {
        if (!watches_paused_) {
          stream.body +=
              LinesFor(*stream.watch, holdings_.objects, now, options_.bookmark_interval);
          next = std::min(next, stream.watch->next_bookmark);
        }
        if (now >= stream.watch->end) {
          stream.ended = true;
          stream.watch.reset();
        } else {
          next = std::min(next, stream.watch->end);
        }
      }
      if (stream.trickle.has_value() && stream.pending() > 0) {
        if (now >= stream.next_trickle) {
          stream.may_send = stream.trickle->bytes;
          stream.next_trickle = now + stream.trickle->interval;
        }
        next = std::min(next, stream.next_trickle);
      }
      connection->Resume(id);
    }
  }
  return next;
}

void ApiServer::Impl::EndWatches(const std::string& last_line) {
  ForWatches([&last_line](Connection& /*connection*/, int32_t /*id*/, Stream& stream) {
    stream.body += last_line;
    stream.ended = true;
    stream.watch.reset();
  });
}

void ApiServer::Impl::SetTrickles() {
  for (const auto& connection : loop_.connections()) {
    for (auto& [id, stream] : connection->streams()) {
      stream.trickle = faults_.TrickleFor(stream.request);
    }
  }
}

ApiServer::ApiServer(ApiServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
ApiServer::~ApiServer() = default;

std::string ApiServer::url() const {
  return base::StrCat("https://127.0.0.1:", port());
}

uint16_t ApiServer::port() const {
  return impl_->loop_.port();
}

void ApiServer::SetNamespace(const std::string& name, const Labels& labels) {
  SetNamespaces({{name, labels}});
}

void ApiServer::SetNamespaces(const std::map<std::string, Labels>& namespaces, size_t padding) {
  impl_->Do([&] {
    for (const auto& [name, labels] : namespaces) {
      impl_->holdings_.objects.Set(Resource::kNamespaces, name, labels, padding);
    }
  });
}

void ApiServer::DeleteNamespace(const std::string& name) {
  impl_->Do([&] { impl_->holdings_.objects.Delete(Resource::kNamespaces, name); });
}

void ApiServer::SetNode(const std::string& name, const Labels& labels) {
  impl_->Do([&] { impl_->holdings_.objects.Set(Resource::kNodes, name, labels, 0); });
}

uint64_t ApiServer::resource_version() const {
  return impl_->Do([this] { return impl_->holdings_.objects.version(); });
}

std::vector<nlohmann::json> ApiServer::Events() const {
  return impl_->Do([this] { return impl_->holdings_.events.All(); });
}

void ApiServer::ForgetEvents() {
  impl_->Do([this] { impl_->holdings_.events.Forget(); });
}

std::vector<SeenRequest> ApiServer::Requests() const {
  return impl_->Do([this] { return impl_->requests_; });
}

size_t ApiServer::CountRequests(const RequestFilter& filter) const {
  return impl_->Do([&] {
    const auto count = std::count_if(
        impl_->requests_.begin(), impl_->requests_.end(),
        [&filter](const SeenRequest& request) { return api::Matches(filter, request); });
    return static_cast<size_t>(count);
  });
}

size_t ApiServer::OpenWatches() const {
  return impl_->Do([this] {
    size_t open = 0;
    impl_->ForWatches([&open](Connection&, int32_t, Stream&) { ++open; });
    return open;
  });
}

int ApiServer::Connections() const {
  return impl_->Do([this] { return impl_->loop_.accepted(); });
}

void ApiServer::Fail(const RequestFilter& filter, int code, int times,
                     std::optional<int> retry_after_seconds, const std::string& reason) {
  api::Status status{.code = code, .reason = reason};
  if (retry_after_seconds.has_value()) {
    status.details = {{"retryAfterSeconds", *retry_after_seconds}};
  }
  Answer answer = api::AnswerOf(status);
  if (retry_after_seconds.has_value()) {
    answer.headers.emplace_back("retry-after", std::to_string(*retry_after_seconds));
  }
  impl_->Do([&] { impl_->faults_.Add(filter, answer, times); });
}

void ApiServer::AnswerWith(const RequestFilter& filter, std::string body, int times) {
  impl_->Do([&] { impl_->faults_.Add(filter, Answer{.body = std::move(body)}, times); });
}

void ApiServer::SendToWatchers(const std::string& bytes) {
  impl_->Do([&] {
    impl_->ForWatches([&bytes](Connection&, int32_t, Stream& stream) { stream.body += bytes; });
  });
}

void ApiServer::EndWatches() {
  impl_->Do([this] { impl_->EndWatches(""); });
}

void ApiServer::EndWatchesWithError(int code) {
  impl_->Do([&] { impl_->EndWatches(api::ErrorLine(api::StatusText({.code = code}))); });
}

void ApiServer::Compact(bool in_stream) {
  impl_->Do([&] { impl_->holdings_.objects.Compact(in_stream); });
}

void ApiServer::RewindTo(uint64_t resource_version) {
  impl_->Do([&] {
    impl_->EndWatches("");  // a restored server is a restarted one
    impl_->holdings_.objects.RewindTo(resource_version);
  });
}

void ApiServer::PauseWatches() {
  impl_->Do([this] { impl_->watches_paused_ = true; });
}

void ApiServer::ResumeWatches() {
  impl_->Do([this] { impl_->watches_paused_ = false; });
}

void ApiServer::Freeze() {
  impl_->Do([this] { impl_->loop_.SetFrozen(true); });
}

void ApiServer::Thaw() {
  impl_->Do([this] { impl_->loop_.SetFrozen(false); });
}

void ApiServer::Stop() {
  impl_->Do([this] {
    impl_->loop_.StopListening();
    impl_->loop_.ResetConnections();
  });
}

void ApiServer::Start() {
  impl_->Do([this] { impl_->loop_.StartListening(); });
}

void ApiServer::Drip(const RequestFilter& filter, size_t bytes,
                     std::chrono::milliseconds interval) {
  impl_->Do([&] {
    impl_->faults_.AddTrickle(filter, {.bytes = bytes, .interval = interval});
    impl_->SetTrickles();
  });
}

void ApiServer::ClearDrip() {
  impl_->Do([this] {
    impl_->faults_.ClearTrickles();
    impl_->SetTrickles();
  });
}

void ApiServer::ResetConnections() {
  impl_->Do([this] { impl_->loop_.ResetConnections(); });
}

void ApiServer::SetTokens(std::vector<std::string> tokens) {
  impl_->Do([&] { impl_->options_.tokens = std::move(tokens); });
}

void ApiServer::SetCertificate(CertificateAndKey certificate) {
  // Made here, so that what is wrong with it is thrown to the caller.
  api::SslContext context = api::MakeServerContext(certificate, impl_->options_.client_ca_pem);
  impl_->Do([&] { impl_->loop_.SetContext(std::move(context)); });
}

}  // namespace sekisho::testing

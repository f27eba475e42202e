// A Kubernetes API server as far as the agent uses one: namespaces and nodes that can be listed and
// watched, Events that can be created and patched. Real TLS (OpenSSL), real HTTP/2 (nghttp2), on
// 127.0.0.1; one thread. And every way in which it can be slow, gone or wrong.
//
// It follows the API conventions: resource versions, `limit` and `continue`, bookmarks,
// `timeoutSeconds`, Status objects for errors, PartialObjectMetadata when it is asked for by
// Accept, gzip when the client takes it and the body is larger than 128 KiB.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/test_pki.h"

namespace sekisho::testing {

using Labels = std::map<std::string, std::string>;

// One request as it came.
struct SeenRequest {
  std::string method;
  std::string path;                            // without the query
  std::string query;                           // as it was sent
  std::map<std::string, std::string> headers;  // names in lower case; authorization included
  std::string body;
  std::string protocol;            // "h2": who offers no such thing by ALPN is not served
  std::string client_common_name;  // of the client's certificate; empty without one
  int connection = 0;              // counts from 1
  std::chrono::steady_clock::time_point time;

  bool IsWatch() const;  // of a list path, with watch=1 or watch=true
};

struct ApiServerOptions {
  CertificateAndKey certificate;
  // Client certificates of this authority are asked for and, when they come, verified. Empty: not
  // asked for.
  std::string client_ca_pem = {};
  // Who may call: with one of these bearer tokens, or with a client certificate. Otherwise 401.
  // Both empty: anybody.
  std::vector<std::string> tokens = {};
  std::chrono::milliseconds bookmark_interval{60'000};
  // As with resourceVersion=0 in a real one's cache: `limit` is ignored then.
  bool ignore_limit_of_cached_lists = true;
  uint16_t port = 0;  // 0: any
};

// Which requests a fault is for.
struct RequestFilter {
  std::string path_prefix = "/";
  std::optional<bool> watch = {};  // only watches, or only others
  std::string method = {};         // empty: any
};

// Every function may be called from any thread and takes effect before it returns.
class ApiServer {
 public:
  explicit ApiServer(ApiServerOptions options);  // listens when it returns
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  std::string url() const;  // "https://127.0.0.1:PORT"
  uint16_t port() const;

  // --- what it holds. Each change gets the next resource version and goes to the watchers.
  void SetNamespace(const std::string& name, const Labels& labels);
  // Many at once, for scale. `padding` bytes of annotations and managedFields each.
  void SetNamespaces(const std::map<std::string, Labels>& namespaces, size_t padding = 0);
  void DeleteNamespace(const std::string& name);
  void SetNode(const std::string& name, const Labels& labels);
  uint64_t resource_version() const;
  // The Events as they are now, patches applied (merge patch and strategic merge patch alike).
  std::vector<nlohmann::json> Events() const;
  // As when their time is over: a patch then gets 404.
  void ForgetEvents();

  // --- what was asked
  std::vector<SeenRequest> Requests() const;
  size_t CountRequests(const RequestFilter& filter) const;
  size_t OpenWatches() const;
  int Connections() const;  // that were accepted so far

  // --- how it fails
  // The next `times` matching requests get this code, a Status object, and Retry-After when given.
  void Fail(const RequestFilter& filter, int code, int times,
            std::optional<int> retry_after_seconds = {}, const std::string& reason = {});
  // The next `times` matching requests get this as the body (200), and a regular end.
  void AnswerWith(const RequestFilter& filter, std::string body, int times);
  // Every watcher gets these bytes as they are, without a change of any object.
  void SendToWatchers(const std::string& bytes);
  // Every watch ends regularly, as after its timeoutSeconds.
  void EndWatches();
  // Every watch ends with an ERROR event that holds a Status of this code.
  void EndWatchesWithError(int code);
  // Forgets history: a watch or a continue token from before now gets 410 (`in_stream`: the watch
  // is accepted and an ERROR event says it). The version goes up by one, so that no version which
  // a client has heard of is still good.
  void Compact(bool in_stream = false);
  // A list with resourceVersion=N for N above this gets 504 with the cause ResourceVersionTooLarge,
  // and versions start anew from here: as after a restore from a backup. Objects stay (with this
  // version at most), open watches end. A watch from above this is accepted and told nothing, not
  // even by bookmarks, until the version is above its own.
  void RewindTo(uint64_t resource_version);
  // Changes are kept but not sent to watchers, and no bookmarks; until Resume.
  void PauseWatches();
  void ResumeWatches();
  // Half-open: connections stay, nothing is read, written or accepted any more; until Thaw.
  void Freeze();
  void Thaw();
  // Connections are reset, new ones refused; until Start, at the same port.
  void Stop();
  void Start();
  // Bodies of matching requests trickle: `bytes` every `interval`. Until ClearDrip.
  void Drip(const RequestFilter& filter, size_t bytes, std::chrono::milliseconds interval);
  void ClearDrip();
  void ResetConnections();  // as by a load balancer

  void SetTokens(std::vector<std::string> tokens);
  void SetCertificate(CertificateAndKey certificate);  // for new connections

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho::testing

// Requests to the test API server by libcurl as it is, without anything of the agent's.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/test_pki.h"

namespace sekisho::testing {

// One request, and what has come of its answer so far.
struct Transfer {
  bool done = false;
  CURLcode result = CURLE_OK;  // when done
  long code = 0;
  long http_version = 0;                       // CURL_HTTP_VERSION_...
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  size_t pieces = 0;        // in which the body came
  curl_off_t received = 0;  // bytes of the body on the wire

  nlohmann::json Json() const { return nlohmann::json::parse(body, nullptr, false); }
  // The whole lines of a watch.
  std::vector<nlohmann::json> Lines() const;
};

class CurlClient {
 public:
  struct Options {
    std::string url;
    std::string ca_pem;
    std::string token = {};
    CertificateAndKey certificate = {};
    long http_version = CURL_HTTP_VERSION_2TLS;
  };
  struct Request {
    std::string path;
    std::string method = "GET";
    std::vector<std::string> headers = {};
    std::string body = {};
    bool compressed = false;
  };

  explicit CurlClient(Options options);
  ~CurlClient();
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  // The transfer lives as long as the client.
  const Transfer& Start(Request request);
  // Waits for the end of it, for a bounded time.
  const Transfer& Send(Request request);
  const Transfer& Get(const std::string& path) { return Send({.path = path}); }
  // Goes on with everything until `what` is true. False: it did not come so far in time.
  bool RunUntil(const std::function<bool()>& what,
                std::chrono::milliseconds most = std::chrono::seconds(30));

 private:
  struct Running;

  const Options options_;
  CURLM* multi_;
  std::list<std::unique_ptr<Running>> all_;
};

}  // namespace sekisho::testing

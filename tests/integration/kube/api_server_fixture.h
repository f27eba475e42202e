// A test API server and a plain client of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "curl_client.h"
#include "support/api_server.h"

namespace sekisho::testing {

constexpr const char* kNamespaces = "/api/v1/namespaces";

class ApiServerTest : public ::testing::Test {
 protected:
  ApiServerTest() { Serve({}); }

  // Another server, with these options but for the certificates.
  void Serve(ApiServerOptions options) {
    client_.reset();
    options.certificate = pki_.ForServer({"127.0.0.1"});
    server_ = std::make_unique<ApiServer>(std::move(options));
    client_ = std::make_unique<CurlClient>(ClientOptions());
  }

  CurlClient::Options ClientOptions() const {
    return {.url = server_->url(), .ca_pem = pki_.ca_pem()};
  }

  // Starts a watch and waits until the server has it.
  const Transfer& Watch(const std::string& query) {
    const size_t before = server_->OpenWatches();
    const Transfer& watch =
        client_->Start({.path = std::string(kNamespaces) + "?watch=1&" + query});
    EXPECT_TRUE(client_->RunUntil([&] { return server_->OpenWatches() > before || watch.done; }));
    return watch;
  }
  bool RunUntilLines(const Transfer& watch, size_t lines) {
    return client_->RunUntil([&] { return watch.Lines().size() >= lines; });
  }

  std::string VersionNow() const { return std::to_string(server_->resource_version()); }

  TestPki pki_{"test authority"};
  std::unique_ptr<ApiServer> server_;
  std::unique_ptr<CurlClient> client_;
};

// "ADDED shop", … ; BOOKMARK and ERROR by themselves.
inline std::vector<std::string> Told(const Transfer& watch) {
  std::vector<std::string> told;
  for (const nlohmann::json& line : watch.Lines()) {
    const auto name = nlohmann::json::json_pointer("/object/metadata/name");
    told.push_back(line.value("type", "?") +
                   (line.contains(name) ? " " + line[name].get<std::string>() : ""));
  }
  return told;
}

inline std::vector<std::string> NamesIn(const nlohmann::json& list) {
  std::vector<std::string> names;
  for (const nlohmann::json& item : list.value("items", nlohmann::json::array())) {
    names.push_back(item.at("metadata").value("name", ""));
  }
  return names;
}

}  // namespace sekisho::testing

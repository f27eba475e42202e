// The loop over libcurl against a real server, with credentials in files.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/str_cat.h"
#include "kube/http_loop.h"
#include "support/api_server.h"
#include "support/temp_dir.h"
#include "support/test_pki.h"
#include "support/text_file.h"

namespace sekisho::kube {

using base::StrCat;
using sekisho::testing::ApiServer;
using sekisho::testing::ApiServerOptions;
using sekisho::testing::CertificateAndKey;
using sekisho::testing::TestPki;
using std::chrono::milliseconds;

// One request and what has come of it so far.
struct Exchange {
  Loop::Id id = 0;
  bool done = false;
  Response response;
  int body_code = 0;
  size_t pieces = 0;
  std::string body;
};

class HttpTest : public ::testing::Test {
 protected:
  static constexpr milliseconds kPatience{15'000};

  HttpTest() {
    WriteFile("sa/ca.crt", pki_.ca_pem());
    WriteFile("sa/token", "first-token");
  }

  void StartServer(ApiServerOptions options = {.certificate = {}}) {
    if (options.certificate.key_pem.empty()) {
      options.certificate = pki_.ForServer({"127.0.0.1"});
    }
    server_ = std::make_unique<ApiServer>(std::move(options));
  }

  // Replaces the file as a whole, as Kubernetes does.
  void WriteFile(const std::string& name, const std::string& text) {
    const std::string path = dir_.File(name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    sekisho::testing::WriteText(path + ".new", text);
    std::filesystem::rename(path + ".new", path);
  }

  // For `server`, or for the one that was started.
  HttpLoopOptions ServiceAccount(const std::string& server = {}) {
    return {.credentials = {.kubeconfig = {},
                            .service_account_directory = dir_.File("sa"),
                            .server = server.empty() ? server_->url() : server},
            .user_agent = "sekisho/test"};
  }
  // `cluster` and `user` are what stands in them, besides the server: "client-key: x, …".
  HttpLoopOptions Kubeconfig(const std::string& cluster, const std::string& user,
                             const std::string& server = {}) {
    WriteFile("config", StrCat("current-context: c\n",
                               "contexts: [{name: c, context: {cluster: k, user: u}}]\n",
                               "clusters: [{name: k, cluster: {server: \"",
                               server.empty() ? server_->url() : server,
                               "\", certificate-authority: sa/ca.crt", cluster.empty() ? "" : ", ",
                               cluster, "}}]\nusers: [{name: u, user: {", user, "}}]\n"));
    return {.credentials = {.kubeconfig = dir_.File("config"),
                            .service_account_directory = {},
                            .server = {}},
            .user_agent = "sekisho/test"};
  }
  void StartLoop(HttpLoopOptions options) { loop_ = std::make_unique<HttpLoop>(options); }

  std::shared_ptr<Exchange> Start(Request request) {
    auto exchange = std::make_shared<Exchange>();
    exchange->id = loop_->Send(
        std::move(request),
        [this, exchange](int code, std::string_view bytes) {
          exchange->body_code = code;
          exchange->body.append(bytes);
          ++exchange->pieces;
          Look();
          return true;
        },
        [this, exchange](const Response& response) {
          EXPECT_FALSE(exchange->done) << "told twice of its end";
          exchange->done = true;
          exchange->response = response;
          Look();
        });
    return exchange;
  }

  // Runs the loop until `condition` holds, which is looked at after each callback and every few
  // milliseconds. False when that takes too long.
  bool RunUntil(std::function<bool()> condition, milliseconds patience = kPatience) {
    condition_ = std::move(condition);
    bool in_time = true;
    const Loop::Id limit = loop_->After(patience, [&] {
      in_time = false;
      loop_->Stop();
    });
    Tick();
    loop_->Run([this] { Look(); });
    loop_->CancelTimer(limit);
    loop_->CancelTimer(tick_);
    condition_ = nullptr;
    return in_time;
  }
  void RunFor(milliseconds time) {
    (void)loop_->After(time, [this] { loop_->Stop(); });
    loop_->Run([] {});
  }
  // The whole of one request.
  Exchange Get(const std::string& path = "/api/v1/namespaces", milliseconds limit = kPatience) {
    const auto exchange = Start({.path = path, .total_timeout = limit});
    EXPECT_TRUE(RunUntil([&] { return exchange->done; }, 2 * kPatience));
    return *exchange;
  }
  // A watch that the server has accepted.
  std::shared_ptr<Exchange> Watch() {
    const sekisho::testing::RequestFilter watches{.watch = true};
    const size_t before = server_->CountRequests(watches);
    auto watch = Start({.path = "/api/v1/namespaces?watch=1"});
    EXPECT_TRUE(RunUntil([&] { return watch->done || server_->CountRequests(watches) > before; }));
    EXPECT_FALSE(watch->done) << watch->response.status;
    return watch;
  }

  sekisho::testing::TempDir dir_;
  TestPki pki_{"the cluster's authority"};
  std::unique_ptr<ApiServer> server_;
  std::unique_ptr<HttpLoop> loop_;

 private:
  void Look() {
    if (condition_ && condition_()) {
      loop_->Stop();
    }
  }
  void Tick() {
    tick_ = loop_->After(milliseconds(5), [this] { Tick(); });
    Look();
  }

  std::function<bool()> condition_;
  Loop::Id tick_ = 0;
};

}  // namespace sekisho::kube

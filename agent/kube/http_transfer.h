// One request as libcurl sees it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "kube/http_identity.h"
#include "kube/http_loop.h"
#include "kube/http_sockets.h"
#include "kube/loop.h"

namespace sekisho::kube {

// What all requests of a loop use. It outlives them.
struct HttpContext {
  const HttpLoopOptions& options;
  HttpSockets& sockets;
  uint64_t& signs;  // raised by each part of an answer
};

class HttpTransfer {
 public:
  HttpTransfer(Loop::Id id, Request request, Loop::OnBody on_body, Loop::OnDone on_done,
               Loop::TimePoint now);
  // The handle must be out of its multi handle.
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  // Makes the handle.
  absl::Status Prepare(std::shared_ptr<HttpIdentity> identity, const HttpContext& context);
  // How it ended, when libcurl says this (a CURLcode).
  Response End(int code) const;
  // For what did not end by itself; with what is known of an answer.
  Response EndWith(absl::Status status) const;
  // No callback of it comes any more.
  void Mute() { muted_ = true; }
  bool muted() const { return muted_; }

  Loop::Id id() const { return id_; }
  void* handle() const { return handle_; }  // a CURL; null before Prepare
  const std::shared_ptr<HttpIdentity>& identity() const { return identity_; }
  const Loop::OnDone& on_done() const { return on_done_; }
  std::chrono::milliseconds total_timeout() const { return request_.total_timeout; }
  // When the server last said anything to anybody on this request's connections, or else when the
  // request was sent.
  Loop::TimePoint LastSign() const;

 private:
  struct Callbacks;  // libcurl's
  class Settings;

  void SetConnection(Settings& to);
  void SetTrust(Settings& to) const;
  void SetRequest(Settings& to);
  absl::Status SetHeaders();
  void Heard();
  bool OnHeader(std::string_view line);
  bool OnBytes(std::string_view bytes);

  const Loop::Id id_;
  const Request request_;
  const Loop::OnBody on_body_;
  const Loop::OnDone on_done_;
  const Loop::TimePoint sent_;
  const HttpContext* context_ = nullptr;
  std::shared_ptr<HttpIdentity> identity_;
  void* handle_ = nullptr;
  void* headers_ = nullptr;             // a curl_slist
  void* connect_to_ = nullptr;          // the same
  std::array<char, 256> error_text_{};  // CURL_ERROR_SIZE
  std::optional<std::chrono::seconds> retry_after_;
  size_t header_bytes_ = 0;
  bool headers_ended_ = false;
  bool refused_ = false;  // by the receiver of the body
  bool muted_ = false;
};

}  // namespace sekisho::kube

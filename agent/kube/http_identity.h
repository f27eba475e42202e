// Who the agent is at the API server, together with the connections that were made as that.
//
// libcurl picks a connection by address and TLS options. It does not look at tokens or private
// keys, and a connection on which requests time out stays in use as long as another request (a
// watch) is on it. So connections are kept apart here: each identity has a cache of its own, and
// giving an identity up is how a new connection comes about. What is under way on an old one goes
// on; with the last of it the connection is closed.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "kube/credentials.h"
#include "kube/loop.h"
#include "kube/server_address.h"

namespace sekisho::kube {

class HttpIdentity {
 public:
  static absl::StatusOr<std::shared_ptr<HttpIdentity>> Create(
      std::shared_ptr<const Credentials> credentials);
  // Closes the connections. No request may use them any more.
  ~HttpIdentity();
  HttpIdentity(const HttpIdentity&) = delete;
  HttpIdentity& operator=(const HttpIdentity&) = delete;

  const Credentials& credentials() const { return *credentials_; }
  bool IsFor(const std::shared_ptr<const Credentials>& credentials) const {
    return credentials_ == credentials;
  }
  // The real one, whatever the certificate shall name.
  const ServerAddress& address() const { return address_; }
  // For messages: "10.96.0.1:443", with the proxy when there is one.
  const std::string& where() const { return where_; }
  void* share() const { return share_; }  // a CURLSH

  // When the server last said anything.
  void Heard(Loop::TimePoint now) { last_heard_ = now; }
  Loop::TimePoint last_heard() const { return last_heard_; }

 private:
  HttpIdentity(std::shared_ptr<const Credentials> credentials, ServerAddress address, void* share);

  const std::shared_ptr<const Credentials> credentials_;
  const ServerAddress address_;
  const std::string where_;
  void* const share_;
  Loop::TimePoint last_heard_;
};

}  // namespace sekisho::kube

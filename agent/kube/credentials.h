// Where the API server is, and who the agent is there.
//
// Two sources: a kubeconfig, as kubelets have one, or a directory like the one that Kubernetes
// mounts into pods (`token`, `ca.crt`). Both are files that somebody replaces while the agent runs:
// tokens are renewed every hour, kubelets renew their certificates. The server's certificate is
// always verified; a kubeconfig that says otherwise is refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sekisho::kube {

struct Credentials {
  std::string server;           // "https://10.96.0.1:443": no path, no slash at the end
  std::string tls_server_name;  // whom the certificate must name; empty: the host of `server`
  std::string ca_pem;           // empty: the system's authorities
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::string token;  // bearer token, without white space around it
  std::string proxy;  // empty: none, whatever the environment says

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

struct CredentialsOptions {
  // The path of a kubeconfig; its current context is used. Empty: `service_account_directory`.
  std::string kubeconfig;
  std::string service_account_directory;
  // For a service account only. Empty: https://KUBERNETES_SERVICE_HOST:KUBERNETES_SERVICE_PORT.
  std::string server;

  bool configured() const { return !kubeconfig.empty() || !service_account_directory.empty(); }
  friend bool operator==(const CredentialsOptions&, const CredentialsOptions&) = default;
};

class CredentialsReader {
 public:
  explicit CredentialsReader(CredentialsOptions options) : options_(std::move(options)) {}

  // What the files say now. They are read again when any of them (or a link on the way to it) is
  // another file, or has another size or time, than at the last reading; otherwise the same pointer
  // comes back. An error names the file, the key and what to do, holds no secret, and is not
  // remembered: the next call looks again.
  absl::StatusOr<std::shared_ptr<const Credentials>> Read();

 private:
  // One file that was read, as it was then.
  struct Seen {
    std::string path;
    std::string identity;
  };

  CredentialsOptions options_;
  std::vector<Seen> seen_;
  bool settled_ = false;  // the files were old enough for their times to tell them apart
  std::shared_ptr<const Credentials> last_;
};

}  // namespace sekisho::kube

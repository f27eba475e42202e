// A kubeconfig: the file in which kubelets and people keep where the API server is and who they are
// there. Read here as far as the agent can do what it says; what it cannot do is refused rather
// than left out.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "yaml/diagnostic.h"

namespace sekisho::kube {

// Something that stands in the kubeconfig itself or in a file that it names.
struct KubeconfigValue {
  std::string bytes;  // decoded; when `file` is empty
  std::string file;   // a relative path has the kubeconfig's directory before it
  yaml::Location where = {};
  std::string key;  // "users[0].user.client-certificate"

  bool given() const { return !bytes.empty() || !file.empty(); }
};

// What holds in the current context.
struct Kubeconfig {
  std::string server;  // as ServerAddress::Url() writes it
  std::string tls_server_name;
  std::string proxy;  // as libcurl takes it
  KubeconfigValue authority;
  KubeconfigValue certificate;
  KubeconfigValue key;
  KubeconfigValue token;
};

// `path` is for messages and relative paths. Of the contexts, clusters and users only those of the
// current context are judged; keys that change nothing for us are ignored. An error is
// FAILED_PRECONDITION and has every fault with file, line, key and what to write instead.
absl::StatusOr<Kubeconfig> ParseKubeconfig(std::string_view bytes, const std::string& path);

// For one fault that was found later, in a value or in the file that it names.
absl::Status KubeconfigFault(const std::string& path, const KubeconfigValue& value,
                             std::string message, std::string fix = {});

}  // namespace sekisho::kube

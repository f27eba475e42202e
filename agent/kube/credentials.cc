#include "kube/credentials.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "config/trusted_file.h"
#include "kube/kubeconfig.h"
#include "kube/server_address.h"

namespace sekisho::kube {
namespace {

using base::StrCat;

// A file's times are as fine as the kernel's tick: what is written twice within one looks the same.
// A file that is younger than this is therefore read again at the next occasion.
constexpr std::chrono::nanoseconds kSettled = std::chrono::milliseconds(100);
// How often a set of files may change under the reader's hands before it gives up for now.
constexpr int kTries = 3;

struct Identity {
  std::string text;  // empty: there is no such file
  bool settled = false;
};

Identity IdentityOf(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return {.text = {}, .settled = true};
  }
  const auto since_epoch = [](const timespec& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const std::chrono::nanoseconds changed = since_epoch(info.st_ctim);
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  return {.text = StrCat(info.st_dev, " ", info.st_ino, " ", info.st_size, " ",
                         since_epoch(info.st_mtim).count(), " ", changed.count()),
          .settled = now - changed > kSettled};
}

// The files of one reading; each is read once, so that a certificate and a key in the same file
// belong together.
class Files {
 public:
  absl::StatusOr<std::string> Read(const std::string& path) {
    if (const auto found = bytes_.find(path); found != bytes_.end()) {
      return found->second;
    }
    identities_.emplace(path, IdentityOf(path));
    std::vector<config::Diagnostic> errors;
    std::optional<std::string> bytes = config::ReadTrustedFile(path, &errors);
    if (!bytes.has_value()) {
      return absl::FailedPreconditionError(errors.front().ToString());
    }
    bytes_.emplace(path, *bytes);
    return *std::move(bytes);
  }
  const std::map<std::string, Identity>& identities() const { return identities_; }

 private:
  std::map<std::string, std::string> bytes_;
  std::map<std::string, Identity> identities_;
};

// What is wrong with a text as certificates, a private key or a token, and what helps.
struct Wrong {
  std::string message;
  std::string fix;
};

std::optional<Wrong> JudgeCertificates(const std::string& pem) {
  if (pem.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return Wrong{"holds no certificate in PEM", "it begins with -----BEGIN CERTIFICATE-----"};
  }
  return std::nullopt;
}

std::optional<Wrong> JudgeKey(const std::string& pem) {
  if (pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string::npos ||
      pem.find("Proc-Type: 4,ENCRYPTED") != std::string::npos) {
    return Wrong{"holds an encrypted key, and nobody is there to be asked for its password",
                 "decrypt it with \"openssl pkey\""};
  }
  if (pem.find(" PRIVATE KEY-----") == std::string::npos) {  // PKCS #8, or RSA, or EC
    return Wrong{"holds no private key in PEM", "it begins with -----BEGIN PRIVATE KEY-----"};
  }
  return std::nullopt;
}

std::optional<Wrong> JudgeToken(const std::string& token) {
  if (token.empty()) {
    return Wrong{"holds no token", "write a bearer token"};
  }
  // It goes into a header: a line break in it would be a header of its own.
  if (!std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    return Wrong{"holds characters that no bearer token has", "write one token and nothing else"};
  }
  return std::nullopt;
}

std::string Trimmed(const std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string::npos ? std::string()
                                    : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

using Judge = std::optional<Wrong> (*)(const std::string&);

// A value of the kubeconfig at `path`, from wherever it is; empty when it is not given.
absl::StatusOr<std::string> Resolve(const std::string& path, const KubeconfigValue& value,
                                    bool trim, Judge judge, Files& files) {
  if (!value.given()) {
    return std::string();
  }
  std::string bytes = value.bytes;
  if (!value.file.empty()) {
    absl::StatusOr<std::string> read = files.Read(value.file);
    if (!read.ok()) {
      return KubeconfigFault(path, value, std::string(base::StdView(read.status().message())));
    }
    bytes = *std::move(read);
  }
  if (trim) {
    bytes = Trimmed(bytes);
  }
  if (std::optional<Wrong> wrong = judge(bytes); wrong.has_value()) {
    return KubeconfigFault(
        path, value, value.file.empty() ? wrong->message : StrCat(value.file, " ", wrong->message),
        wrong->fix);
  }
  return bytes;
}

absl::StatusOr<Credentials> FromKubeconfig(const std::string& path, Files& files) {
  SEKISHO_ASSIGN_OR_RETURN(const std::string bytes, files.Read(path));
  SEKISHO_ASSIGN_OR_RETURN(Kubeconfig config, ParseKubeconfig(bytes, path));
  Credentials out;
  out.server = std::move(config.server);
  out.tls_server_name = std::move(config.tls_server_name);
  out.proxy = std::move(config.proxy);
  SEKISHO_ASSIGN_OR_RETURN(out.ca_pem,
                           Resolve(path, config.authority, false, JudgeCertificates, files));
  SEKISHO_ASSIGN_OR_RETURN(out.client_certificate_pem,
                           Resolve(path, config.certificate, false, JudgeCertificates, files));
  SEKISHO_ASSIGN_OR_RETURN(out.client_key_pem, Resolve(path, config.key, false, JudgeKey, files));
  SEKISHO_ASSIGN_OR_RETURN(out.token, Resolve(path, config.token, true, JudgeToken, files));
  return out;
}

// Where a pod is told that its API server is.
absl::StatusOr<std::string> ServerOfEnvironment() {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || *host == '\0' || port == nullptr || *port == '\0') {
    return absl::FailedPreconditionError(
        "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, as they are in a pod "
        "(write the API server's URL into the configuration)");
  }
  const bool is_ipv6 = std::string_view(host).find(':') != std::string_view::npos;
  return StrCat("https://", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", ":", port);
}

absl::StatusOr<Credentials> FromServiceAccount(const CredentialsOptions& options, Files& files) {
  const bool from_environment = options.server.empty();
  std::string url = options.server;
  if (from_environment) {
    SEKISHO_ASSIGN_OR_RETURN(url, ServerOfEnvironment());
  }
  const absl::StatusOr<ServerAddress> address = ParseServerAddress(url);
  if (!address.ok()) {
    return absl::FailedPreconditionError(
        StrCat(from_environment ? "the API server of KUBERNETES_SERVICE_HOST and _PORT "
                                : "the API server's URL ",
               address.status().message()));
  }
  Credentials out;
  out.server = address->Url();
  const std::string authority = StrCat(options.service_account_directory, "/ca.crt");
  SEKISHO_ASSIGN_OR_RETURN(out.ca_pem, files.Read(authority));
  const std::string token = StrCat(options.service_account_directory, "/token");
  SEKISHO_ASSIGN_OR_RETURN(out.token, files.Read(token));
  out.token = Trimmed(out.token);
  std::string bad_file = authority;
  std::optional<Wrong> wrong = JudgeCertificates(out.ca_pem);
  if (!wrong.has_value()) {
    bad_file = token;
    wrong = JudgeToken(out.token);
  }
  if (wrong.has_value()) {
    return absl::FailedPreconditionError(
        yaml::AboutFile(bad_file, wrong->message, wrong->fix).ToString());
  }
  return out;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Credentials>> CredentialsReader::Read() {
  const auto unchanged = [](const auto& seen) {
    return IdentityOf(seen.path).text == seen.identity;
  };
  if (last_ != nullptr && settled_ && std::all_of(seen_.begin(), seen_.end(), unchanged)) {
    return last_;
  }
  for (int attempt = 0; attempt < kTries; ++attempt) {
    Files files;
    absl::StatusOr<Credentials> read = options_.kubeconfig.empty()
                                           ? FromServiceAccount(options_, files)
                                           : FromKubeconfig(options_.kubeconfig, files);
    std::vector<Seen> seen;
    bool settled = true;
    for (const auto& [path, identity] : files.identities()) {
      seen.push_back({.path = path, .identity = identity.text});
      settled = settled && identity.settled;
    }
    // Files that are replaced one after the other must not be mixed: nor may the error be one of
    // such a mixture.
    if (!std::all_of(seen.begin(), seen.end(), unchanged)) {
      continue;
    }
    if (!read.ok()) {
      return read.status();
    }
    if (last_ == nullptr || *last_ != *read) {
      last_ = std::make_shared<const Credentials>(*std::move(read));
    }
    seen_ = std::move(seen);
    settled_ = settled;
    return last_;
  }
  return absl::FailedPreconditionError(
      "the files of the credentials change faster than they can be read");
}

}  // namespace sekisho::kube

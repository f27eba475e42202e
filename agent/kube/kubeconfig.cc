#include "kube/kubeconfig.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/str_cat.h"
#include "kube/kubeconfig_reader.h"
#include "kube/server_address.h"
#include "yaml/document.h"

namespace sekisho::kube {
namespace {

using base::StrCat;
using yaml::YamlEntry;
using yaml::YamlNode;

using Section = KubeconfigSection;

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

class Parser : private KubeconfigReader {
 public:
  using KubeconfigReader::KubeconfigReader;

  absl::StatusOr<Kubeconfig> Parse(std::string_view bytes);

 private:
  KubeconfigValue File(const Section& section, std::string_view name);
  KubeconfigValue Data(const Section& section, std::string_view name);
  // NAME-data, or else the file NAME.
  KubeconfigValue DataOrFile(const Section& section, const std::string& name);
  void ReadCluster(const Section& cluster, Kubeconfig& out);
  std::string Proxy(const Section& cluster);
  void ReadUser(const Section& user, Kubeconfig& out);
  void RefuseWhatUsersMayNotHave(const Section& user);
};

KubeconfigValue Parser::File(const Section& section, std::string_view name) {
  KubeconfigValue value;
  value.file = Text(section, name);
  if (!value.file.empty()) {
    value.where = Find(section, name)->where;
    value.key = StrCat(section.key, name);
    if (!value.file.starts_with('/')) {
      value.file.insert(0, DirectoryOf(path()));
    }
  }
  return value;
}

KubeconfigValue Parser::Data(const Section& section, std::string_view name) {
  KubeconfigValue value;
  const std::string text = Text(section, name);
  if (!text.empty()) {
    value.where = Find(section, name)->where;
    value.key = StrCat(section.key, name);
    if (!absl::Base64Unescape(text, &value.bytes) || value.bytes.empty()) {
      Fault(value.where, value.key, "is not base64", "write what \"base64 -w0 FILE\" prints");
    }
  }
  return value;
}

KubeconfigValue Parser::DataOrFile(const Section& section, const std::string& name) {
  KubeconfigValue data = Data(section, StrCat(name, "-data"));
  return data.key.empty() ? File(section, name) : data;
}

void Parser::ReadCluster(const Section& cluster, Kubeconfig& out) {
  if (const YamlEntry* insecure = Find(cluster, "insecure-skip-tls-verify");
      insecure != nullptr && insecure->value.text != "false") {
    Fault(insecure->where, StrCat(cluster.key, insecure->key),
          "asks that nobody looks who the server is, which the agent always does",
          "remove it and write certificate-authority-data");
  }
  const YamlEntry* server = Find(cluster, "server");
  const std::string url = Text(cluster, "server");
  if (server == nullptr) {
    Fault(cluster.where, StrCat(cluster.key, "server"), "is missing", "write https://HOST:PORT");
  } else if (const auto address = ParseServerAddress(url); address.ok()) {
    out.server = address->Url();
  } else if (!url.empty()) {
    Fault(server->where, StrCat(cluster.key, "server"),
          std::string(base::StdView(address.status().message())));
  }
  out.tls_server_name = Text(cluster, "tls-server-name");
  if (const std::string& name = out.tls_server_name; !name.empty()) {
    // It becomes the host of a URL, where an IPv6 address stands in brackets.
    const bool is_ipv6 = name.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? StrCat("[", name, "]") : name;
    if (const auto address = ParseServerAddress(StrCat("https://", host));
        !address.ok() || address->host != host) {
      Fault(Find(cluster, "tls-server-name")->where, StrCat(cluster.key, "tls-server-name"),
            "is not a host's name", "write the name that the server's certificate has");
    }
  }
  out.proxy = Proxy(cluster);
  out.authority = DataOrFile(cluster, "certificate-authority");
}

std::string Parser::Proxy(const Section& cluster) {
  std::string proxy = Text(cluster, "proxy-url");
  if (proxy.empty()) {
    return {};
  }
  const bool printable =
      std::all_of(proxy.begin(), proxy.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  const bool known = proxy.starts_with("http://") || proxy.starts_with("https://") ||
                     proxy.starts_with("socks5://");
  if (!printable || !known) {
    Fault(Find(cluster, "proxy-url")->where, StrCat(cluster.key, "proxy-url"),
          "is not the URL of a proxy", "write http://HOST:PORT, https://… or socks5://…");
    return {};
  }
  // Kubernetes' clients let the proxy resolve names, which has another name with libcurl.
  constexpr std::string_view kSocks = "socks5";
  return proxy.starts_with(kSocks) ? StrCat("socks5h", proxy.substr(kSocks.size())) : proxy;
}

void Parser::RefuseWhatUsersMayNotHave(const Section& user) {
  struct Refused {
    std::string_view name;
    std::string_view why;
  };
  static constexpr std::array kRefused = {
      Refused{"exec", "runs a program, which the agent does not do"},
      Refused{"auth-provider", "needs a plug-in, which the agent has not"},
      Refused{"username", "is a password's user, which API servers do not take any more"},
      Refused{"password", "is a password, which API servers do not take any more"},
      Refused{"as", "asks to act as another user, which the agent does not do"},
      Refused{"as-uid", "asks to act as another user, which the agent does not do"},
      Refused{"as-groups", "asks to act as another user, which the agent does not do"},
      Refused{"as-user-extra", "asks to act as another user, which the agent does not do"},
  };
  for (const auto& [name, why] : kRefused) {
    if (const YamlEntry* entry = Find(user, name); entry != nullptr) {
      Fault(entry->where, StrCat(user.key, name), std::string(why),
            "write client-certificate and client-key, or tokenFile");
    }
  }
}

void Parser::ReadUser(const Section& user, Kubeconfig& out) {
  RefuseWhatUsersMayNotHave(user);
  out.certificate = DataOrFile(user, "client-certificate");
  out.key = DataOrFile(user, "client-key");
  const bool has_certificate = !out.certificate.key.empty();
  if (has_certificate != !out.key.key.empty()) {
    const std::string missing =
        StrCat(user.key, has_certificate ? "client-key" : "client-certificate");
    Fault(has_certificate ? out.certificate.where : out.key.where, missing,
          has_certificate ? "is missing beside the certificate" : "is missing beside the key",
          "write both, or neither");
  }
  out.token = File(user, "tokenFile");
  if (!out.token.given()) {
    out.token.bytes = Text(user, "token");
    if (out.token.given()) {
      out.token.where = Find(user, "token")->where;
      out.token.key = StrCat(user.key, "token");
    }
  }
}

absl::StatusOr<Kubeconfig> Parser::Parse(std::string_view bytes) {
  Kubeconfig out;
  const std::optional<YamlNode> root = yaml::ParseYaml(bytes, path(), &faults());
  if (!root.has_value()) {
    return status();
  }
  if (root->kind != YamlNode::Kind::kMapping) {
    Fault(root->where, {}, StrCat("is ", yaml::KindName(root->kind), ", not a kubeconfig"));
    return status();
  }
  const Section document{.node = &*root, .key = {}, .where = root->where};
  const std::string current = Text(document, "current-context");
  if (current.empty()) {
    Fault(root->where, "current-context", "is missing", "write the name of one of the contexts");
    return status();
  }
  const std::optional<Section> context = Named(document, "contexts", "context", current);
  if (context.has_value()) {
    for (const std::string_view name : {"cluster", "user"}) {
      const std::string wanted = Text(*context, name);
      if (wanted.empty()) {
        Fault(context->where, StrCat(context->key, name), "is missing",
              StrCat("write the name of one of the ", name, "s"));
      } else if (const auto found = Named(document, StrCat(name, "s"), name, wanted)) {
        name == "cluster" ? ReadCluster(*found, out) : ReadUser(*found, out);
      }
    }
  }
  if (!status().ok()) {
    return status();
  }
  return out;
}

}  // namespace

absl::StatusOr<Kubeconfig> ParseKubeconfig(std::string_view bytes, const std::string& path) {
  return Parser(path).Parse(bytes);
}

absl::Status KubeconfigFault(const std::string& path, const KubeconfigValue& value,
                             std::string message, std::string fix) {
  KubeconfigReader reader(path);
  reader.Fault(value.where, value.key, std::move(message), std::move(fix));
  return reader.status();
}

}  // namespace sekisho::kube

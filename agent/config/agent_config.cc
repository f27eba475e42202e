// /etc/sekisho/config.yaml: the table of its keys, and LoadAgentConfig.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iterator>

#include "absl/strings/ascii.h"
#include "base/str_cat.h"
#include "config/keys.h"
#include "config/snapshot.h"
#include "config/trusted_file.h"
#include "config/yaml_reader.h"
#include "yaml/document.h"

namespace sekisho::config {
namespace {

using base::StrCat;

// sun_path of unix(7) holds 108 bytes, the last of which is the terminating zero.
constexpr size_t kLongestSocketPath = 107;
constexpr size_t kLongestGroup = 32;  // LOGIN_NAME_MAX of useradd(8) and groupadd(8)

constexpr std::array<std::string_view, 5> kLogLevels = {"trace", "debug", "info", "warn", "error"};

std::optional<std::string> ReadSocketPath(const Value& value, Reader& reader) {
  std::optional<std::string> path = ReadPath(value, reader);
  if (path.has_value() && path->size() > kLongestSocketPath) {
    reader.Error(value,
                 StrCat("is ", path->size(), " bytes long; a unix socket's path has at most ",
                        kLongestSocketPath),
                 "choose a shorter path");
    return std::nullopt;
  }
  return path;
}

// A port, or nothing where `text` is none.
std::optional<int> PortIn(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_port = error == std::errc() && end == text.data() + text.size() && port > 0;
  return is_port && port <= 65535 ? std::optional(port) : std::nullopt;
}

// Whoever can read the metrics knows the names of all namespaces and how far the node is from its
// policy: so there is no address that others can reach.
std::optional<std::string> ReadMetricsListen(const Value& value, Reader& reader) {
  std::optional<std::string> text = ReadText(value, reader);
  if (!text.has_value() || *text == "off") {
    return text;
  }
  if (text->starts_with('/')) {
    return ReadSocketPath(value, reader);
  }
  for (const std::string_view host : {"127.0.0.1:", "[::1]:"}) {
    if (text->starts_with(host) && PortIn(std::string_view(*text).substr(host.size()))) {
      return text;
    }
  }
  reader.Error(value, "is neither a unix socket's path nor a port of the loopback interface",
               "write an absolute path, 127.0.0.1:PORT, [::1]:PORT, or off");
  return std::nullopt;
}

std::optional<std::string> ReadGroup(const Value& value, Reader& reader) {
  std::optional<std::string> group = ReadText(value, reader);
  if (group.has_value() &&
      (group->size() > kLongestGroup || group->find_first_of(" :,/") != std::string::npos)) {
    reader.Error(value, "is not the name of a group");
    return std::nullopt;
  }
  return group;
}

// A node's name is a DNS subdomain, a group the value of a label: both become part of a file's
// name, and neither can hold a "/".
std::optional<std::string> ReadPlainName(const Value& value, Reader& reader) {
  std::optional<std::string> name = ReadText(value, reader);
  if (name.has_value() && !IsPlainName(*name)) {
    reader.Error(value, "is neither the name of a node nor the value of a label",
                 "write letters, digits, '-', '_' and '.', at most 253");
    return std::nullopt;
  }
  return name;
}

std::optional<std::string> ReadLabelKey(const Value& value, Reader& reader) {
  std::optional<std::string> key = ReadText(value, reader);
  const std::string_view text = key.has_value() ? std::string_view(*key) : "";
  const size_t slash = text.find('/');
  const std::string_view prefix = slash == std::string_view::npos ? "" : text.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  if (key.has_value() &&
      (!IsPlainName(name) || (slash != std::string_view::npos && !IsPlainName(prefix)))) {
    reader.Error(value, "is not the key of a label",
                 "write it as Kubernetes does: example.com/policy-group");
    return std::nullopt;
  }
  return key;
}

std::optional<std::string> ReadServer(const Value& value, Reader& reader) {
  constexpr std::string_view kScheme = "https://";
  std::optional<std::string> url = ReadText(value, reader);
  if (url.has_value() && (!url->starts_with(kScheme) || url->size() == kScheme.size() ||
                          url->find_first_of("/?#@ ", kScheme.size()) != std::string::npos)) {
    reader.Error(value, "is not the URL of an API server",
                 "write https://HOST:PORT, without a path");
    return std::nullopt;
  }
  return url;
}

std::optional<std::string> ReadLogLevel(const Value& value, Reader& reader) {
  const std::optional<size_t> index = ReadName(value, reader, kLogLevels);
  return index.has_value() ? std::optional(std::string(kLogLevels[*index])) : std::nullopt;
}

template <int64_t kLeast, int64_t kMost>
std::optional<int> ReadNumber(const Value& value, Reader& reader) {
  const std::optional<int64_t> number = ReadInteger(value, reader, kLeast, kMost);
  return number.has_value() ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

template <int64_t kMost>
std::optional<uint64_t> ReadMiB(const Value& value, Reader& reader) {
  const std::optional<int64_t> mib = ReadInteger(value, reader, 1, kMost);
  return mib.has_value() ? std::optional(static_cast<uint64_t>(*mib) << 20) : std::nullopt;
}

template <int64_t kMost>
std::optional<std::chrono::seconds> ReadSeconds(const Value& value, Reader& reader) {
  const std::optional<int64_t> seconds = ReadInteger(value, reader, 1, kMost);
  return seconds.has_value() ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
}

template <int64_t kMost>
std::optional<std::chrono::seconds> ReadInterval(const Value& value, Reader& reader) {
  const std::optional<int64_t> seconds = ReadInteger(value, reader, 0, kMost);
  return seconds.has_value() ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
}

using Row = Field<AgentConfig>;

template <auto kMember, auto kParse>
constexpr Row Leaf(std::string_view name, std::string_view type, std::string_view fallback,
                   std::string_view doc) {
  return {name, type, fallback, doc, &ReadLeaf<AgentConfig, kMember, kParse>, false, nullptr};
}

// The file has sections, the struct has none: a section reads into the struct that it stands in.
template <const auto& kTable>
void ReadSection(const Value& value, AgentConfig& out, Reader& reader) {
  ReadMapping(value, reader, kTable, out);
}
template <const auto& kTable>
constexpr Row Section(std::string_view name) {
  return {name, "mapping", "", "", &ReadSection<kTable>, false, &ListTable<kTable>};
}

using C = AgentConfig;

constexpr std::array<Row, 2> kListen = {
    Leaf<&C::listen_socket, ReadSocketPath>("socket", "absolute path, at most 107 bytes",
                                            "`/run/sekisho/sekisho.sock`",
                                            "The unix socket that the kubelet connects to."),
    Leaf<&C::listen_group, ReadGroup>(
        "group", "text", "none",
        "Group that may connect (mode 0660). Without it only root may (mode 0600)."),
};
constexpr std::array<Row, 2> kUpstream = {
    Leaf<&C::upstream_socket, ReadSocketPath>("socket", "absolute path, at most 107 bytes",
                                              "`/run/containerd/containerd.sock`",
                                              "The container runtime's CRI socket."),
    Leaf<&C::upstream_start_timeout, ReadSeconds<3600>>(
        "startTimeoutSeconds", "whole number 1..3600", "`60`",
        "How long the start waits for the runtime to answer before it fails."),
};
constexpr std::array<Row, 2> kPolicy = {
    Leaf<&C::policy_file, ReadPath>("file", "absolute path", "`/etc/sekisho/policy.yaml`",
                                    "The node's policy."),
    Leaf<&C::policy_dir, ReadPath>("dropInDirectory", "absolute path", "`/etc/sekisho/policy.d`",
                                   "Directory of further rules and exemptions; need not exist."),
};
constexpr std::array<Row, 2> kKubelet = {
    Leaf<&C::kubelet_root, ReadPath>(
        "rootDirectory", "absolute path", "`/var/lib/kubelet`",
        "The kubelet's `--root-dir`. Localhost seccomp profiles lie in `seccomp` below it."),
    Leaf<&C::kubelet_seccomp_default, ReadBool>(
        "seccompDefault", "`true` or `false`", "`false`",
        "Whether the kubelet runs with `seccompDefault`, so that Unconfined is always asked for."),
};
constexpr std::array<Row, 1> kState = {
    Leaf<&C::state_dir, ReadPath>(
        "directory", "absolute path", "`/var/lib/sekisho`",
        "What the agent keeps: copies of the seccomp profiles in use, and recordings."),
};
constexpr std::array<Row, 4> kAudit = {
    Leaf<&C::audit_path, ReadPath>("path", "absolute path", "`/var/log/sekisho/audit.jsonl`",
                                   "The audit log, one JSON object a line."),
    Leaf<&C::audit_max_bytes, ReadMiB<4096>>("maxSizeMiB", "whole number 1..4096", "`64`",
                                             "Size at which the audit log is rotated, in MiB."),
    Leaf<&C::audit_max_files, ReadNumber<1, 100>>(
        "maxFiles", "whole number 1..100", "`4`",
        "How many rotated files are kept beside the current one."),
    Leaf<&C::audit_facts, ReadBool>(
        "facts", "`true` or `false`", "`true`",
        "Whether each line keeps what `sekisho replay` needs to decide it again, without values "
        "that could be secret."),
};
constexpr std::array<Row, 1> kAdmin = {
    Leaf<&C::admin_socket, ReadSocketPath>("socket", "absolute path, at most 107 bytes",
                                           "`/run/sekisho/admin.sock`",
                                           "The unix socket that `sekisho status` asks. Root only. "
                                           "Without this key it lies beside `listen.socket`."),
};
constexpr std::array<Row, 1> kMetrics = {
    Leaf<&C::metrics_listen, ReadMetricsListen>(
        "listen", "absolute path, `127.0.0.1:PORT`, `[::1]:PORT` or `off`",
        "`/run/sekisho/metrics.sock`",
        "Where `/metrics`, `/healthz` and `/readyz` are served: a unix socket (root only) or a "
        "port of the loopback interface. Without this key the socket lies beside `listen.socket`."),
};
constexpr std::array<Row, 1> kVerify = {
    Leaf<&C::verify_interval, ReadInterval<86400>>(
        "intervalSeconds", "whole number 0..86400", "`300`",
        "How often running containers are compared with what was decided. 0: only at the start, "
        "and each container when it is started."),
};
constexpr std::array<Row, 1> kLog = {
    Leaf<&C::log_level, ReadLogLevel>("level", "`trace`, `debug`, `info`, `warn` or `error`",
                                      "`info`", "The least severe message that is logged."),
};
constexpr std::array<Row, 2> kRelay = {
    Leaf<&C::relay_threads, ReadNumber<1, 8>>("threads", "whole number 1..8", "`1`",
                                              "Threads that relay calls."),
    Leaf<&C::relay_max_message_bytes, ReadMiB<256>>(
        "maxMessageMiB", "whole number 1..256", "`64`",
        "The largest message that is relayed, in MiB, either way."),
};
constexpr std::array<Row, 1> kDrain = {
    Leaf<&C::drain_timeout, ReadSeconds<3600>>(
        "timeoutSeconds", "whole number 1..3600", "`30`",
        "How long calls under way may take to end after SIGTERM."),
};
constexpr std::array<Row, 2> kSelfProtection = {
    Leaf<&C::system_call_filter, ReadBool>(
        "systemCallFilter", "`true` or `false`", "`true`",
        "Whether the agent takes from itself the system calls that it does not need."),
    Leaf<&C::landlock, ReadBool>(
        "landlock", "`true` or `false`", "`true`",
        "Whether the agent takes from itself, where the kernel has Landlock, to write elsewhere "
        "than its configuration says."),
};
constexpr std::array<Row, 1> kUnsafe = {
    Leaf<&C::unsafe_forward_unknown, ReadBool>(
        "forwardUnknownMethods", "`true` or `false`", "`false`",
        "Forward methods that this build does not know, unchecked. Weakens the node."),
};

constexpr std::array<Row, 3> kNode = {
    Leaf<&C::node_name, ReadPlainName>(
        "name", "text", "the host's name, in lower case",
        "The name of this node's Node object: `policy.node.NAME.yaml`, and the source of Events."),
    Leaf<&C::node_group, ReadPlainName>("group", "text", "the node's label",
                                        "The group of this node: `policy.group.GROUP.yaml`."),
    Leaf<&C::node_group_label, ReadLabelKey>(
        "groupLabel", "label key", "`sekisho.io/policy-group`",
        "The label of the Node object whose value is the group."),
};
constexpr std::array<Row, 4> kKubernetes = {
    Leaf<&C::kubeconfig, ReadPath>(
        "kubeconfig", "absolute path", "none",
        "How to reach the API server: a kubeconfig, such as the kubelet's own."),
    Leaf<&C::service_account_dir, ReadPath>(
        "serviceAccountDirectory", "absolute path", "none",
        "In place of a kubeconfig: a directory with `token` and `ca.crt`, as in a pod."),
    Leaf<&C::api_server, ReadServer>("server", "`https://HOST:PORT`", "as in a pod's environment",
                                     "The API server, beside `serviceAccountDirectory`."),
    Leaf<&C::events, ReadBool>(
        "events", "`true` or `false`", "`true`",
        "Whether refusals, hardening and warnings are reported as Events of the pods."),
};

constexpr std::array<Row, 18> kDocument = {{
    {"apiVersion", "`sekisho.io/v1alpha1`", "required", "The version of this file's format.",
     &SkipHeaderKey<AgentConfig>, false, nullptr},
    {"kind", "`AgentConfig`", "required", "What this file is.", &SkipHeaderKey<AgentConfig>, false,
     nullptr},
    Section<kListen>("listen"),
    Section<kUpstream>("upstream"),
    Section<kPolicy>("policy"),
    Section<kKubelet>("kubelet"),
    Section<kNode>("node"),
    Section<kKubernetes>("kubernetes"),
    Section<kState>("state"),
    Section<kAudit>("audit"),
    Section<kAdmin>("admin"),
    Section<kMetrics>("metrics"),
    Section<kVerify>("verify"),
    Section<kLog>("log"),
    Section<kRelay>("relay"),
    Section<kDrain>("drain"),
    Section<kSelfProtection>("selfProtection"),
    Section<kUnsafe>("unsafe"),
}};

// Where sockets lie that are not named: beside the one for the kubelet. /run/sekisho for every
// socket below it, as for the status file.
void PlaceSockets(AgentConfig& config, Reader& reader) {
  constexpr std::string_view kOwn = "/run/sekisho/";
  const std::string& listen = config.listen_socket;
  const std::string directory =
      listen.starts_with(kOwn) ? std::string(kOwn) : listen.substr(0, listen.rfind('/') + 1);
  if (reader.Find("admin.socket").line == 0) {
    config.admin_socket = StrCat(directory, "admin.sock");
  }
  if (reader.Find("metrics.listen").line == 0) {
    config.metrics_listen = StrCat(directory, "metrics.sock");
  }
}

// One socket for two purposes: with the first two the agent would be its own runtime.
void CheckSockets(const AgentConfig& config, Reader& reader) {
  struct Socket {
    const char* key;
    const std::string& path;
  };
  const std::array<Socket, 4> sockets = {{{"listen.socket", config.listen_socket},
                                          {"upstream.socket", config.upstream_socket},
                                          {"admin.socket", config.admin_socket},
                                          {"metrics.listen", config.metrics_listen}}};
  for (size_t i = 0; i < sockets.size(); ++i) {
    for (size_t j = i + 1; j < sockets.size(); ++j) {
      if (sockets[i].path != sockets[j].path) {
        continue;
      }
      const bool first_given = reader.Find(sockets[i].key).line > 0;
      const Socket& blamed = first_given ? sockets[i] : sockets[j];
      reader.Error(
          reader.Find(blamed.key), blamed.key,
          StrCat(sockets[i].key, " and ", sockets[j].key, " are both \"", sockets[i].path, "\""),
          i == 0 && j == 1 ? "the agent listens on one socket and calls the runtime on another"
                           : "each needs a socket of its own");
    }
  }
}

// One way to the API server, or none. What was given and is wrong has been reported; it counts as
// given here.
void CheckKubernetes(Reader& reader) {
  const auto at = [&reader](const char* key) { return reader.Find(key); };
  const auto given = [&at](const char* key) { return at(key).line > 0; };
  const bool kubeconfig = given("kubernetes.kubeconfig");
  const bool service_account = given("kubernetes.serviceAccountDirectory");
  if (kubeconfig && service_account) {
    reader.Error(at("kubernetes.serviceAccountDirectory"), "kubernetes.serviceAccountDirectory",
                 "stands beside kubernetes.kubeconfig", "keep one of the two");
  }
  if (given("kubernetes.server") && !service_account) {
    reader.Error(at("kubernetes.server"), "kubernetes.server",
                 "is only for kubernetes.serviceAccountDirectory",
                 "a kubeconfig names its server itself");
  }
  if (given("kubernetes.events") && !kubeconfig && !service_account) {
    reader.Error(at("kubernetes.events"), "kubernetes.events",
                 "there is no API server to report to",
                 "give kubernetes.kubeconfig or kubernetes.serviceAccountDirectory");
  }
}

}  // namespace

LoadResult<AgentConfig> LoadAgentConfig(const std::string& file) {
  LoadResult<AgentConfig> result;
  const std::optional<std::string> bytes = ReadTrustedFile(file, &result.errors);
  if (!bytes.has_value()) {
    return result;
  }
  const std::optional<YamlNode> root = yaml::ParseYaml(*bytes, file, &result.errors);
  if (!root.has_value()) {
    return result;
  }
  Reader reader(file, &result.errors);
  const Value document{&*root, "", root->where};
  if (!CheckHeader(document, reader, "AgentConfig")) {
    return result;
  }
  ReadMapping(document, reader, kDocument, result.value);
  PlaceSockets(result.value, reader);
  CheckSockets(result.value, reader);
  CheckKubernetes(reader);
  SortByPlace({file}, result.errors);
  return result;
}

bool IsPlainName(std::string_view text) {
  constexpr size_t kLongest = 253;  // of a DNS subdomain
  return !text.empty() && text.size() <= kLongest && absl::ascii_isalnum(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

std::string NodeName(const AgentConfig& config) {
  std::array<char, 256> name{};
  if (config.node_name.empty() && ::gethostname(name.data(), name.size() - 1) == 0) {
    return absl::AsciiStrToLower(name.data());
  }
  return config.node_name;
}

std::vector<KeyDoc> AgentConfigKeys() {
  std::vector<KeyDoc> rows;
  ListRows(kDocument, "", rows);
  return rows;
}

}  // namespace sekisho::config

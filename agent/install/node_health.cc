// KubeletHealth on a real node.
#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/str_cat.h"
#include "cri/version.h"
#include "install/kubelet_health.h"
#include "install/unix_peers.h"
#include "install/yaml_lookup.h"
#include "relay/one_call.h"
#include "status/agent_status.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr std::string_view kVersionMethod = "/runtime.v1.RuntimeService/Version";
constexpr std::chrono::seconds kCallTimeout{5};
constexpr long kHealthzTimeoutMs = 2000;
constexpr size_t kConfigBytesMax = size_t{4} << 20;

size_t Discard(char* /*data*/, size_t size, size_t count, void* /*user*/) {
  return size * count;
}

class NodeHealth final : public KubeletHealth {
 public:
  explicit NodeHealth(std::string healthz_url) : healthz_url_(std::move(healthz_url)) {}

  Healthz AskHealthz() override {
    if (healthz_url_.empty()) {
      return Healthz::kSilent;
    }
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   &curl_easy_cleanup);
    if (curl == nullptr) {
      return Healthz::kSilent;
    }
    curl_easy_setopt(curl.get(), CURLOPT_URL, healthz_url_.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kHealthzTimeoutMs);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");  // it is this node, whatever the environment
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Discard);
    if (curl_easy_perform(curl.get()) != CURLE_OK) {
      return Healthz::kSilent;
    }
    long code = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &code);
    return code == 200 ? Healthz::kOk : Healthz::kUnwell;
  }

  absl::StatusOr<int> Connections(pid_t pid, const std::string& socket) override {
    return ConnectionsTo(pid, socket);
  }

  absl::StatusOr<std::string> AskVersion(const std::string& socket) override {
    // An empty message is a whole VersionRequest.
    absl::StatusOr<std::string> answer = relay::CallOnce(socket, kVersionMethod, "", kCallTimeout);
    if (!answer.ok()) {
      return absl::Status(answer.status().code(), StrCat(socket, ": ", answer.status().message()));
    }
    return cri::RuntimeText(*answer);
  }

  std::optional<uint64_t> AnsweredBy(const std::string& agent_socket) override {
    const absl::StatusOr<status::AgentStatus> status =
        status::ReadAgentStatus(status::StatusFileOf(agent_socket));
    return status.ok() ? std::optional(status->calls_answered) : std::nullopt;
  }

  void Sleep(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }
  std::chrono::steady_clock::time_point Now() override { return std::chrono::steady_clock::now(); }

 private:
  const std::string healthz_url_;
};

// The value of the last --NAME=VALUE or --NAME VALUE.
std::optional<std::string> FlagOf(const std::vector<std::string>& argv, const std::string& name) {
  std::optional<std::string> value;
  for (size_t i = 0; i < argv.size(); ++i) {
    if (argv[i].starts_with(StrCat("--", name, "="))) {
      value = argv[i].substr(name.size() + 3);
    } else if (argv[i] == StrCat("--", name) && i + 1 < argv.size()) {
      value = argv[i + 1];
    }
  }
  return value;
}

std::optional<std::string> KeyOf(const std::string& file, std::string_view key) {
  const absl::StatusOr<std::string> text = base::ReadFile(file, kConfigBytesMax);
  std::vector<yaml::Diagnostic> errors;
  const std::optional<yaml::YamlNode> root =
      text.ok() ? yaml::ParseYaml(*text, file, &errors) : std::nullopt;
  return root.has_value() ? ScalarAt(*root, {key}) : std::nullopt;
}

}  // namespace

std::string HealthzUrl(const std::vector<std::string>& argv, const std::string& config_file,
                       const std::string& root) {
  const auto setting = [&](const char* flag, const char* key, const char* fallback) {
    if (std::optional<std::string> value = FlagOf(argv, flag)) {
      return *value;
    }
    if (!config_file.empty()) {
      if (std::optional<std::string> value = KeyOf(StrCat(root, config_file), key)) {
        return *value;
      }
    }
    return std::string(fallback);
  };
  const std::string port = setting("healthz-port", "healthzPort", "10248");
  std::string address = setting("healthz-bind-address", "healthzBindAddress", "127.0.0.1");
  if (port == "0") {
    return "";
  }
  if (address == "0.0.0.0" || address.empty()) {
    address = "127.0.0.1";
  } else if (address == "::") {
    address = "::1";
  }
  return address.find(':') == std::string::npos
             ? StrCat("http://", address, ":", port, "/healthz")
             : StrCat("http://[", address, "]:", port, "/healthz");
}

std::unique_ptr<KubeletHealth> MakeKubeletHealth(std::string healthz_url) {
  return std::make_unique<NodeHealth>(std::move(healthz_url));
}

}  // namespace sekisho::install

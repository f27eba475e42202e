#include "unit/install/random_setup.h"

#include <tuple>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::install {
namespace {

using base::StrCat;

const std::vector<std::string> kEndpoints = {
    "unix:///run/containerd/containerd.sock", "unix:///run/containerd/containerd.sock",
    "/run/containerd/containerd.sock", "unix:///var/run/containerd/containerd.sock",
    "unix:///run/crio/crio.sock"};
const std::vector<std::string> kUnitFillers = {
    "--v=2", "\"--node-labels=a=b c\"", "'--x=\"q\"'",      "--y=5%%,6%",         "--z=$$HOME",
    "-v 4",  "--register-node",         "--w=\\x41\\sb",    "--node-ip 10.0.0.1", "--u=${NONE}",
    "$NONE", "--fail-swap-on=false",    "--t=\"a\"'b'c\\\\"};
// Plain inside double quotes of a unit and in every spelling of a file.
const std::vector<std::string> kVariableFillers = {
    "--v=2", "--node-labels=a=b,c=d", "--register-node", "--node-ip 10.0.0.1", "--s=#;=", "-v 4"};

}  // namespace

bool SetupGenerator::Chance(int percent) {
  return std::uniform_int_distribution<int>(0, 99)(random_) < percent;
}

template <typename List>
const auto& SetupGenerator::Pick(const List& list) {
  return list[std::uniform_int_distribution<size_t>(0, list.size() - 1)(random_)];
}

std::string SetupGenerator::Endpoint() {
  return Pick(kEndpoints);
}

std::string SetupGenerator::EndpointFlag(Place place) {
  const std::string endpoint = Endpoint();
  const bool runtime = Chance(70);
  (runtime ? runtime_flag_ : image_flag_) = endpoint;
  std::string flag = runtime ? "--container-runtime-endpoint" : "--image-service-endpoint";
  if (Chance(10)) {
    flag = runtime ? "--container_runtime_endpoint" : "--image_service_endpoint";
  }
  if (place != Place::kCommand || Chance(60)) {
    return StrCat(flag, Chance(70) ? "=" : " ", endpoint);
  }
  switch (std::uniform_int_distribution<int>(0, 2)(random_)) {
    case 0:
      return StrCat("\"", flag, "=", endpoint, "\"");
    case 1:
      return StrCat(flag, "='", endpoint, "'");
    default:
      return StrCat(flag, " \"", endpoint, "\"");
  }
}

std::string SetupGenerator::Filler(Place place) {
  return place == Place::kCommand ? Pick(kUnitFillers) : Pick(kVariableFillers);
}

std::string SetupGenerator::Words(Place place, const char* separator) {
  std::string words = Filler(place);
  for (int left = std::uniform_int_distribution<int>(0, 4)(random_); left > 0; --left) {
    words += StrCat(separator, Chance(25) ? EndpointFlag(place) : Filler(place));
  }
  return words;
}

// Environment= of one variable, A.
std::string SetupGenerator::Variable() {
  const std::string words = Words(Place::kQuotedInUnit, Chance(20) ? " \\\n# no\n " : " ");
  switch (std::uniform_int_distribution<int>(0, 2)(random_)) {
    case 0:
      return StrCat("Environment=\"A=", words, "\"\n");
    case 1:
      return StrCat("Environment=X=1 'A=", words, "' \"Y=2 %% 3\"\n");
    default:
      return StrCat("Environment=A=\"", words, "\"\n");
  }
}

// The assignment of one variable, B, among others.
std::string SetupGenerator::EnvironmentFile() {
  const bool crlf = Chance(20);
  const std::string end = crlf ? "\r\n" : "\n";
  std::string text =
      StrCat("# B=--container-runtime-endpoint=unix:///comment.sock", end, "OTHER = 'x y'", end);
  const std::pair<std::string, std::string> saved = {runtime_flag_, image_flag_};
  if (Chance(30)) {  // hidden by what follows
    text += StrCat("B=", Words(Place::kFile, " "), end);
    std::tie(runtime_flag_, image_flag_) = saved;
  }
  switch (std::uniform_int_distribution<int>(0, crlf ? 1 : 3)(random_)) {
    case 0:
      text += StrCat("B=\"", Words(Place::kFile, " "), "\"");
      break;
    case 1:
      text += StrCat("  B = ", Words(Place::kFile, "  "), " ");
      break;
    case 2:
      text += StrCat("B='", Words(Place::kFile, "\n"), "'");
      break;
    default:
      text += StrCat("B=\"", Words(Place::kFile, " \\\n"), "\"");
  }
  if (Chance(80)) {
    text += StrCat(end, "unused line", end, "LAST=\"\\$\\\"\"", Chance(50) ? end : "");
  }
  return text;
}

std::string SetupGenerator::Config(bool is_drop_in) {
  const bool json = Chance(30);
  const std::string end = Chance(20) ? "\r\n" : "\n";
  const std::string separator = json ? StrCat(",", end, "  ") : end;
  const auto entry = [&](const char* key, const std::string& value) {
    const bool quoted = json || value.empty() || Chance(30);
    return json ? StrCat("\"", key, "\": \"", value, "\"")
                : StrCat(key, ": ", quoted ? StrCat("\"", value, "\"") : value,
                         Chance(20) ? " # unix:///comment.sock" : "");
  };
  std::string text = StrCat(json         ? "{"
                            : Chance(30) ? StrCat("---", end)
                                         : "",
                            entry("apiVersion", "kubelet.config.k8s.io/v1beta1"), separator);
  if (Chance(60)) {
    setup_.runtime_endpoint = Endpoint();
    text += StrCat(entry("containerRuntimeEndpoint", setup_.runtime_endpoint), separator);
  } else if (!is_drop_in && Chance(20)) {
    text += StrCat(entry("containerRuntimeEndpoint", ""), separator);
  }
  if (Chance(30)) {
    setup_.image_endpoint = Endpoint();
    text += StrCat(entry("imageServiceEndpoint", setup_.image_endpoint), separator);
  }
  text += StrCat(json ? "\"authentication\": {\"anonymous\": {\"enabled\": false}}"
                      : StrCat("authentication:", end, "  anonymous:", end, "    enabled: false"),
                 separator, entry("kind", "KubeletConfiguration"), json ? "}" : "");
  return text + (Chance(70) ? end : "");
}

RandomSetup SetupGenerator::Next() {
  setup_ = {};
  setup_.runtime_endpoint = kContainerd;
  runtime_flag_.clear();
  image_flag_.clear();
  std::string flags;  // --config and --config-dir
  if (Chance(70)) {
    flags += " --config=/c";
    setup_.files["/c"] = Config(false);
  }
  if (Chance(30)) {
    flags += " --config-dir /d";
    setup_.files["/d/10.conf"] = Config(true);
    setup_.files["/d/20.conf"] = Config(true);
  }
  const std::pair<std::string, std::string> in_force = {setup_.runtime_endpoint,
                                                        setup_.image_endpoint};
  if (Chance(20)) {
    setup_.files[kInstance] = Config(true);
    std::tie(setup_.runtime_endpoint, setup_.image_endpoint) = in_force;
  }
  // In the order in which the words come on the command line.
  const char* separator = Chance(30) ? " \\\n   " : " ";
  const std::string before = Words(Place::kCommand, separator);
  const std::string variable = Variable();
  const std::string file = EnvironmentFile();
  const std::string after = Words(Place::kCommand, separator);
  const std::string drop_in = StrCat("[Service]\n", variable, "EnvironmentFile=-/e\nExecStart=\n",
                                     "ExecStart=/usr/bin/kubelet ", before, separator, "$A $B",
                                     flags, separator, after, "\n");
  setup_.files[kUnit] = "[Service]\nExecStart=/usr/bin/kubelet --v=1\n";
  setup_.files[kKubeadmDropIn] = drop_in;
  setup_.files["/e"] = file;
  setup_.runtime_endpoint = runtime_flag_.empty() ? setup_.runtime_endpoint : runtime_flag_;
  setup_.image_endpoint = image_flag_.empty() ? setup_.image_endpoint : image_flag_;
  setup_.from = Chance(80) ? setup_.runtime_endpoint : Endpoint();
  return setup_;
}

}  // namespace sekisho::install

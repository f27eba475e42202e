#include "system/kubelet_settings.h"

#include <yaml-cpp/yaml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kDefaultEndpoint[] = "unix:///run/containerd/containerd.sock";
constexpr const char* kFlagsWithoutEffect[] = {
    "--bootstrap-kubeconfig",
    "--kubeconfig",
    "--hostname-override",
    "--node-ip",
    "--node-labels",
    "--pod-infra-container-image",
    "--v",
    "--cgroup-driver",
    "--register-with-taints",
    "--root-dir",
    "--container-runtime",
};

void ReadFile(const std::string& path, KubeletSettings& settings) {
  const YAML::Node file = YAML::LoadFile(path);
  if (file["kind"].as<std::string>("") != "KubeletConfiguration") {
    throw std::runtime_error(path + " is no KubeletConfiguration");
  }
  settings.runtime_endpoint =
      file["containerRuntimeEndpoint"].as<std::string>(settings.runtime_endpoint);
  settings.image_endpoint = file["imageServiceEndpoint"].as<std::string>(settings.image_endpoint);
}

std::vector<std::string> DropInsOf(const std::string& directory) {
  std::vector<std::string> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".conf") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

KubeletSettings ReadKubeletSettings(int argc, char** argv) {
  CLI::App app("Speaks CRI as a kubelet does");
  std::string runtime;
  std::string image;
  std::string config;
  std::string config_dir;
  const auto last = CLI::MultiOptionPolicy::TakeLast;
  app.add_option("--container-runtime-endpoint", runtime)->multi_option_policy(last);
  app.add_option("--image-service-endpoint", image)->multi_option_policy(last);
  app.add_option("--config", config)->multi_option_policy(last);
  app.add_option("--config-dir", config_dir)->multi_option_policy(last);
  std::vector<std::string> ignored;
  for (const char* flag : kFlagsWithoutEffect) {
    app.add_option(flag, ignored);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw std::runtime_error(error.what());
  }
  KubeletSettings settings{.runtime_endpoint = kDefaultEndpoint, .image_endpoint = ""};
  if (!config.empty()) {
    ReadFile(config, settings);
  }
  if (!config_dir.empty()) {
    for (const std::string& path : DropInsOf(config_dir)) {
      ReadFile(path, settings);
    }
  }
  settings.runtime_endpoint = runtime.empty() ? settings.runtime_endpoint : runtime;
  settings.image_endpoint = image.empty() ? settings.image_endpoint : image;
  if (settings.image_endpoint.empty()) {
    settings.image_endpoint = settings.runtime_endpoint;
  }
  return settings;
}

}  // namespace sekisho::testing

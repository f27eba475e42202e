// manifest_client FILE NAME [SERVER]: runs the pod of a rendered DaemonSet as this node's kubelet
// does, under this name: its ConfigMaps are taken from the same file and laid out as mounted ones
// are, its init containers run to their end one after the other, then its containers are started,
// and asked their readiness probe. SERVER is the API server's HOST:PORT, for the containers'
// environment; what a projected volume NAME holds comes from /var/lib/projected/NAME. Each call
// goes to the endpoint that the kubelet has just then (stats.json): the pod may change it. One JSON
// object on stdout: what became of each container.
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "manifest/project.h"
#include "manifest/read.h"
#include "support/cri_client.h"
#include "support/text_file.h"
#include "system/kubelet_channel.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kInitTimeout{90};
constexpr seconds kReadyTimeout{40};
constexpr milliseconds kBetweenLooks{200};

template <typename Done>
bool Until(Done done, seconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return true;
}

void Check(const absl::Status& status, const std::string& what) {
  if (!status.ok()) {
    throw std::runtime_error(what + ": " + std::string(absl::StatusCodeToString(status.code())) +
                             ": " + std::string(status.message()));
  }
}

// What the pod's manifest does not tell the manifest module.
struct Rendered {
  // The volumes that are ConfigMaps: name -> path in the volume -> text.
  std::map<std::string, std::map<std::string, std::string>> volumes;
  std::map<std::string, std::vector<std::string>> probes;  // container -> readinessProbe.exec
};

std::map<std::string, std::string> FilesOf(const YAML::Node& config_map, const YAML::Node& data) {
  std::map<std::string, std::string> files;
  if (const YAML::Node items = config_map["items"]) {
    for (const YAML::Node& item : items) {
      files[item["path"].as<std::string>()] = data[item["key"].as<std::string>()].as<std::string>();
    }
  } else if (data.IsMap()) {
    for (const auto& entry : data) {
      files[entry.first.as<std::string>()] = entry.second.as<std::string>();
    }
  }
  return files;
}

Rendered ReadRendered(const std::string& file) {
  std::map<std::string, YAML::Node> data;
  YAML::Node pod_spec;
  for (const YAML::Node& document : YAML::LoadAllFromFile(file)) {
    const auto kind = document["kind"].as<std::string>();
    if (kind == "ConfigMap") {
      YAML::Node& of_map = data[document["metadata"]["name"].as<std::string>()];
      if (document["data"]) {
        of_map.reset(document["data"]);
      }
    } else if (kind == "DaemonSet") {
      pod_spec.reset(document["spec"]["template"]["spec"]);
    }
  }
  Rendered rendered;
  for (const YAML::Node& volume : pod_spec["volumes"]) {
    if (const YAML::Node config_map = volume["configMap"]) {
      rendered.volumes[volume["name"].as<std::string>()] =
          FilesOf(config_map, data.at(config_map["name"].as<std::string>()));
    }
  }
  for (const YAML::Node& container : pod_spec["containers"]) {
    if (const YAML::Node probe = container["readinessProbe"]) {
      rendered.probes[container["name"].as<std::string>()] =
          probe["exec"]["command"].as<std::vector<std::string>>();
    }
  }
  return rendered;
}

// As the kubelet's atomic writer lays a ConfigMap out: a folder a generation, a link to the current
// one, and links through it.
void LayOut(const std::string& folder, const std::map<std::string, std::string>& files) {
  const fs::path root(folder);
  const fs::path generation = "..2026_11_21_00_00_00.1";
  fs::create_directories(root / generation);
  for (const auto& [path, text] : files) {
    fs::create_directories((root / generation / path).parent_path());
    WriteText((root / generation / path).string(), text);
    const fs::path top = *fs::path(path).begin();
    if (!fs::is_symlink(root / top)) {
      fs::create_symlink(fs::path("..data") / top, root / top);
    }
  }
  if (!fs::is_symlink(root / "..data")) {
    fs::create_directory_symlink(generation, root / "..data");
  }
}

// Flat: each file of the folder, by its name.
std::map<std::string, std::string> FilesBelow(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename()] = ReadText(entry.path());
  }
  return files;
}

// What a kubelet makes before it asks for the container.
void MakeMounts(const cri_v1::ContainerConfig& config, const Rendered& rendered) {
  constexpr char kConfigMaps[] = "/volumes/kubernetes.io~configmap/";
  constexpr char kProjected[] = "/volumes/kubernetes.io~projected/";
  for (const cri_v1::Mount& mount : config.mounts()) {
    const fs::path path = mount.host_path();
    const std::string text = mount.host_path();
    if (const size_t at = text.find(kConfigMaps); at != std::string::npos) {
      LayOut(text, rendered.volumes.at(text.substr(at + sizeof(kConfigMaps) - 1)));
    } else if (const size_t name = text.find(kProjected); name != std::string::npos) {
      LayOut(text, FilesBelow("/var/lib/projected/" + text.substr(name + sizeof(kProjected) - 1)));
    } else if (text.find("/etc-hosts") != std::string::npos ||
               text.find("/containers/") != std::string::npos) {
      fs::create_directories(path.parent_path());
      std::ofstream(text, std::ios::app).flush();
    } else {
      fs::create_directories(path);
    }
  }
}

// A client of the runtime as the kubelet reaches it at this moment.
class Runtime {
 public:
  CriClient& Client() {
    const auto stats = nlohmann::json::parse(ReadText("/run/kubelet/stats.json"), nullptr, false);
    const std::string endpoint = stats.is_object() ? stats.value("endpoint", "") : "";
    if (endpoint.empty()) {
      throw std::runtime_error("the kubelet says nothing in /run/kubelet/stats.json");
    }
    if (endpoint != endpoint_) {
      endpoint_ = endpoint;
      client_.reset();
      channel_ = std::make_unique<KubeletChannel>(endpoint);
      client_.emplace(channel_->channel(), CriClientOptions{.wait_for_ready = false});
    }
    return *client_;
  }

 private:
  std::string endpoint_;
  std::unique_ptr<KubeletChannel> channel_;
  std::optional<CriClient> client_;
};

class PodRunner {
 public:
  PodRunner(const std::string& file, const std::string& name, std::string server)
      : rendered_(ReadRendered(file)), server_(std::move(server)) {
    manifest::Manifests manifests = manifest::ReadManifests(ReadText(file), file);
    if (!manifests.ok() || manifests.pods.empty()) {
      throw std::runtime_error(file + ": holds no pod that can be read");
    }
    pod_ = std::move(manifests.pods.front());
    pod_.kind = "Pod";
    pod_.name = name;
    pod_.uid = "uid-of-" + name;
    requests_ = manifest::Project(pod_, {});
  }

  nlohmann::json Run() {
    const std::string logs = requests_.sandbox.config().log_directory();
    fs::create_directories(logs);
    cri_v1::RunPodSandboxResponse sandbox;
    Check(runtime_.Client().Call("RunPodSandbox", requests_.sandbox, sandbox), "RunPodSandbox");
    sandbox_ = sandbox.pod_sandbox_id();
    nlohmann::json result = {{"sandbox", sandbox_}};
    for (size_t i = 0; i < pod_.spec.containers.size(); ++i) {
      const manifest::Container& container = pod_.spec.containers[i];
      const cri_v1::CreateContainerRequest& request = requests_.containers.at(i);
      nlohmann::json& of_container = result["containers"][container.name];
      const std::string id = Start(request);
      const bool is_init = container.role == manifest::ContainerRole::kInit;
      if (is_init) {
        of_container["exitCode"] = WaitForEnd(id);
      } else if (rendered_.probes.contains(container.name)) {
        of_container["ready"] = Probe(id, rendered_.probes.at(container.name));
      }
      of_container["log"] = ReadText(logs + "/" + request.config().log_path());
      if (is_init && of_container["exitCode"] != 0) {
        break;  // a kubelet goes no further either
      }
    }
    return result;
  }

 private:
  std::string Start(cri_v1::CreateContainerRequest request) {
    request.set_pod_sandbox_id(sandbox_);
    cri_v1::ContainerConfig& config = *request.mutable_config();
    const absl::StatusOr<std::string> image = runtime_.Client().ImageId(config.image().image());
    Check(image.status(), "ImageStatus");
    config.mutable_image()->set_image(*image);
    MakeMounts(config, rendered_);
    AddServer(config);
    fs::create_directories(
        fs::path(request.sandbox_config().log_directory() + "/" + config.log_path()).parent_path());
    cri_v1::CreateContainerResponse created;
    Check(runtime_.Client().Call("CreateContainer", request, created),
          "CreateContainer of " + config.metadata().name());
    Check(runtime_.Client().Start(created.container_id()), "StartContainer");
    return created.container_id();
  }

  void AddServer(cri_v1::ContainerConfig& config) const {
    if (const size_t colon = server_.rfind(':'); colon != std::string::npos) {
      for (const auto& [key, value] :
           {std::pair("KUBERNETES_SERVICE_HOST", server_.substr(0, colon)),
            std::pair("KUBERNETES_SERVICE_PORT", server_.substr(colon + 1))}) {
        cri_v1::KeyValue& variable = *config.add_envs();
        variable.set_key(key);
        variable.set_value(value);
      }
    }
  }

  // While the pod works on the kubelet, calls may fail.
  int WaitForEnd(const std::string& id) {
    cri_v1::ContainerStatusRequest request;
    request.set_container_id(id);
    cri_v1::ContainerStatusResponse response;
    const bool ended = Until(
        [&] {
          return runtime_.Client().Call("ContainerStatus", request, response).ok() &&
                 response.status().state() == cri_v1::CONTAINER_EXITED;
        },
        kInitTimeout);
    if (!ended) {
      throw std::runtime_error("the init container did not end");
    }
    return response.status().exit_code();
  }

  // Until it succeeds, as a probe is asked again and again. The last answer.
  nlohmann::json Probe(const std::string& id, const std::vector<std::string>& command) {
    nlohmann::json answer;
    Until(
        [&] {
          const absl::StatusOr<ExecResult> ran = runtime_.Client().Exec(id, command);
          Check(ran.status(), "ExecSync");
          answer = {{"exitCode", ran->exit_code}, {"output", ran->out}};
          return ran->exit_code == 0;
        },
        kReadyTimeout);
    return answer;
  }

  const Rendered rendered_;
  const std::string server_;
  Runtime runtime_;
  manifest::PodManifest pod_;
  manifest::Requests requests_;
  std::string sandbox_;
};

}  // namespace
}  // namespace sekisho::testing

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fputs("manifest_client FILE NAME [SERVER]\n", stderr);
    return 2;
  }
  try {
    std::puts(sekisho::testing::PodRunner(argv[1], argv[2], argc == 4 ? argv[3] : "")
                  .Run()
                  .dump(1)
                  .c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

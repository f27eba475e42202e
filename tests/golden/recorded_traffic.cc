#include "golden/recorded_traffic.h"

#include <google/protobuf/util/json_util.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>

#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
namespace fs = std::filesystem;

constexpr std::string_view kSandboxSuffix = ".RunPodSandbox.json";
constexpr std::string_view kContainerSuffix = ".CreateContainer.json";

template <typename Message>
std::optional<Message> Read(const fs::path& path, std::vector<std::string>& errors) {
  Message message;
  const auto status =
      google::protobuf::util::JsonStringToMessage(ReadText(path.string()), &message);
  if (!status.ok()) {
    errors.push_back(path.string() + ": " + status.ToString());
    return std::nullopt;
  }
  return message;
}

// "good-d45b6cf9f-5xx6b" is a pod of the Deployment "good", which says so with a label.
std::string WithoutHashes(std::string name, const cri_v1::PodSandboxConfig& pod) {
  const auto hash = pod.labels().find("pod-template-hash");
  if (hash == pod.labels().end()) {
    return name;
  }
  return name.substr(0, name.rfind("-" + hash->second + "-"));
}

// The pods by the path of their files without ".Method.json" and container.
class Reader {
 public:
  explicit Reader(fs::path folder) : folder_(std::move(folder)) {}

  void Add(const fs::path& path) {
    const std::string file = fs::relative(path, folder_).string();
    if (file.ends_with(kSandboxSuffix)) {
      AddSandbox(path, file);
    } else if (file.ends_with(kContainerSuffix)) {
      AddContainer(path, file);
    }
  }

  RecordedTraffic Finish() && {
    for (auto& [stem, pod] : pods_) {
      // A recording that began after the sandbox was run still has what each container says of it.
      if (pod.file.empty()) {
        *pod.sandbox.mutable_config() = pod.containers.front().request.sandbox_config();
      }
      pod.name = WithoutHashes(stem, pod.sandbox.config());
      traffic_.pods.push_back(std::move(pod));
    }
    return std::move(traffic_);
  }

 private:
  void AddSandbox(const fs::path& path, const std::string& file) {
    if (auto request = Read<cri_v1::RunPodSandboxRequest>(path, traffic_.errors)) {
      RecordedPod& pod = pods_[file.substr(0, file.size() - kSandboxSuffix.size())];
      pod.file = file;
      pod.sandbox = *std::move(request);
    }
  }

  void AddContainer(const fs::path& path, const std::string& file) {
    if (auto request = Read<cri_v1::CreateContainerRequest>(path, traffic_.errors)) {
      // "pod.container": a container's name has no dot, a pod's may.
      const std::string stem = file.substr(0, file.size() - kContainerSuffix.size());
      const std::string name = request->config().metadata().name();
      if (!stem.ends_with("." + name)) {
        traffic_.errors.push_back(file + ": does not end in the container's name, " + name);
        return;
      }
      pods_[stem.substr(0, stem.size() - name.size() - 1)].containers.push_back(
          {file, name, *std::move(request)});
    }
  }

  fs::path folder_;
  std::map<std::string, RecordedPod> pods_;
  RecordedTraffic traffic_;
};

}  // namespace

std::optional<std::string> TrafficFolder() {
  if (const char* given = std::getenv("SEKISHO_KUBELET_TRAFFIC")) {
    return given;  // one that is not there is a mistake, and fails
  }
  const std::string beside = SEKISHO_SOURCE_DIR "/../shared/kubelet-traffic";
  return fs::is_directory(beside) ? std::optional(beside) : std::nullopt;
}

RecordedTraffic ReadTraffic(const std::string& folder) {
  Reader reader(folder);
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  if (error) {
    return {.pods = {}, .errors = {folder + ": " + error.message()}};
  }
  for (const fs::directory_entry& entry : entries) {
    if (entry.is_regular_file()) {
      reader.Add(entry.path());
    }
  }
  return std::move(reader).Finish();
}

}  // namespace sekisho::testing

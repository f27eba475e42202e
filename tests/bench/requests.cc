#include "bench/requests.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/str_cat.h"
#include "bench/h2_session.h"

namespace sekisho::bench {
namespace {

namespace cri_v1 = runtime::v1;
namespace fs = std::filesystem;

constexpr char kVolume[] = "volumes/kubernetes.io~projected/kube-api-access-x7k2p";

std::string PodDirectory(const testing::PodOptions& pod) {
  return pod.kubelet_root + "/pods/" + pod.uid;
}

// Says what restricted demands but for a seccomp profile: that one the agent adds.
void SayAlmostAll(const std::string& pod_directory, cri_v1::ContainerConfig& config) {
  testing::MakeRestricted(config);
  auto& context = *config.mutable_linux()->mutable_security_context();
  context.mutable_seccomp()->set_profile_type(cri_v1::SecurityProfile::Unconfined);
  cri_v1::Mount& mount = *config.add_mounts();
  mount.set_host_path(base::StrCat(pod_directory, "/", kVolume));
  mount.set_container_path("/var/run/secrets/kubernetes.io/serviceaccount");
  mount.set_readonly(true);
}

}  // namespace

BenchPod::BenchPod(const std::string& dir) : pod_{.kubelet_root = dir + "/kubelet"} {
  const std::string pod = PodDirectory(pod_);
  fs::create_directories(base::StrCat(pod, "/", kVolume));
  fs::create_directories(pod + "/containers/web");
  for (const char* file : {"/etc-hosts", "/containers/web/ef9da2f4"}) {
    if (!std::ofstream(pod + file).flush()) {
      throw std::runtime_error("cannot write " + pod + file);
    }
  }
}

std::string BenchPod::RunPodSandbox() const {
  return testing::RunPodSandbox(pod_).SerializeAsString();
}

std::string BenchPod::CreateContainer(const std::string& sandbox_id) const {
  const auto build = [&](size_t filler) {
    return testing::CreateContainer(sandbox_id, pod_,
                                    {.edit = [&](cri_v1::ContainerConfig& config) {
                                      SayAlmostAll(PodDirectory(pod_), config);
                                      cri_v1::KeyValue& variable = *config.add_envs();
                                      variable.set_key("SETTINGS");
                                      variable.set_value(std::string(filler, 's'));
                                    }});
  };
  // Up to the size that the cases are named after; a long path may already be over it.
  const size_t without = build(0).ByteSizeLong();
  size_t filler = without < kCreateBytes ? kCreateBytes - without : 0;
  while (filler > 0 && build(filler).ByteSizeLong() > kCreateBytes) {
    --filler;  // longer lengths take longer length fields
  }
  return build(filler).SerializeAsString();
}

Call CallOf(std::string_view method, std::string_view message, const Answers& answers) {
  std::string path = base::StrCat("/runtime.v1.RuntimeService/", method);
  const auto answer = answers.find(path);
  const size_t bytes = answer == answers.end() ? 0 : answer->second.body.size();
  return {.path = std::move(path), .body = Framed(message), .answer_bytes = bytes};
}

std::string IdIn(std::string_view answer) {
  // Both responses have the id as their field 1.
  cri_v1::CreateContainerResponse response;
  constexpr size_t kPrefix = 5;
  const bool parsed =
      answer.size() > kPrefix &&
      response.ParseFromArray(answer.data() + kPrefix, static_cast<int>(answer.size() - kPrefix));
  return parsed ? response.container_id() : "";
}

}  // namespace sekisho::bench

// Stands where a kubelet stands: takes its endpoint from where a kubelet takes it, speaks CRI as a
// kubelet does, and says how it went in /run/kubelet/stats.json. No call is tried again.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "support/cri_client.h"
#include "system/kubelet_channel.h"
#include "system/kubelet_stats.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using std::chrono::seconds;

constexpr char kStatsFile[] = "/run/kubelet/stats.json";
constexpr uint16_t kHealthPort = 10248;
constexpr char kNamespace[] = "stand-in";
constexpr seconds kFirstAnswer{10};
constexpr seconds kStatusInterval{5};
constexpr seconds kListInterval{1};
constexpr std::chrono::milliseconds kPodInterval{700};
constexpr std::chrono::milliseconds kPodLife{300};

class Kubelet {
 public:
  explicit Kubelet(const KubeletSettings& settings)
      : stats_(kStatsFile, settings),
        runtime_channel_(settings.runtime_endpoint),
        image_channel_(settings.image_endpoint),
        runtime_(runtime_channel_.channel(), Options()),
        images_(image_channel_.channel(), Options()) {}

  // Nothing is retried: systemd starts a kubelet whose runtime does not answer again.
  absl::Status FirstContact() {
    cri_v1::VersionResponse version;
    cri_v1::ListImagesResponse images;
    SEKISHO_RETURN_IF_ERROR(
        runtime_.Call("Version", cri_v1::VersionRequest(), version, kFirstAnswer));
    return images_.Call("ImageService/ListImages", cri_v1::ListImagesRequest(), images,
                        kFirstAnswer);
  }
  [[noreturn]] void Run();
  const KubeletStats& stats() const { return stats_; }

 private:
  CriClientOptions Options() {
    return {.wait_for_ready = false,
            .on_end = [this](const std::string& method, const absl::Status& status) {
              stats_.Count(method, status);
            }};
  }
  // Failures are counted where the call ends, and a kubelet goes on all the same.
  template <typename Response, typename Request>
  Response Ask(const std::string& method, const Request& request) {
    Response response;
    (void)runtime_.Call(method, request, response);
    return response;
  }
  void AskStatus();
  void List();
  void RemoveOldPods();
  void RunOnePod(int number);
  void RemovePod(const std::string& sandbox, const std::string& container);

  KubeletStats stats_;
  KubeletChannel runtime_channel_;
  KubeletChannel image_channel_;
  CriClient runtime_;
  CriClient images_;
};

void Kubelet::AskStatus() {
  (void)Ask<cri_v1::VersionResponse>("Version", cri_v1::VersionRequest());
  (void)Ask<cri_v1::StatusResponse>("Status", cri_v1::StatusRequest());
}

void Kubelet::List() {
  (void)Ask<cri_v1::ListPodSandboxResponse>("ListPodSandbox", cri_v1::ListPodSandboxRequest());
  (void)Ask<cri_v1::ListContainersResponse>("ListContainers", cri_v1::ListContainersRequest());
  cri_v1::ListImagesResponse response;
  (void)images_.Call("ImageService/ListImages", cri_v1::ListImagesRequest(), response);
}

void Kubelet::RemovePod(const std::string& sandbox, const std::string& container) {
  if (!container.empty()) {
    cri_v1::StopContainerRequest stop;
    stop.set_container_id(container);
    (void)Ask<cri_v1::StopContainerResponse>("StopContainer", stop);
  }
  cri_v1::StopPodSandboxRequest stop;
  stop.set_pod_sandbox_id(sandbox);
  (void)Ask<cri_v1::StopPodSandboxResponse>("StopPodSandbox", stop);
  if (!container.empty()) {
    cri_v1::RemoveContainerRequest remove;
    remove.set_container_id(container);
    (void)Ask<cri_v1::RemoveContainerResponse>("RemoveContainer", remove);
  }
  cri_v1::RemovePodSandboxRequest remove;
  remove.set_pod_sandbox_id(sandbox);
  (void)Ask<cri_v1::RemovePodSandboxResponse>("RemovePodSandbox", remove);
}

// Of the kubelet before us. One whose container was just being started when that kubelet ended is
// left alone: the runtime refuses to remove it until the start is over.
void Kubelet::RemoveOldPods() {
  const auto pods =
      Ask<cri_v1::ListPodSandboxResponse>("ListPodSandbox", cri_v1::ListPodSandboxRequest());
  const auto containers =
      Ask<cri_v1::ListContainersResponse>("ListContainers", cri_v1::ListContainersRequest());
  std::set<std::string> starting;
  for (const cri_v1::Container& container : containers.containers()) {
    if (container.state() == cri_v1::CONTAINER_CREATED) {
      starting.insert(container.pod_sandbox_id());
    }
  }
  for (const cri_v1::PodSandbox& pod : pods.items()) {
    if (pod.metadata().namespace_() == kNamespace && !starting.contains(pod.id())) {
      RemovePod(pod.id(), "");
    }
  }
}

void Kubelet::RunOnePod(int number) {
  const std::string serial = std::to_string(::getpid()) + "-" + std::to_string(number);
  PodOptions pod;
  pod.name = "pod-" + serial;
  pod.namespace_ = kNamespace;
  pod.uid = "stand-in-" + serial;
  const absl::StatusOr<std::string> sandbox = runtime_.RunPod(pod);
  if (!sandbox.ok()) {
    return;
  }
  const absl::StatusOr<std::string> container = runtime_.Run(*sandbox, pod, {});
  if (container.ok()) {
    std::this_thread::sleep_for(kPodLife);
  }
  RemovePod(*sandbox, container.value_or(""));
  if (container.ok()) {
    stats_.CountPod();
  }
}

void Kubelet::Run() {
  std::thread([this] {
    for (;; std::this_thread::sleep_for(kStatusInterval)) {
      AskStatus();
    }
  }).detach();
  std::thread([this] {
    for (;; std::this_thread::sleep_for(kListInterval)) {
      List();
    }
  }).detach();
  RemoveOldPods();
  for (int number = 0;; ++number) {
    RunOnePod(number);
    std::this_thread::sleep_for(kPodInterval);
  }
}

// GET /healthz; whatever else is asked gets the same answer.
[[noreturn]] void ServeHealth(int listening, const KubeletStats& stats) {
  for (;;) {
    const base::UniqueFd connection(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
    char request[1024];
    if (!connection.valid() || ::recv(connection.get(), request, sizeof(request), 0) <= 0) {
      continue;
    }
    const std::string answer =
        stats.Healthy() ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
                        : "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 12\r\n"
                          "Connection: close\r\n\r\nruntime down";
    (void)::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }
}

base::UniqueFd ListenForHealth() {
  base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = ::htons(kHealthPort);
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(fd.get(), 16) != 0) {
    throw std::runtime_error(std::string("cannot serve /healthz: ") + std::strerror(errno));
  }
  return fd;
}

int Main(int argc, char** argv) {
  const KubeletSettings settings = ReadKubeletSettings(argc, argv);
  std::fprintf(stderr, "runtime %s, images %s\n", settings.runtime_endpoint.c_str(),
               settings.image_endpoint.c_str());
  Kubelet kubelet(settings);
  if (const absl::Status status = kubelet.FirstContact(); !status.ok()) {
    throw std::runtime_error("validate service connection: " + status.ToString());
  }
  const base::UniqueFd health = ListenForHealth();
  std::thread([&] { ServeHealth(health.get(), kubelet.stats()); }).detach();
  kubelet.Run();
}

}  // namespace
}  // namespace sekisho::testing

int main(int argc, char** argv) {
  try {
    return sekisho::testing::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

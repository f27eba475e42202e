// pod_client ENDPOINT NAMESPACE NAME [OPTION…]: runs one pod with one container, as a kubelet asks
// for it, and leaves it there. One JSON object on stdout: what the runtime answered, or the
// refusal.
//   localhost=FILE   the container's seccomp profile, as a kubelet names it
//   mount=FROM:TO    a bind mount
//   privileged       the container is
//   exec=SCRIPT      a shell script to run in it: "exitCode" and "output"
#include <sys/types.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/cri_client.h"
#include "system/kubelet_channel.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

void Apply(const std::string& option, cri_v1::ContainerConfig& config) {
  auto& context = *config.mutable_linux()->mutable_security_context();
  const size_t equals = option.find('=');
  const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
  if (option.starts_with("localhost=")) {
    context.mutable_seccomp()->set_profile_type(cri_v1::SecurityProfile::Localhost);
    context.mutable_seccomp()->set_localhost_ref(value);
  } else if (option.starts_with("mount=")) {
    cri_v1::Mount& mount = *config.add_mounts();
    mount.set_host_path(value.substr(0, value.find(':')));
    mount.set_container_path(value.substr(value.find(':') + 1));
  } else if (option == "privileged") {
    context.set_privileged(true);
  } else if (!option.starts_with("exec=")) {
    throw std::runtime_error("no option " + option);
  }
}

nlohmann::json RunPod(const std::string& endpoint, const std::string& namespace_,
                      const std::string& name, const std::vector<std::string>& options) {
  const KubeletChannel channel(endpoint);
  CriClient client(channel.channel(), {.wait_for_ready = false});
  PodOptions pod;
  pod.name = name;
  pod.namespace_ = namespace_;
  pod.uid = "uid-of-" + name;
  nlohmann::json result = {{"code", "OK"}, {"message", ""}};
  const auto failed = [&result](const absl::Status& status) {
    result["code"] = absl::StatusCodeToString(status.code());
    result["message"] = std::string(status.message());
    return result;
  };
  const absl::StatusOr<std::string> sandbox = client.RunPod(pod);
  if (!sandbox.ok()) {
    return failed(sandbox.status());
  }
  result["sandbox"] = *sandbox;
  const absl::StatusOr<std::string> container =
      client.Run(*sandbox, pod, {.edit = [&](cri_v1::ContainerConfig& config) {
        for (const std::string& option : options) {
          Apply(option, config);
        }
      }});
  if (!container.ok()) {
    return failed(container.status());
  }
  result["container"] = *container;
  const absl::StatusOr<pid_t> pid = client.PidOf(*container);
  if (!pid.ok()) {
    return failed(pid.status());
  }
  result["pid"] = *pid;
  for (const std::string& option : options) {
    if (option.starts_with("exec=")) {
      const absl::StatusOr<ExecResult> ran =
          client.Exec(*container, {"/bin/sh", "-c", option.substr(5)});
      if (!ran.ok()) {
        return failed(ran.status());
      }
      result["exitCode"] = ran->exit_code;
      result["output"] = ran->out;
    }
  }
  return result;
}

}  // namespace
}  // namespace sekisho::testing

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("pod_client ENDPOINT NAMESPACE NAME [OPTION...]\n", stderr);
    return 2;
  }
  try {
    const std::vector<std::string> options(argv + 4, argv + argc);
    std::puts(sekisho::testing::RunPod(argv[1], argv[2], argv[3], options).dump(1).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}

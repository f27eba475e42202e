// The endpoints in a file of KubeletConfiguration, YAML or JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "install/kubelet_setup.h"

namespace sekisho::install {

inline constexpr std::string_view kRuntimeKey = "containerRuntimeEndpoint";
inline constexpr std::string_view kImageKey = "imageServiceEndpoint";

// The endpoints that the file names, each as a setting. An empty one is left out, since the kubelet
// takes its default for it; in a file of --config-dir (`is_drop_in`), where it would take back what
// came before, it is an error. So is what is no KubeletConfiguration of v1beta1.
absl::StatusOr<std::vector<EndpointSetting>> EndpointsOfConfig(std::string_view text,
                                                               const std::string& file,
                                                               EndpointSetting::In in,
                                                               bool is_drop_in);

}  // namespace sekisho::install

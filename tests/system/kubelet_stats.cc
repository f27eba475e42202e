#include "system/kubelet_stats.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "support/text_file.h"

namespace sekisho::testing {
namespace {

constexpr std::chrono::seconds kRuntimeDown{30};

}  // namespace

KubeletStats::KubeletStats(std::string path, KubeletSettings settings)
    : path_(std::move(path)), settings_(std::move(settings)) {
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path());
  const std::lock_guard lock(mutex_);
  Write();
}

void KubeletStats::Count(const std::string& method, const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  ++calls_[method][absl::StatusCodeToString(status.code())];
  if (!status.ok()) {
    ++failures_;
    last_error_ = method + ": " + status.ToString();
  } else if (method == "Status") {
    answered_ = std::chrono::steady_clock::now();
  }
  Write();
}

void KubeletStats::CountPod() {
  const std::lock_guard lock(mutex_);
  ++pods_;
  Write();
}

bool KubeletStats::Healthy() const {
  const std::lock_guard lock(mutex_);
  return answered_ != std::chrono::steady_clock::time_point() &&
         std::chrono::steady_clock::now() - answered_ < kRuntimeDown;
}

void KubeletStats::Write() {
  const nlohmann::json text = {{"pid", ::getpid()},
                               {"endpoint", settings_.runtime_endpoint},
                               {"imageEndpoint", settings_.image_endpoint},
                               {"calls", calls_},
                               {"failures", failures_},
                               {"pods", pods_},
                               {"lastError", last_error_}};
  WriteText(path_ + ".new", text.dump(1) + "\n");
  std::filesystem::rename(path_ + ".new", path_);
}

}  // namespace sekisho::testing

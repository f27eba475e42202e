#include "system/kubelet_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <string_view>

namespace sekisho::testing {
namespace {

constexpr int kBackoffFirstMs = 100;
constexpr int kBackoffMaxMs = 3000;
constexpr int kConnectTimeoutMs = 5000;
constexpr std::chrono::milliseconds kWatchStep{200};

std::string PathOf(const std::string& endpoint) {
  for (const std::string_view scheme : {"unix://", "unix:"}) {
    if (endpoint.starts_with(scheme)) {
      return endpoint.substr(scheme.size());
    }
  }
  return endpoint;
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kBackoffFirstMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kBackoffMaxMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + PathOf(endpoint), grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

KubeletChannel::KubeletChannel(const std::string& endpoint)
    : channel_(ChannelTo(endpoint)), watcher_([this] { Watch(); }) {}

KubeletChannel::~KubeletChannel() {
  stop_ = true;
  watcher_.join();
}

// Who waits for a change of the channel's state reads from its connection meanwhile.
void KubeletChannel::Watch() {
  while (!stop_) {
    (void)channel_->WaitForStateChange(channel_->GetState(false),
                                       std::chrono::system_clock::now() + kWatchStep);
  }
}

}  // namespace sekisho::testing

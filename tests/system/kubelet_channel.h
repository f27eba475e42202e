// How a kubelet reaches its container runtime.
#pragma once

#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace sekisho::testing {

// A connection of its own to "unix:///run/x.sock", "unix:/run/x.sock" or "/run/x.sock". Tried again
// at the pace that a kubelet's gRPC has: a refused connection costs its calls up to three seconds,
// and one that is not greeted within five counts as refused.
//
// Whatever arrives on it is read at once, as by a kubelet's gRPC for Go. This gRPC reads only while
// somebody waits for an answer: the first call after a pause would go to a server that has long
// said goodbye.
class KubeletChannel {
 public:
  explicit KubeletChannel(const std::string& endpoint);
  ~KubeletChannel();
  KubeletChannel(const KubeletChannel&) = delete;
  KubeletChannel& operator=(const KubeletChannel&) = delete;

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  void Watch();

  const std::shared_ptr<grpc::Channel> channel_;
  std::atomic<bool> stop_{false};
  std::thread watcher_;
};

}  // namespace sekisho::testing

// What the load generator sends, and the pod that it is about.
#pragma once

#include <string>
#include <string_view>

#include "bench/answers.h"
#include "bench/load.h"
#include "support/request_builders.h"

namespace sekisho::bench {

// The bytes of the CreateContainer: what one of a small pod has.
inline constexpr size_t kCreateBytes = 2048;

// A pod that the restricted level accepts once it is hardened. The kubelet's files and volumes of
// it are made below `dir`, so that the agent finds on the node what the request names.
class BenchPod {
 public:
  explicit BenchPod(const std::string& dir);

  // Messages, not framed.
  std::string RunPodSandbox() const;
  std::string CreateContainer(const std::string& sandbox_id) const;

  const std::string& kubelet_root() const { return pod_.kubelet_root; }

 private:
  testing::PodOptions pod_;
};

// With the length that `answers` has for it; to a method that it does not have, no answer is right.
Call CallOf(std::string_view method, std::string_view message, const Answers& answers);

// The id that an answer to RunPodSandbox or CreateContainer brought.
std::string IdIn(std::string_view answer);

}  // namespace sekisho::bench

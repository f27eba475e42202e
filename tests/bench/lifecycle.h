// The life of pods, one in each lane: what a kubelet calls from a pod's start to its removal, with
// the calls between them that nobody judges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/answers.h"
#include "bench/load.h"
#include "bench/requests.h"

namespace sekisho::bench {

class Lifecycle : public CallSource {
 public:
  // `answers` give every sandbox and container an id of its own.
  Lifecycle(const BenchPod& pod, const Answers& answers, size_t lanes);

  // How many calls Next() gives from now on, over all lanes.
  void Allow(int64_t calls) { left_ = calls; }

  const Call* Next(size_t lane) override;
  void Answered(size_t lane, std::string_view answer) override;
  bool wants_answers() const override { return true; }

 private:
  struct Lane {
    size_t step = 0;  // the next one
    std::string sandbox;
    std::vector<std::string> containers;
    Call call;
  };

  Call CallAt(const Lane& lane) const;

  const BenchPod& pod_;
  const Answers& answers_;
  std::vector<Lane> lanes_;
  int64_t left_ = 0;
};

}  // namespace sekisho::bench

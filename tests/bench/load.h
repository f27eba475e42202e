// A load of equal unary calls, and how long each took.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

namespace sekisho::bench {

struct Load {
  std::string method;
  std::string request;
  int in_flight = 1;
  int calls = 0;
};

struct Timing {
  double p50_us = 0;
  double p99_us = 0;
  double calls_per_second = 0;
  int failed = 0;
};

// Keeps `in_flight` calls under way until `calls` have been answered. Blocks.
Timing Run(const std::shared_ptr<grpc::Channel>& channel, const Load& load);

double Median(std::vector<double> values);

}  // namespace sekisho::bench

// What gRPC itself writes to stderr.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho::relay {

// Lets few lines through in each span of time.
class GrpcLogLimit {
 public:
  // The line to be written, or nothing. What it quotes of a client cannot break it in two, and says
  // no more than the beginning. Its own assertions come through always: they are a process's last
  // words, and no client has a say in how they begin. Not thread-safe.
  std::optional<std::string> Line(std::string_view message,
                                  std::chrono::steady_clock::time_point now);

 private:
  std::optional<std::chrono::steady_clock::time_point> begun_;
  uint64_t lines_ = 0;  // since then
};

// From now on gRPC's lines go through one such limit to `write` in place of stderr, for the whole
// process. gRPC has one for each header that it does not like, with the header in it: a client
// could fill the journal, and write into it what looks like lines of others.
void LimitGrpcLog(void (*write)(std::string_view line));

}  // namespace sekisho::relay

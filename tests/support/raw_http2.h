// HTTP/2 by hand, for what no gRPC client would ever send.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sekisho::testing {

struct Http2Header {
  std::string name;
  std::string value;
};

// Everything a client writes for one call on stream 1: the preface, SETTINGS, HEADERS for `method`
// with `more`, and one DATA frame with `data`, which ends the stream. `data` is what gRPC frames
// would be in.
std::string Http2Call(std::string_view method, std::string_view data,
                      const std::vector<Http2Header>& more = {});

// A gRPC length prefix that announces `announced` bytes, and then `payload`.
std::string GrpcFrame(size_t announced, std::string_view payload);

// Writes `bytes` to `fd` and reads until the peer has ended stream 1 (END_STREAM or RST_STREAM) or
// the connection. Returns whether it ended within `seconds`.
bool ExchangeUntilStreamEnds(int fd, std::string_view bytes, int seconds);

}  // namespace sekisho::testing

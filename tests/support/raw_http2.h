// HTTP/2 by hand, for what no gRPC client would ever send.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekisho::testing {

// As long as they like: where they do not fit into one frame, CONTINUATION frames follow it.
using MoreHeaders = std::vector<std::pair<std::string, std::string>>;

// Everything a client writes for one call on stream 1: the preface, SETTINGS, HEADERS for `method`,
// and one DATA frame with `data`, which ends the stream. `data` is what gRPC frames would be in.
std::string Http2Call(std::string_view method, std::string_view data,
                      const MoreHeaders& more_headers = {});

// The same without preface and SETTINGS, on any stream (odd, rising): for behind the first call.
std::string Http2Stream(unsigned int stream, std::string_view method, std::string_view data,
                        const MoreHeaders& more_headers = {});

// A gRPC length prefix that announces `announced` bytes, and then `payload`.
std::string GrpcFrame(size_t announced, std::string_view payload);

// Writes `bytes` to `fd` and reads until the peer has ended stream 1 (END_STREAM or RST_STREAM) or
// the connection. Returns whether it ended within `seconds`.
bool ExchangeUntilStreamEnds(int fd, std::string_view bytes, int seconds);

}  // namespace sekisho::testing

// The transport settings that both sides of the relay share.
#pragma once

#include <grpc/impl/codegen/grpc_types.h>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace sekisho::relay {

// `set(name, value)` is called for each setting; both gRPC builders take them in that form.
template <typename Set>
void SetCommonArguments(size_t message_bytes_max, Set set) {
  const int bytes_max =
      static_cast<int>(std::min<size_t>(message_bytes_max, std::numeric_limits<int>::max()));
  set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, bytes_max);
  // What was received may be sent: the sender's limit is its own affair.
  set(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, -1);
  // A runtime's error text travels in a header. gRPC's default of 8 KiB cuts long ones off with an
  // error of its own; Go's default is 16 MiB.
  set(GRPC_ARG_MAX_METADATA_SIZE, 1 << 20);
  // Messages pass in the form in which they came (see message.h).
  set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  // Both peers are on this node: measuring bandwidth and delay by pings only costs wake-ups.
  // Without the probe the window is fixed, and it bounds what one slow reader can make us hold.
  set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  set(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1 << 20);
}

}  // namespace sekisho::relay

// Which metadata passes the relay.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <string_view>

#include "absl/status/status.h"

namespace sekisho::relay {

// A caller that sends this key, with any value, gets the two trailers below it, in microseconds:
// what the decision took (where one was asked for) and what the runtime took (where it answered).
// The key ends here. A runtime's trailers of these names then make way for the agent's.
inline constexpr std::string_view kTimesAsked = "sekisho-timing";
inline constexpr std::string_view kDecisionTime = "sekisho-decision-us";
inline constexpr std::string_view kUpstreamTime = "sekisho-upstream-us";

bool AsksForTimes(const grpc::ServerContext& caller);

// Whether a key belongs to one connection rather than to the call, so that each side of the relay
// writes its own: the HTTP/2 pseudo headers, user-agent, and the headers by which gRPC itself
// speaks of encodings, timeouts and statuses.
bool IsHopByHop(std::string_view key);

// Whether gRPC takes it for a call: it ends the process over what it does not take. What comes from
// a connection need not be so, for HPACK can carry any bytes and gRPC does not look at them then.
bool CanBeSent(std::string_view key, std::string_view value);

// OK, or the answer to a caller whose metadata cannot be sent on as it came.
absl::Status CheckRequestMetadata(const grpc::ServerContext& from);

// What cannot be sent is left out by all of these.
// Copies the caller's metadata onto the call to the runtime, all but kTimesAsked.
void CopyRequestMetadata(const grpc::ServerContext& from, grpc::ClientContext& to);
// Copies the runtime's leading / trailing metadata onto the answer. `but_times`: without trailers
// of the names that the agent's own have.
void CopyInitialMetadata(const grpc::ClientContext& from, grpc::ServerContext& to);
void CopyTrailingMetadata(const grpc::ClientContext& from, grpc::ServerContext& to, bool but_times);

}  // namespace sekisho::relay

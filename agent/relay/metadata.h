// Which metadata passes the relay.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <string_view>

namespace sekisho::relay {

// Whether a key belongs to one connection rather than to the call, so that each side of the relay
// writes its own: the HTTP/2 pseudo headers, user-agent, and the headers by which gRPC itself
// speaks of encodings, timeouts and statuses.
bool IsHopByHop(std::string_view key);

// Copies the caller's metadata onto the call to the runtime.
void CopyRequestMetadata(const grpc::ServerContext& from, grpc::ClientContext& to);
// Copies the runtime's leading / trailing metadata onto the answer.
void CopyInitialMetadata(const grpc::ClientContext& from, grpc::ServerContext& to);
void CopyTrailingMetadata(const grpc::ClientContext& from, grpc::ServerContext& to);

}  // namespace sekisho::relay

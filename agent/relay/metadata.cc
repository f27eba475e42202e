#include "relay/metadata.h"

#include <grpc/grpc.h>
#include <grpc/slice.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace sekisho::relay {
namespace {

// From gRPC's "gRPC over HTTP2" protocol document. grpc-status-details-bin is in the list because
// grpc::Status carries it: copied as metadata it would arrive twice.
constexpr auto kHopByHop = std::to_array<std::string_view>({
    "content-type",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-internal-encoding-request",
    "grpc-message",
    "grpc-status",
    "grpc-status-details-bin",
    "grpc-timeout",
    "host",
    "te",
    "user-agent",
});
static_assert(std::ranges::is_sorted(kHopByHop));

using MetadataMap = std::multimap<grpc::string_ref, grpc::string_ref>;

template <typename Add>
void Copy(const MetadataMap& from, Add add) {
  for (const auto& [key, value] : from) {
    if (const std::string_view name(key.data(), key.size());
        !IsHopByHop(name) && CanBeSent(name, {value.data(), value.size()})) {
      add(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    }
  }
}

}  // namespace

bool IsHopByHop(std::string_view key) {
  return key.starts_with(':') || std::ranges::binary_search(kHopByHop, key);
}

bool CanBeSent(std::string_view key, std::string_view value) {
  const grpc_slice name = grpc_slice_from_static_buffer(key.data(), key.size());
  return grpc_header_key_is_legal(name) != 0 &&
         (grpc_is_binary_header(name) != 0 ||
          grpc_header_nonbin_value_is_legal(
              grpc_slice_from_static_buffer(value.data(), value.size())) != 0);
}

absl::Status CheckRequestMetadata(const grpc::ServerContext& from) {
  for (const auto& [key, value] : from.client_metadata()) {
    const std::string_view name(key.data(), key.size());
    if (!IsHopByHop(name) && !CanBeSent(name, {value.data(), value.size()})) {
      return absl::InvalidArgumentError("the call carries metadata that gRPC does not allow");
    }
  }
  return absl::OkStatus();
}

bool AsksForTimes(const grpc::ServerContext& caller) {
  return caller.client_metadata().count({kTimesAsked.data(), kTimesAsked.size()}) != 0;
}

void CopyRequestMetadata(const grpc::ServerContext& from, grpc::ClientContext& to) {
  Copy(from.client_metadata(), [&to](const std::string& key, const std::string& value) {
    if (key != kTimesAsked) {
      to.AddMetadata(key, value);
    }
  });
}

void CopyInitialMetadata(const grpc::ClientContext& from, grpc::ServerContext& to) {
  Copy(from.GetServerInitialMetadata(), [&to](const std::string& key, const std::string& value) {
    to.AddInitialMetadata(key, value);
  });
}

void CopyTrailingMetadata(const grpc::ClientContext& from, grpc::ServerContext& to,
                          bool but_times) {
  Copy(from.GetServerTrailingMetadata(),
       [&to, but_times](const std::string& key, const std::string& value) {
         if (!but_times || (key != kDecisionTime && key != kUpstreamTime)) {
           to.AddTrailingMetadata(key, value);
         }
       });
}

}  // namespace sekisho::relay

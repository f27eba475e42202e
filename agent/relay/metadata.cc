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

// gRPC reads more than it writes: to add any other key or value aborts the process.
bool IsLegal(const grpc::string_ref& key, const grpc::string_ref& value) {
  const grpc_slice key_slice = grpc_slice_from_static_buffer(key.data(), key.size());
  return grpc_header_key_is_legal(key_slice) != 0 &&
         (grpc_is_binary_header(key_slice) != 0 ||
          grpc_header_nonbin_value_is_legal(
              grpc_slice_from_static_buffer(value.data(), value.size())) != 0);
}

template <typename Add>
void Copy(const MetadataMap& from, Add add) {
  for (const auto& [key, value] : from) {
    if (!IsHopByHop({key.data(), key.size()}) && IsLegal(key, value)) {
      add(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    }
  }
}

}  // namespace

bool IsHopByHop(std::string_view key) {
  return key.starts_with(':') || std::ranges::binary_search(kHopByHop, key);
}

size_t MetadataBytes(const grpc::ServerContext& caller) {
  constexpr size_t kOverhead = 32;  // of each field: RFC 9113, 6.5.2
  size_t bytes = 0;
  for (const auto& [key, value] : caller.client_metadata()) {
    bytes += key.size() + value.size() + kOverhead;
  }
  return bytes;
}

bool HasOnlyLegalMetadata(const grpc::ServerContext& caller) {
  return std::ranges::all_of(caller.client_metadata(),
                             [](const auto& field) { return IsLegal(field.first, field.second); });
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

// One gRPC message as the relay holds it: a ByteBuffer, possibly still compressed.
//
// Both of the relay's sides run with gRPC's own decompression off, so that a forwarded message
// keeps the very form in which it came. Only a message that somebody has to read is inflated.
#pragma once

#include <grpc/compression.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace sekisho::relay {

// How `buffer` is compressed: GRPC_COMPRESS_NONE for a plain or empty one.
grpc_compression_algorithm CompressionOf(const grpc::ByteBuffer& buffer);

// The message's bytes, inflated when compressed. RESOURCE_EXHAUSTED when they would be more than
// `bytes_max` (a small message can inflate to anything), INVALID_ARGUMENT when they do not inflate.
absl::StatusOr<std::string> ReadMessage(const grpc::ByteBuffer& buffer, size_t bytes_max);

// An uncompressed message with these bytes. Copies them.
grpc::ByteBuffer MakeMessage(const std::string& bytes);

}  // namespace sekisho::relay

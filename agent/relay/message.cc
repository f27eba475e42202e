#include "relay/message.h"

#include <grpc/byte_buffer.h>
#include <grpcpp/support/slice.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"

namespace grpc::internal {

// gRPC's C++ API cannot say whether a message is compressed; its C struct, which is public, can.
// This peer is the friend that ByteBuffer declares for exactly such access.
class GrpcByteBufferPeer {
 public:
  explicit GrpcByteBufferPeer(const ByteBuffer& buffer) : buffer_(buffer) {}
  const grpc_byte_buffer* c_buffer() const { return buffer_.buffer_; }

 private:
  const ByteBuffer& buffer_;
};

}  // namespace grpc::internal

namespace sekisho::relay {
namespace {

// Ends a zlib stream whatever happens in between.
struct InflateStream {
  InflateStream() {
    ok = inflateInit2(&z, MAX_WBITS + 32) == Z_OK;
  }  // +32: gzip or zlib, by header
  ~InflateStream() {
    if (ok) {
      (void)inflateEnd(&z);
    }
  }
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;

  z_stream z{};
  bool ok = false;
};

absl::StatusOr<std::string> Inflate(const std::vector<grpc::Slice>& slices, size_t bytes_max) {
  InflateStream stream;
  if (!stream.ok) {
    return absl::ResourceExhaustedError("cannot set up decompression of the message");
  }
  std::string out;
  std::array<Bytef, 16384> chunk;
  int result = Z_OK;
  for (const grpc::Slice& slice : slices) {
    // zlib does not write through next_in; its type only lacks the const.
    stream.z.next_in = const_cast<Bytef*>(slice.begin());
    stream.z.avail_in = static_cast<uInt>(slice.size());
    while (stream.z.avail_in > 0 && result == Z_OK) {
      stream.z.next_out = chunk.data();
      stream.z.avail_out = static_cast<uInt>(chunk.size());
      result = inflate(&stream.z, Z_NO_FLUSH);
      const size_t produced = chunk.size() - stream.z.avail_out;
      if (out.size() + produced > bytes_max) {
        return absl::ResourceExhaustedError(
            absl::StrCat("the message inflates to more than ", bytes_max, " bytes"));
      }
      out.append(reinterpret_cast<const char*>(chunk.data()), produced);
    }
    if (result != Z_OK && (result != Z_STREAM_END || stream.z.avail_in > 0)) {
      return absl::InvalidArgumentError("the message is not what its compression says");
    }
  }
  if (result != Z_STREAM_END) {
    return absl::InvalidArgumentError("the compressed message is cut short");
  }
  return out;
}

}  // namespace

grpc_compression_algorithm CompressionOf(const grpc::ByteBuffer& buffer) {
  const grpc_byte_buffer* raw = grpc::internal::GrpcByteBufferPeer(buffer).c_buffer();
  return raw == nullptr ? GRPC_COMPRESS_NONE : raw->data.raw.compression;
}

absl::StatusOr<std::string> ReadMessage(const grpc::ByteBuffer& buffer, size_t bytes_max) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) {
    return absl::InvalidArgumentError("the message cannot be read");
  }
  if (CompressionOf(buffer) != GRPC_COMPRESS_NONE) {
    return Inflate(slices, bytes_max);
  }
  if (buffer.Length() > bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the message has ", buffer.Length(), " bytes, more than ", bytes_max));
  }
  std::string out;
  out.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return out;
}

grpc::ByteBuffer MakeMessage(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

}  // namespace sekisho::relay

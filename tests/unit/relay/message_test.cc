#include "relay/message.h"

#include <grpc/byte_buffer.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include <string>

namespace sekisho::relay {
namespace {

constexpr size_t kBytesMax = 1000;

TEST(MessageTest, ReadsWhatWasMade) {
  for (const std::string& bytes :
       {std::string(), std::string("abc"), std::string(kBytesMax, 'x')}) {
    const absl::StatusOr<std::string> read = ReadMessage(MakeMessage(bytes), kBytesMax);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, bytes);
  }
}

TEST(MessageTest, ReadsAMessageInSeveralSlices) {
  const grpc::Slice slices[] = {grpc::Slice("ab"), grpc::Slice(""), grpc::Slice("cd")};
  EXPECT_EQ(*ReadMessage(grpc::ByteBuffer(slices, 3), kBytesMax), "abcd");
}

TEST(MessageTest, RefusesMoreThanTheLimit) {
  EXPECT_TRUE(absl::IsResourceExhausted(
      ReadMessage(MakeMessage(std::string(kBytesMax + 1, 'x')), kBytesMax).status()));
}

TEST(MessageTest, RefusesABufferThatWasNeverFilled) {
  EXPECT_TRUE(absl::IsInvalidArgument(ReadMessage(grpc::ByteBuffer(), kBytesMax).status()));
}

TEST(MessageTest, APlainMessageIsNotCompressed) {
  EXPECT_EQ(CompressionOf(MakeMessage("x")), GRPC_COMPRESS_NONE);
  EXPECT_EQ(CompressionOf(grpc::ByteBuffer()), GRPC_COMPRESS_NONE);
}

}  // namespace
}  // namespace sekisho::relay

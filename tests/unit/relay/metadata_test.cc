#include "relay/metadata.h"

#include <gtest/gtest.h>

namespace sekisho::relay {
namespace {

TEST(MetadataTest, KeepsWhatBelongsToTheCall) {
  for (const char* key : {"authorization", "traceparent", "x-bin", "grpc-trace-bin", "tenant"}) {
    EXPECT_FALSE(IsHopByHop(key)) << key;
  }
}

TEST(MetadataTest, LeavesOutWhatBelongsToTheConnection) {
  for (const char* key : {":path", ":authority", "te", "user-agent", "content-type", "grpc-timeout",
                          "grpc-encoding", "grpc-status-details-bin"}) {
    EXPECT_TRUE(IsHopByHop(key)) << key;
  }
}

}  // namespace
}  // namespace sekisho::relay

#include "relay/grpc_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sekisho::relay {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr std::chrono::steady_clock::time_point kNow{std::chrono::hours(1)};

TEST(GrpcLogTest, TenLinesAMinuteAndTheTenthSaysSo) {
  GrpcLogLimit limit;
  for (int i = 0; i < 9; ++i) {
    EXPECT_THAT(limit.Line("a line", kNow), Optional(std::string("a line")));
  }
  EXPECT_THAT(limit.Line("a line", kNow), Optional(HasSubstr("no more of gRPC's lines")));
  EXPECT_EQ(limit.Line("a line", kNow), std::nullopt);
  EXPECT_EQ(limit.Line("a line", kNow + std::chrono::seconds(59)), std::nullopt);
  EXPECT_THAT(limit.Line("a line", kNow + std::chrono::minutes(1)),
              Optional(std::string("a line")));
}

TEST(GrpcLogTest, AnAssertionComesThroughAlways) {
  GrpcLogLimit limit;
  for (int i = 0; i < 20; ++i) {
    limit.Line("a line", kNow);
  }
  EXPECT_THAT(limit.Line("assertion failed: false", kNow), Optional(HasSubstr("false")));
  EXPECT_EQ(limit.Line("of a client: assertion failed", kNow), std::nullopt);
}

TEST(GrpcLogTest, WhatIsQuotedStaysInItsLine) {
  GrpcLogLimit limit;
  EXPECT_THAT(limit.Line("value=a\nsekisho: all is well\x1b[2J", kNow),
              Optional(std::string("value=a\\x0asekisho: all is well\\x1b[2J")));
  EXPECT_THAT(limit.Line(std::string(100'000, 'x'), kNow), Optional(SizeIs(::testing::Lt(310u))));
}

}  // namespace
}  // namespace sekisho::relay

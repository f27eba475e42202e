// One request has many encodings. The agent judges what a protobuf library makes of the bytes and
// forwards the bytes; what is tested here is that no encoding of something forbidden gets through,
// and that odd ones of what is allowed mean the same to both sides.
#include <gmock/gmock.h>

#include "integration/enforcer_fixture.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

std::string Varint(uint64_t value, size_t bytes_at_least = 1) {
  std::string out;
  while (value >= 128 || out.size() + 1 < bytes_at_least) {
    out.push_back(static_cast<char>(value % 128 | 128));
    value /= 128;
  }
  out.push_back(static_cast<char>(value));
  return out;
}
std::string Tag(int field, int wire_type) {
  return Varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type));
}
std::string Nested(int field, const std::string& message) {
  return Tag(field, 2) + Varint(message.size()) + message;
}
// CreateContainerRequest.config.linux.security_context
std::string InContext(const std::string& fields) {
  return Nested(2, Nested(15, Nested(2, fields)));
}
// ...namespace_options
std::string InNamespaces(const std::string& fields) {
  return InContext(Nested(3, fields));
}

class EnforcerEncodingTest : public EnforcerFixture {
 protected:
  void SetUp() override {
    Use(PolicyOf(policy::Level::kRestricted));
    RunSandbox();
  }
};

// Behind a container that restricted allows. Of a message that comes twice the parts are merged,
// and of a scalar the last counts.
TEST_F(EnforcerEncodingTest, WhatIsAddedBehindAnAllowedRequestCounts) {
  using FD = cri_v1::LinuxContainerSecurityContext;
  const int privileged = FD::kPrivilegedFieldNumber;
  const int no_new_privs = FD::kNoNewPrivsFieldNumber;
  const std::string on = Tag(privileged, 0) + Varint(1);
  const std::string off = Tag(privileged, 0) + Varint(0);
  const int network = cri_v1::NamespaceOption::kNetworkFieldNumber;
  const struct {
    const char* what;
    std::string tail;
    bool allowed = false;
  } kRows[] = {
      {"nothing", "", true},
      {"a second security context", InContext(on)},
      {"on, and off in a third", InContext(on) + InContext(off), true},
      {"off, and on in a third", InContext(off) + InContext(on)},
      {"an empty second one resets nothing", InContext(on) + InContext("")},
      {"twice in one", InContext(off + on)},
      {"a number other than one is true", InContext(Tag(privileged, 0) + Varint(2))},
      {"64 bits of which the lowest 32 are zero",
       InContext(Tag(privileged, 0) + Varint(uint64_t{1} << 32))},
      {"in ten bytes", InContext(Tag(privileged, 0) + Varint(1, 10))},
      {"zero in ten bytes", InContext(Tag(privileged, 0) + Varint(0, 10)), true},
      {"a field's number in five bytes",
       InContext(Varint(static_cast<uint64_t>(privileged) << 3, 5) + Varint(1))},
      {"of another wire type", InContext(Nested(privileged, "\x01"))},
      {"as a fixed number", InContext(Tag(privileged, 5) + std::string("\1\0\0\0", 4))},
      {"in a group", InContext(Tag(privileged, 3) + Tag(privileged, 4))},
      {"no_new_privs taken back", InContext(Tag(no_new_privs, 0) + Varint(0))},
      {"the node's network", InNamespaces(Tag(network, 0) + Varint(2))},
      {"the node's network, by the lowest 32 of 64 bits",
       InNamespaces(Tag(network, 0) + Varint((uint64_t{1} << 32) + 2))},
      {"a mode that there is not", InNamespaces(Tag(network, 0) + Varint(77))},
      {"a negative mode", InNamespaces(Tag(network, 0) + Varint(~uint64_t{0}))},
      {"a list, packed", InNamespaces(Nested(network, Varint(2)))},
      {"another sandbox", Nested(1, "sandbox-of-somebody-else")},
      {"another pod", Nested(3, Nested(1, Nested(3, "kube-system")))},
      {"a second annotation of the same key",
       Nested(2, Nested(10, Nested(1, "run.oci.handler") + Nested(2, "x")) +
                     Nested(10, Nested(1, "run.oci.handler") + Nested(2, "")))},
      {"an annotation whose value comes first",
       Nested(2, Nested(10, Nested(2, "x") + Nested(1, "run.oci.handler")))},
      {"an unknown field of the request", Nested(1007, "new"), true},
      {"an unknown field of the security context", InContext(Nested(1007, "new"))},
      {"field number zero", Tag(0, 0) + Varint(1)},
      {"a wire type that there is not", Varint(1007 << 3 | 7) + Varint(1)},
      {"a group that does not end", Tag(1007, 3)},
      {"a group that did not begin", Tag(1007, 4)},
      {"a number that does not end", Tag(1007, 0) + std::string(11, '\xff')},
      {"a length that is larger than the message", Tag(1007, 2) + Varint(1000)},
      {"a length of 2^63", Tag(1007, 2) + Varint(uint64_t{1} << 63)},
  };
  const std::string allowed = RestrictedContainer().SerializeAsString();
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    const size_t reached = runtime_.CountOf(kCreateContainer);
    const absl::Status status = Call(kCreateContainer, allowed + row.tail);
    EXPECT_EQ(status.ok(), row.allowed) << status;
    EXPECT_EQ(runtime_.CountOf(kCreateContainer) - reached, row.allowed ? 1u : 0u);
    if (row.allowed) {
      EXPECT_EQ(LastRequest(kCreateContainer), allowed + row.tail);
    }
  }
}

// A parser that followed them would run out of stack.
TEST_F(EnforcerEncodingTest, DeepNestingIsRefusedAndNothingElseHappens) {
  const std::string allowed = RestrictedContainer().SerializeAsString();
  for (const int depth : {200, 100'000}) {
    std::string groups;
    std::string ends;
    std::string messages;
    for (int i = 0; i < depth; ++i) {
      groups += Tag(1007, 3);
      ends += Tag(1007, 4);
    }
    EXPECT_TRUE(absl::IsInvalidArgument(Call(kCreateContainer, allowed + groups + ends))) << depth;
    EXPECT_TRUE(absl::IsInvalidArgument(Call(kCreateContainer, allowed + groups))) << depth;
  }
  EXPECT_EQ(runtime_.CountOf(kCreateContainer), 0u);
  EXPECT_TRUE(Call(kCreateContainer, allowed).ok());
}

TEST_F(EnforcerEncodingTest, TextInAnyWrongEncodingIsRefused) {
  for (const char* text : {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\x80", "a\xff"}) {
    SCOPED_TRACE(text);
    const std::string request = RestrictedContainer().SerializeAsString();
    EXPECT_TRUE(absl::IsInvalidArgument(
        Call(kCreateContainer, request + Nested(2, Nested(5, text)))));  // working_dir
  }
  EXPECT_EQ(runtime_.CountOf(kCreateContainer), 0u);
}

TEST_F(EnforcerEncodingTest, HugeRequestsAreJudgedLikeOthers) {
  cri_v1::CreateContainerRequest request = RestrictedContainer();
  for (int i = 0; i < 5'000; ++i) {
    const std::string number = std::to_string(i);
    (*request.mutable_config()->mutable_annotations())["example.com/" + number] = number;
    request.mutable_config()->add_envs()->set_key(number);
    request.mutable_config()->add_args(number);
  }
  EXPECT_TRUE(Call(kCreateContainer, request.SerializeAsString()).ok());
  request.mutable_config()->mutable_linux()->mutable_security_context()->set_privileged(true);
  EXPECT_TRUE(absl::IsPermissionDenied(Call(kCreateContainer, request.SerializeAsString())));
  EXPECT_EQ(runtime_.CountOf(kCreateContainer), 1u);
}

}  // namespace
}  // namespace sekisho::testing

// What the build cannot judge is found wherever in a message it is, and only that.
#include "cri/unknown_fields.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/unknown_field_set.h>

#include <memory>

#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"
#include "unit/cri/text_proto.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using google::protobuf::Message;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

void AddUnknown(Message& message, int number) {
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(number, 1);
}

std::vector<std::string> Found(const Message& message) {
  std::vector<policy::UnknownField> found;
  FindUnknown(message, "x", found);
  std::vector<std::string> paths;
  for (const policy::UnknownField& field : found) {
    paths.push_back(field.path);
  }
  return paths;
}

TEST(FindUnknown, NoneInACleanMessage) {
  EXPECT_THAT(Found(cri_v1::LinuxContainerSecurityContext()), IsEmpty());
  const auto request = testing::CreateContainer("id", {}, {});
  EXPECT_THAT(Found(request), IsEmpty());
}

TEST(FindUnknown, EveryKnownEnumValueIsClean) {
  for (int mode = 0; cri_v1::NamespaceMode_IsValid(mode); ++mode) {
    cri_v1::NamespaceOption options;
    options.set_pid(static_cast<cri_v1::NamespaceMode>(mode));
    EXPECT_THAT(Found(options), IsEmpty()) << mode;
  }
}

TEST(FindUnknown, FieldsAtEveryDepth) {
  cri_v1::LinuxContainerSecurityContext context;
  AddUnknown(context, 42);
  AddUnknown(*context.mutable_seccomp(), 43);
  cri_v1::UserNamespace& userns = *context.mutable_namespace_options()->mutable_userns_options();
  userns.add_uids();
  AddUnknown(*userns.add_uids(), 44);
  EXPECT_THAT(Found(context),
              UnorderedElementsAre("x: unknown field 42", "x.seccomp: unknown field 43",
                                   "x.namespace_options.userns_options.uids: unknown field 44"));
}

TEST(FindUnknown, EveryOccurrenceIsNamed) {
  cri_v1::Capability capabilities;
  AddUnknown(capabilities, 9);
  AddUnknown(capabilities, 9);
  EXPECT_THAT(Found(capabilities), ElementsAre("x: unknown field 9", "x: unknown field 9"));
}

TEST(FindUnknown, EveryWireTypeCounts) {
  cri_v1::SELinuxOption options;
  auto& unknown = *options.GetReflection()->MutableUnknownFields(&options);
  unknown.AddVarint(10, 0);  // zero is a value too
  unknown.AddFixed32(11, 0);
  unknown.AddFixed64(12, 0);
  unknown.AddLengthDelimited(13, "");
  unknown.AddGroup(14);
  EXPECT_THAT(Found(options),
              ElementsAre("x: unknown field 10", "x: unknown field 11", "x: unknown field 12",
                          "x: unknown field 13", "x: unknown field 14"));
}

TEST(FindUnknown, AMessageInsideAnUnknownFieldIsOneField) {
  // Nobody can tell bytes from a message there; the outermost number is what is known.
  cri_v1::SecurityProfile inner;
  AddUnknown(inner, 7);
  cri_v1::LinuxSandboxSecurityContext context;
  context.GetReflection()->MutableUnknownFields(&context)->AddLengthDelimited(
      99, inner.SerializeAsString());
  EXPECT_THAT(Found(context), ElementsAre("x: unknown field 99"));
}

TEST(FindUnknown, SurvivesTheWire) {
  // The bytes of `seccomp { 2000: "new" }` inside a context, as a newer kubelet would send them.
  cri_v1::LinuxContainerSecurityContext sent;
  auto& profile = *sent.mutable_seccomp();
  profile.GetReflection()->MutableUnknownFields(&profile)->AddLengthDelimited(2000, "new");
  cri_v1::LinuxContainerSecurityContext received;
  ASSERT_TRUE(received.ParseFromString(sent.SerializeAsString()));
  EXPECT_THAT(Found(received), ElementsAre("x.seccomp: unknown field 2000"));
}

TEST(FindUnknown, AKnownNumberWithAnotherWireTypeIsUnknown) {
  // Field 2 of a container's context is the bool `privileged`; here it comes as four bytes.
  cri_v1::LinuxContainerSecurityContext context;
  ASSERT_TRUE(context.ParseFromString(std::string("\x15\x01\x00\x00\x00", 5)));
  EXPECT_FALSE(context.privileged());
  EXPECT_THAT(Found(context), ElementsAre("x: unknown field 2"));
}

struct EnumRow {
  const char* text;
  const char* expected;
};

TEST(FindUnknown, EnumValues) {
  constexpr EnumRow kRows[] = {
      {"seccomp { profile_type: 3 }", "x.seccomp.profile_type: unknown value 3"},
      {"apparmor { profile_type: -1 }", "x.apparmor.profile_type: unknown value -1"},
      {"namespace_options { network: 4 }", "x.namespace_options.network: unknown value 4"},
      {"namespace_options { userns_options { mode: 77 } }",
       "x.namespace_options.userns_options.mode: unknown value 77"},
      {"supplemental_groups_policy: 2", "x.supplemental_groups_policy: unknown value 2"},
  };
  for (const EnumRow& row : kRows) {
    EXPECT_THAT(Found(FromText<cri_v1::LinuxContainerSecurityContext>(row.text)),
                ElementsAre(row.expected))
        << row.text;
  }
}

TEST(FindUnknown, EnumsInRepeatedMessages) {
  cri_v1::PodSandboxConfig config;
  config.add_port_mappings()->set_protocol(static_cast<cri_v1::Protocol>(8));
  config.add_port_mappings()->set_protocol(cri_v1::SCTP);
  config.add_port_mappings()->set_protocol(static_cast<cri_v1::Protocol>(9));
  EXPECT_THAT(Found(config), ElementsAre("x.port_mappings.protocol: unknown value 8",
                                         "x.port_mappings.protocol: unknown value 9"));
}

// No message of this protocol repeats an enum, but one of the next may: a type made for the test.
class RepeatedEnum : public ::testing::Test {
 protected:
  RepeatedEnum() {
    google::protobuf::FileDescriptorProto file;
    MergeText(R"(
      name: "made_up.proto" package: "made_up" syntax: "proto3"
      enum_type { name: "E" value { name: "ZERO" number: 0 } value { name: "ONE" number: 1 } }
      message_type {
        name: "M"
        field { name: "e" number: 1 label: LABEL_REPEATED type: TYPE_ENUM type_name: ".made_up.E" }
      })",
              file);
    const google::protobuf::FileDescriptor* built = pool_.BuildFile(file);
    EXPECT_NE(built, nullptr);
    message_.reset(factory_.GetPrototype(built->message_type(0))->New());
  }

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_{&pool_};
  std::unique_ptr<Message> message_;
};

TEST_F(RepeatedEnum, Packed) {
  ASSERT_TRUE(message_->ParseFromString(std::string("\x0a\x04\x00\x05\x01\x06", 6)));
  EXPECT_THAT(Found(*message_), ElementsAre("x.e: unknown value 5", "x.e: unknown value 6"));
}

TEST_F(RepeatedEnum, Unpacked) {
  ASSERT_TRUE(message_->ParseFromString(std::string("\x08\x00\x08\x05\x08\x01", 6)));
  EXPECT_THAT(Found(*message_), ElementsAre("x.e: unknown value 5"));
}

TEST_F(RepeatedEnum, KnownOnly) {
  ASSERT_TRUE(message_->ParseFromString(std::string("\x0a\x02\x00\x01", 4)));
  EXPECT_THAT(Found(*message_), IsEmpty());
}

TEST(FindUnknown, MapsAreWalked) {
  cri_v1::LinuxPodSandboxConfig config;
  (*config.mutable_sysctls())["kernel.shm_rmid_forced"] = "1";
  EXPECT_THAT(Found(config), IsEmpty());
}

TEST(FindUnknown, AddsToWhatIsThere) {
  std::vector<policy::UnknownField> found = {{"before"}};
  cri_v1::Capability capabilities;
  AddUnknown(capabilities, 9);
  FindUnknown(capabilities, "y", found);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "before");
  EXPECT_EQ(found[1].path, "y: unknown field 9");
}

}  // namespace
}  // namespace sekisho::cri

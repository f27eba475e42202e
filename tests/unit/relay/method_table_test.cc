#include "relay/method_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/v1/api.pb.h"

namespace sekisho::relay {
namespace {

using ::testing::UnorderedElementsAreArray;

// Every method of both services, from the protocol itself.
std::vector<const google::protobuf::MethodDescriptor*> ProtocolMethods() {
  const google::protobuf::FileDescriptor* file =
      runtime::v1::RunPodSandboxRequest::descriptor()->file();
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (int s = 0; s < file->service_count(); ++s) {
    for (int m = 0; m < file->service(s)->method_count(); ++m) {
      methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

TEST(MethodTableTest, NamesEveryMethodOfTheProtocolAndNoOther) {
  std::vector<std::string> protocol;
  for (const auto* method : ProtocolMethods()) {
    protocol.push_back(PathOf(*method));
  }
  std::vector<std::string> table;
  for (const MethodEntry& entry : MethodTable()) {
    table.emplace_back(entry.path);
  }
  EXPECT_EQ(protocol.size(), 43u);
  EXPECT_THAT(table, UnorderedElementsAreArray(protocol))
      << "classify the method in agent/relay/method_table.cc";
}

TEST(MethodTableTest, KnowsWhichMethodsStream) {
  for (const auto* method : ProtocolMethods()) {
    SCOPED_TRACE(PathOf(*method));
    const MethodEntry* entry = FindMethod(PathOf(*method));
    ASSERT_NE(entry, nullptr);
    EXPECT_FALSE(method->client_streaming()) << "the relay reads one request message";
    EXPECT_EQ(entry->kind == MethodKind::kServerStreaming, method->server_streaming());
  }
}

// A request that carries a security context must be judged. The walk goes through the whole
// message, so that a method which wraps one more deeply is found too.
bool CarriesSecurityContext(const google::protobuf::Descriptor& message,
                            std::vector<const google::protobuf::Descriptor*>& seen) {
  if (std::ranges::find(seen, &message) != seen.end()) {
    return false;
  }
  seen.push_back(&message);
  for (int i = 0; i < message.field_count(); ++i) {
    const google::protobuf::Descriptor* type = message.field(i)->message_type();
    if (type != nullptr &&
        (type->name() == "LinuxContainerSecurityContext" ||
         type->name() == "LinuxSandboxSecurityContext" || CarriesSecurityContext(*type, seen))) {
      return true;
    }
  }
  return false;
}

TEST(MethodTableTest, ForwardsNoRequestWithASecurityContextUnread) {
  for (const auto* method : ProtocolMethods()) {
    SCOPED_TRACE(PathOf(*method));
    std::vector<const google::protobuf::Descriptor*> seen;
    if (!CarriesSecurityContext(*method->input_type(), seen)) {
      continue;
    }
    // PullImage names a sandbox only so that registries can be chosen by it; nothing is run.
    if (method->name() != "PullImage") {
      EXPECT_NE(FindMethod(PathOf(*method))->method_class, MethodClass::kForwarded);
    }
  }
}

TEST(MethodTableTest, NeverGatesATeardown) {
  for (const MethodEntry& entry : MethodTable()) {
    if (entry.path.find("/Stop") != std::string_view::npos ||
        entry.path.find("/Remove") != std::string_view::npos) {
      EXPECT_EQ(entry.method_class, MethodClass::kForwarded) << entry.path;
    }
  }
}

TEST(MethodTableTest, ObservesWhatTheAgentLearnsFromAndNothingElse) {
  std::vector<std::string> observed;
  for (const MethodEntry& entry : MethodTable()) {
    if (entry.observe) {
      EXPECT_EQ(entry.kind, MethodKind::kUnary) << "the hook is told of one answer";
      observed.emplace_back(entry.path.substr(entry.path.rfind('/') + 1));
    }
  }
  EXPECT_THAT(observed,
              UnorderedElementsAreArray({"CreateContainer", "RemoveContainer", "RemovePodSandbox",
                                         "RunPodSandbox", "StartContainer"}));
}

TEST(MethodTableTest, SaysWhyOfEveryMethod) {
  for (const MethodEntry& entry : MethodTable()) {
    EXPECT_FALSE(entry.why.empty()) << entry.path;
  }
}

TEST(MethodTableTest, FindsNothingButWholePaths) {
  EXPECT_NE(FindMethod("/runtime.v1.RuntimeService/Version"), nullptr);
  for (const char* path :
       {"", "/", "Version", "/runtime.v1.RuntimeService/", "/runtime.v1.RuntimeService/version",
        "/zzz", "/runtime.v1alpha2.RuntimeService/Version"}) {
    EXPECT_EQ(FindMethod(path), nullptr) << path;
  }
}

}  // namespace
}  // namespace sekisho::relay

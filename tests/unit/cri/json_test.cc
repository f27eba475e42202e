// Protobuf JSON of requests: all of it is understood, or it is an error.
#include "cri/json.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"
#include "unit/cri/text_proto.h"
#include "unit/cri/whole_messages.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using ::testing::HasSubstr;

struct GoodRow {
  const char* why;
  const char* json;
  const char* text;  // of a CreateContainerRequest
};

TEST(FromJson, Good) {
  constexpr GoodRow kRows[] = {
      {"nothing", "{}", ""},
      {"proto names", R"({"pod_sandbox_id": "s", "sandbox_config": {"log_directory": "/l"}})",
       "pod_sandbox_id: 's' sandbox_config { log_directory: '/l' }"},
      {"JSON names", R"({"podSandboxId": "s", "sandboxConfig": {"logDirectory": "/l"}})",
       "pod_sandbox_id: 's' sandbox_config { log_directory: '/l' }"},
      {"enums by name and by number",
       R"({"config": {"mounts": [{"propagation": "PROPAGATION_BIDIRECTIONAL"},
                                 {"propagation": 1}, {"propagation": 7}]}})",
       "config { mounts { propagation: PROPAGATION_BIDIRECTIONAL }"
       " mounts { propagation: PROPAGATION_HOST_TO_CONTAINER } mounts { propagation: 7 } }"},
      {"64 bits as text and as number",
       R"({"config": {"linux": {"resources": {"cpu_quota": "9007199254740993",
                                              "oom_score_adj": -998}}}})",
       "config { linux { resources { cpu_quota: 9007199254740993 oom_score_adj: -998 } } }"},
      {"maps and lists", R"({"config": {"annotations": {"a": "1", "b": ""}, "args": ["x", "x"]}})",
       "config { annotations { key: 'a' value: '1' } annotations { key: 'b' value: '' }"
       " args: 'x' args: 'x' }"},
      {"null is absent, and an empty message is not",
       R"({"config": {"linux": {"security_context": {"seccomp": {}, "apparmor": null}}}})",
       "config { linux { security_context { seccomp {} } } }"},
      {"protobuf takes one message for a list of one",
       R"({"config": {"mounts": {"host_path": "/"}}})", "config { mounts { host_path: '/' } }"},
      {"a name of capitals", R"({"config": {"CDI_devices": [{"name": "v/c=n"}]}})",
       "config { CDI_devices { name: 'v/c=n' } }"},
  };
  for (const GoodRow& row : kRows) {
    SCOPED_TRACE(row.why);
    cri_v1::CreateContainerRequest message;
    const absl::Status status = FromJson(row.json, message);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(Bytes(message), Bytes(FromText<cri_v1::CreateContainerRequest>(row.text)))
        << message.DebugString();
  }
}

TEST(FromJson, AKubeletsRequestThereAndBack) {
  cri_v1::RunPodSandboxRequest sent = testing::RunPodSandbox({.runtime_handler = "kata"});
  std::string json;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(sent, &json).ok());
  cri_v1::RunPodSandboxRequest received;
  const absl::Status status = FromJson(json, received);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Bytes(received), Bytes(sent));
}

TEST(FromJson, WhatWasInTheMessageBeforeIsGone) {
  auto message = FromText<cri_v1::CreateContainerRequest>("pod_sandbox_id: 'old'");
  ASSERT_TRUE(FromJson(R"({"config": {"tty": true}})", message).ok());
  EXPECT_EQ(message.pod_sandbox_id(), "");
}

// Text that is not what it looks like is not judged as something else.
TEST(FromJson, ThePieceAndNoMore) {
  const std::string_view two = R"({"pod_sandbox_id": "a"}{"pod_sandbox_id": "b"})";
  cri_v1::CreateContainerRequest message;
  ASSERT_TRUE(FromJson(two.substr(0, 23), message).ok());
  EXPECT_EQ(message.pod_sandbox_id(), "a");
  EXPECT_FALSE(FromJson(two, message).ok());
}

struct UnknownRow {
  const char* json;
  const char* named;
};

TEST(FromJson, AMemberThatTheMessageDoesNotHave) {
  constexpr UnknownRow kRows[] = {
      {R"({"new_member": 1})", "new_member"},
      {R"({"config": {"linux": {"security_context": {"host_everything": true}}}})",
       "host_everything"},
      {R"({"config": {"mounts": [{}, {"hostpath": "/"}]}})", "hostpath"},
      {R"({"Config": {}})", "Config"},
  };
  for (const UnknownRow& row : kRows) {
    cri_v1::CreateContainerRequest message;
    const absl::Status status = FromJson(row.json, message);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.json;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.named));
  }
}

struct GarbageRow {
  const char* why;
  std::string json;
};

TEST(FromJson, Garbage) {
  const GarbageRow rows[] = {
      {"empty", ""},
      {"blank", " \n"},
      {"no JSON", "config: {}"},
      {"cut off", R"({"config": {"tty": true)"},
      {"something after it", "{} x"},
      {"a list", "[]"},
      {"a text", R"("config")"},
      {"a number", "7"},
      {"a text for a message", R"({"config": "{}"})"},
      {"a list for a message", R"({"config": [{"tty": true}]})"},
      {"a text for a bool", R"({"config": {"tty": "maybe"}})"},
      {"a number for a bool", R"({"config": {"tty": 1}})"},
      {"an enum nobody knows", R"({"config": {"mounts": [{"propagation": "SHARED"}]}})"},
      {"a number too large", R"({"config": {"metadata": {"attempt": 4294967296}}})"},
      {"a number below zero", R"({"config": {"metadata": {"attempt": -1}}})"},
      {"a fraction", R"({"config": {"metadata": {"attempt": 1.5}}})"},
      {"no UTF-8", "{\"pod_sandbox_id\": \"\xff\"}"},
      {"very deep", std::string(1 << 20, '[')},
      {"deep in a message", "{\"config\": " + std::string(1 << 20, '{')},
  };
  for (const GarbageRow& row : rows) {
    cri_v1::CreateContainerRequest message;
    EXPECT_EQ(FromJson(row.json, message).code(), absl::StatusCode::kInvalidArgument) << row.why;
  }
}

}  // namespace
}  // namespace sekisho::cri

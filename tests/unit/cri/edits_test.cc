// Apply touches what the edits name and nothing else, whatever else is in the request.
#include "cri/edits.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "cri/facts.h"
#include "cri/unknown_fields.h"
#include "policy/repair.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"
#include "unit/cri/random_messages.h"
#include "unit/cri/text_proto.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::ContainerFacts;
using policy::Edits;
using policy::ProfileType;
using policy::SecurityProfile;
using Texts = std::vector<std::string>;

constexpr uint32_t kSeeds = 2000;
constexpr RandomMessages::Options kEverything = {.unknown_fields = true,
                                                 .unknown_enum_values = true};

struct Case {
  cri_v1::ContainerConfig config;
  Edits edits;
};

Case RandomCase(uint32_t seed) {
  RandomMessages random(seed, kEverything);
  Case made;
  random.Fill(made.config);
  made.edits = random.Edits();
  return made;
}

// Maps in a fixed order; unknown fields included.
std::string Bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

void EraseProfile(cri_v1::SecurityProfile& profile) {
  profile.clear_profile_type();
  profile.clear_localhost_ref();
}

// Takes out of `config` every value that `edits` may change, and makes the messages on the way to
// them: what is left must be the same before and after.
void EraseNamed(const Edits& edits, cri_v1::ContainerConfig& config) {
  if (edits.empty()) {
    return;
  }
  auto& context = *config.mutable_linux()->mutable_security_context();
  if (edits.seccomp) {
    EraseProfile(*context.mutable_seccomp());
    // A path that was not there may not appear, and one that was may not go.
    context.set_seccomp_profile_path(context.seccomp_profile_path().empty() ? "" : "set");
  }
  if (edits.apparmor) {
    EraseProfile(*context.mutable_apparmor());
    context.set_apparmor_profile(context.apparmor_profile().empty() ? "" : "set");
  }
  if (edits.capabilities_add) {
    context.mutable_capabilities()->clear_add_capabilities();
  }
  if (edits.capabilities_drop) {
    context.mutable_capabilities()->clear_drop_capabilities();
  }
  if (edits.capabilities_ambient) {
    context.mutable_capabilities()->clear_add_ambient_capabilities();
  }
  if (edits.no_new_privs) {
    context.clear_no_new_privs();
  }
  if (edits.masked_paths) {
    context.clear_masked_paths();
  }
  if (edits.readonly_paths) {
    context.clear_readonly_paths();
  }
}

TEST(ApplyProperty, OnlyTheNamedFieldsDiffer) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    auto [before, edits] = RandomCase(seed);
    cri_v1::ContainerConfig after = before;
    Apply(edits, after);
    EraseNamed(edits, before);
    EraseNamed(edits, after);
    ASSERT_EQ(Bytes(after), Bytes(before)) << after.DebugString();
  }
}

TEST(ApplyProperty, NoEditsNoByte) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    auto [config, ignored] = RandomCase(seed);
    const std::string before = config.SerializeAsString();
    Apply(Edits(), config);
    ASSERT_EQ(config.SerializeAsString(), before) << seed;
  }
}

// What the policy judged as legal is what the runtime is told.
TEST(ApplyProperty, SaysWhatThePolicyExpected) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    auto [config, edits] = RandomCase(seed);
    ContainerFacts expected = policy::WithEdits(FactsFrom(config), edits);
    Apply(edits, config);
    ContainerFacts actual = FactsFrom(config);
    // Unknown things stay where they are, but for the type of a profile that was replaced.
    std::erase_if(expected.unknown, [&actual](const policy::UnknownField& field) {
      return field.path.find(".profile_type: ") != std::string::npos &&
             std::ranges::find(actual.unknown, field) == actual.unknown.end();
    });
    ASSERT_TRUE(actual == expected) << config.DebugString();
    if (edits.seccomp) {
      ASSERT_EQ(actual.seccomp, *edits.seccomp);
    }
    if (edits.apparmor) {
      ASSERT_EQ(actual.apparmor, *edits.apparmor);
    }
    ASSERT_EQ(actual.capabilities_add, edits.capabilities_add.value_or(actual.capabilities_add));
    ASSERT_EQ(actual.capabilities_drop, edits.capabilities_drop.value_or(actual.capabilities_drop));
    ASSERT_EQ(actual.masked_paths, edits.masked_paths.value_or(actual.masked_paths));
    ASSERT_EQ(actual.no_new_privs, edits.no_new_privs.value_or(actual.no_new_privs));
  }
}

TEST(ApplyProperty, TwiceIsOnce) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    auto [config, edits] = RandomCase(seed);
    Apply(edits, config);
    const std::string once = Bytes(config);
    Apply(edits, config);
    ASSERT_EQ(Bytes(config), once) << seed;
  }
}

TEST(ApplyProperty, TheRandomCasesAreNotAllAlike) {
  size_t unknown = 0;
  size_t without_linux = 0;
  size_t with_both_spellings = 0;
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const Case made = RandomCase(seed);
    std::vector<policy::UnknownField> found;
    FindUnknown(made.config, "", found);
    unknown += found.size();
    without_linux += made.config.has_linux() ? 0 : 1;
    const auto& context = made.config.linux().security_context();
    with_both_spellings +=
        context.has_seccomp() && !context.seccomp_profile_path().empty() && made.edits.seccomp;
  }
  EXPECT_GT(unknown, kSeeds);
  EXPECT_GT(without_linux, kSeeds / 4);
  EXPECT_GT(with_both_spellings, kSeeds / 50);
}

// Every member of Edits, set.
Edits AllEdits() {
  return {.seccomp = SecurityProfile{ProfileType::kLocalhost, "/p.json"},
          .apparmor = SecurityProfile{ProfileType::kRuntimeDefault, ""},
          .capabilities_add = Texts{"KILL"},
          .capabilities_drop = Texts{"ALL"},
          .capabilities_ambient = Texts(),
          .no_new_privs = true,
          .masked_paths = Texts{"/proc/kcore"},
          .readonly_paths = Texts{"/proc/sys"}};
}

// An unknown field in `message` and in every message inside it.
int AddUnknownEverywhere(google::protobuf::Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.MutableUnknownFields(&message)->AddLengthDelimited(7000, "kept");
  int count = 1;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->message_type() == nullptr || field->is_map()) {
      continue;
    }
    if (!field->is_repeated()) {
      count += AddUnknownEverywhere(*reflection.MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      count += AddUnknownEverywhere(*reflection.MutableRepeatedMessage(&message, field, i));
    }
  }
  return count;
}

TEST(Apply, UnknownFieldsSurviveAtEveryDepth) {
  auto request = testing::CreateContainer("id", {}, {});
  cri_v1::ContainerConfig& config = *request.mutable_config();
  auto& context = *config.mutable_linux()->mutable_security_context();
  context.mutable_capabilities()->add_add_capabilities("SYS_ADMIN");
  context.mutable_apparmor()->set_profile_type(cri_v1::SecurityProfile::Unconfined);
  const int added = AddUnknownEverywhere(config);
  ASSERT_GE(added, 12);  // config, metadata, image, env, mounts, linux, resources, context, …
  Apply(AllEdits(), config);
  cri_v1::ContainerConfig received;
  ASSERT_TRUE(received.ParseFromString(config.SerializeAsString()));
  std::vector<policy::UnknownField> found;
  FindUnknown(received, "config", found);
  EXPECT_EQ(found.size(), static_cast<size_t>(added));
}

struct Row {
  const char* why;
  void (*edit)(Edits&);
  const char* before;  // of a ContainerConfig
  const char* after;
};

constexpr Row kRows[] = {
    {"nothing makes nothing", [](Edits&) {}, "", ""},
    {"an edit makes the messages it needs", [](Edits& e) { e.no_new_privs = true; }, "",
     "linux { security_context { no_new_privs: true } }"},
    {"and no others", [](Edits& e) { e.masked_paths = Texts{"/a"}; }, "linux {}",
     "linux { security_context { masked_paths: '/a' } }"},
    {"a profile keeps nothing of the one before",
     [](Edits& e) {
       e.seccomp = SecurityProfile{ProfileType::kRuntimeDefault, ""};
     },
     "linux { security_context { seccomp { profile_type: Localhost localhost_ref: '/p' } } }",
     "linux { security_context { seccomp {} } }"},
    {"seccomp is not AppArmor",
     [](Edits& e) {
       e.apparmor = SecurityProfile{ProfileType::kLocalhost, "p"};
     },
     "linux { security_context { seccomp { profile_type: Unconfined } } }",
     "linux { security_context { seccomp { profile_type: Unconfined }"
     " apparmor { profile_type: Localhost localhost_ref: 'p' } } }"},
    {"the deprecated path follows",
     [](Edits& e) {
       e.seccomp = SecurityProfile{ProfileType::kLocalhost, "/p"};
     },
     "linux { security_context { seccomp_profile_path: 'unconfined' } }",
     "linux { security_context { seccomp { profile_type: Localhost localhost_ref: '/p' }"
     " seccomp_profile_path: 'localhost//p' } }"},
    {"the deprecated AppArmor profile follows",
     [](Edits& e) {
       e.apparmor = SecurityProfile{ProfileType::kRuntimeDefault, ""};
     },
     "linux { security_context { apparmor_profile: 'unconfined' } }",
     "linux { security_context { apparmor {} apparmor_profile: 'runtime/default' } }"},
    {"unconfined has a deprecated spelling too",
     [](Edits& e) {
       e.seccomp = SecurityProfile{ProfileType::kUnconfined, ""};
     },
     "linux { security_context { seccomp_profile_path: 'runtime/default' } }",
     "linux { security_context { seccomp { profile_type: Unconfined }"
     " seccomp_profile_path: 'unconfined' } }"},
    {"a list is replaced, not added to", [](Edits& e) { e.capabilities_add = Texts{"KILL"}; },
     "linux { security_context { capabilities {"
     " add_capabilities: ['SYS_ADMIN', 'KILL'] drop_capabilities: 'CHOWN' } } }",
     "linux { security_context { capabilities {"
     " add_capabilities: 'KILL' drop_capabilities: 'CHOWN' } } }"},
    {"an empty list empties", [](Edits& e) { e.capabilities_ambient = Texts(); },
     "linux { security_context { capabilities { add_ambient_capabilities: 'NET_RAW' } } }",
     "linux { security_context { capabilities {} } }"},
    {"false is a value", [](Edits& e) { e.no_new_privs = false; },
     "linux { security_context { no_new_privs: true } }", "linux { security_context {} }"},
    {"the rest of the context and of the request stays",
     [](Edits& e) {
       e.no_new_privs = true;
       e.readonly_paths = Texts{"/b"};
     },
     "image { image: 'i' } linux { resources { cpu_shares: 2 } security_context {"
     " privileged: true masked_paths: '/a' readonly_paths: '/c' } }",
     "image { image: 'i' } linux { resources { cpu_shares: 2 } security_context {"
     " privileged: true masked_paths: '/a' readonly_paths: '/b' no_new_privs: true } }"},
};

TEST(Apply, Rows) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.why);
    auto config = FromText<cri_v1::ContainerConfig>(row.before);
    Edits edits;
    row.edit(edits);
    Apply(edits, config);
    EXPECT_EQ(config.DebugString(), FromText<cri_v1::ContainerConfig>(row.after).DebugString());
  }
}

}  // namespace
}  // namespace sekisho::cri

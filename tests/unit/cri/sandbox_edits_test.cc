// Apply on a sandbox touches what the edits name and nothing else.
#include <gmock/gmock.h>

#include <algorithm>

#include "cri/edits.h"
#include "cri/facts.h"
#include "cri/unknown_fields.h"
#include "policy/repair.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"
#include "unit/cri/random_messages.h"
#include "unit/cri/text_proto.h"
#include "unit/cri/whole_messages.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::SandboxEdits;
using policy::SandboxFacts;

constexpr uint32_t kSeeds = 2000;
constexpr RandomMessages::Options kEverything = {.unknown_fields = true,
                                                 .unknown_enum_values = true};

struct Case {
  cri_v1::PodSandboxConfig config;
  SandboxEdits edits;
};

Case RandomCase(uint32_t seed) {
  RandomMessages random(seed, kEverything);
  Case made;
  random.Fill(made.config);
  made.edits = random.SandboxEdits(made.config.annotations(), made.config.linux().sysctls());
  return made;
}

// Takes out of `config` what `edits` may change. Makes no message but those that SELinux options
// need, so that one that Apply made without need is found.
void EraseNamed(const SandboxEdits& edits, cri_v1::PodSandboxConfig& config) {
  for (const std::string& key : edits.remove_annotations) {
    config.mutable_annotations()->erase(key);
  }
  if (config.has_linux()) {
    for (const std::string& name : edits.remove_sysctls) {
      config.mutable_linux()->mutable_sysctls()->erase(name);
    }
  }
  if (edits.selinux) {
    auto& context = *config.mutable_linux()->mutable_security_context();
    cri_v1::SELinuxOption& options = *context.mutable_selinux_options();
    options.clear_user();
    options.clear_role();
    options.clear_type();
    options.clear_level();
  }
}

TEST(ApplySandboxProperty, OnlyTheNamedFieldsDiffer) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    auto [before, edits] = RandomCase(seed);
    cri_v1::PodSandboxConfig after = before;
    Apply(edits, after);
    EraseNamed(edits, before);
    EraseNamed(edits, after);
    ASSERT_EQ(Bytes(after), Bytes(before)) << after.DebugString();
  }
}

TEST(ApplySandboxProperty, NoEditsNoByte) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    auto [config, ignored] = RandomCase(seed);
    const std::string before = Bytes(config);
    Apply(SandboxEdits(), config);
    ASSERT_EQ(Bytes(config), before) << seed;
  }
}

// What the policy judged as legal is what the runtime is told.
TEST(ApplySandboxProperty, SaysWhatThePolicyExpected) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    auto [config, edits] = RandomCase(seed);
    const SandboxFacts expected = policy::WithEdits(FactsFrom(config, "h", "config"), edits);
    Apply(edits, config);
    const SandboxFacts actual = FactsFrom(config, "h", "config");
    ASSERT_TRUE(actual == expected) << config.DebugString();
    for (const std::string& key : edits.remove_annotations) {
      ASSERT_FALSE(actual.annotations.contains(key)) << key;
    }
    for (const std::string& name : edits.remove_sysctls) {
      ASSERT_FALSE(actual.sysctls.contains(name)) << name;
    }
    ASSERT_EQ(actual.selinux, edits.selinux ? edits.selinux : actual.selinux);
  }
}

TEST(ApplySandboxProperty, TwiceIsOnce) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    auto [config, edits] = RandomCase(seed);
    Apply(edits, config);
    const std::string once = Bytes(config);
    Apply(edits, config);
    ASSERT_EQ(Bytes(config), once) << seed;
  }
}

TEST(ApplySandboxProperty, TheRandomCasesAreNotAllAlike) {
  size_t unknown = 0;
  size_t sysctls_without_linux = 0;
  size_t removed_and_kept = 0;
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const auto [config, edits] = RandomCase(seed);
    std::vector<policy::UnknownField> found;
    FindUnknown(config, "", found);
    unknown += found.size();
    sysctls_without_linux += !config.has_linux() && !edits.remove_sysctls.empty();
    const auto& sysctls = config.linux().sysctls();
    const auto removed = static_cast<size_t>(std::ranges::count_if(
        edits.remove_sysctls, [&](const std::string& name) { return sysctls.contains(name); }));
    removed_and_kept += removed > 0 && removed < sysctls.size();
  }
  EXPECT_GT(unknown, kSeeds);
  EXPECT_GT(sysctls_without_linux, kSeeds / 20);
  EXPECT_GT(removed_and_kept, kSeeds / 50);
}

TEST(ApplySandbox, UnknownFieldsSurviveAtEveryDepth) {
  auto config = testing::SandboxConfig({});
  (*config.mutable_annotations())["a"] = "1";
  (*config.mutable_linux()->mutable_sysctls())["net.core.somaxconn"] = "1";
  config.mutable_linux()->mutable_security_context()->mutable_selinux_options()->set_type("spc_t");
  const int added = AddUnknownEverywhere(config);
  ASSERT_GE(added, 9);  // config, metadata, linux, overhead, resources, context, namespaces, …
  Apply({.remove_sysctls = {"net.core.somaxconn"},
         .remove_annotations = {"a"},
         .selinux = policy::SELinuxOptions{"", "", "container_t", ""}},
        config);
  cri_v1::PodSandboxConfig received;
  ASSERT_TRUE(received.ParseFromString(config.SerializeAsString()));
  std::vector<policy::UnknownField> found;
  FindUnknown(received, "config", found);
  EXPECT_EQ(found.size(), static_cast<size_t>(added));
  EXPECT_FALSE(received.annotations().contains("a"));
  EXPECT_TRUE(received.linux().sysctls().empty());
}

struct Row {
  const char* why;
  void (*edit)(SandboxEdits&);
  const char* before;  // of a PodSandboxConfig
  const char* after;
};

constexpr Row kRows[] = {
    {"nothing makes nothing", [](SandboxEdits&) {}, "", ""},
    {"nothing is made to remove something from it",
     [](SandboxEdits& e) {
       e.remove_sysctls = {"a"};
       e.remove_annotations = {"a"};
     },
     "", ""},
    {"a context is not made for a sysctl", [](SandboxEdits& e) { e.remove_sysctls = {"a"}; },
     "linux { sysctls { key: 'a' value: '1' } }", "linux {}"},
    {"only the name that is written so: another spelling is another key",
     [](SandboxEdits& e) { e.remove_sysctls = {"net.ipv4.ip_forward"}; },
     "linux { sysctls { key: 'net.ipv4.ip_forward' value: '1' }"
     " sysctls { key: 'net/ipv4/ip_forward' value: '1' } } annotations { key: 'net.ipv4.ip_forward'"
     " value: '1' }",
     "linux { sysctls { key: 'net/ipv4/ip_forward' value: '1' } }"
     " annotations { key: 'net.ipv4.ip_forward' value: '1' }"},
    {"an annotation is no label and no sysctl",
     [](SandboxEdits& e) {
       e.remove_annotations = {"a", "b"};
     },
     "annotations { key: 'a' value: '1' } annotations { key: 'c' value: '1' }"
     " labels { key: 'a' value: '1' } linux { sysctls { key: 'a' value: '1' } }",
     "annotations { key: 'c' value: '1' }"
     " labels { key: 'a' value: '1' } linux { sysctls { key: 'a' value: '1' } }"},
    {"SELinux options keep nothing of those before, and everything beside them",
     [](SandboxEdits& e) {
       e.selinux = policy::SELinuxOptions{"", "", "", "s0:c1"};
     },
     "linux { security_context { selinux_options { user: 'u' role: 'r' type: 't' level: 'l' }"
     " seccomp {} } }",
     "linux { security_context { selinux_options { level: 's0:c1' } seccomp {} } }"},
    {"SELinux options make the messages they need", [](SandboxEdits& e) { e.selinux.emplace(); },
     "hostname: 'h'", "hostname: 'h' linux { security_context { selinux_options {} } }"},
};

TEST(ApplySandbox, Rows) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.why);
    auto config = FromText<cri_v1::PodSandboxConfig>(row.before);
    SandboxEdits edits;
    row.edit(edits);
    Apply(edits, config);
    EXPECT_EQ(Bytes(config), Bytes(FromText<cri_v1::PodSandboxConfig>(row.after)))
        << config.DebugString();
  }
}

}  // namespace
}  // namespace sekisho::cri

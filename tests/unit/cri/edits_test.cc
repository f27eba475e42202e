// Apply touches what the edits name and nothing else, whatever else is in the request.
#include "cri/edits.h"

#include <gmock/gmock.h>

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
  made.edits = random.Edits(made.config.annotations());
  return made;
}

void EraseProfile(cri_v1::SecurityProfile& profile) {
  profile.clear_profile_type();
  profile.clear_localhost_ref();
}

// Takes out of `config` every value that `edits` may change, and makes the messages on the way to
// them: what is left must be the same before and after.
void EraseNamed(Edits edits, cri_v1::ContainerConfig& config) {
  for (const std::string& key : edits.remove_annotations) {
    config.mutable_annotations()->erase(key);
  }
  edits.remove_annotations.clear();
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
  if (edits.readonly_rootfs) {
    context.clear_readonly_rootfs();
  }
  if (edits.selinux) {
    cri_v1::SELinuxOption& options = *context.mutable_selinux_options();
    options.clear_user();
    options.clear_role();
    options.clear_type();
    options.clear_level();
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
    ASSERT_EQ(actual.readonly_rootfs, edits.readonly_rootfs.value_or(actual.readonly_rootfs));
    ASSERT_EQ(actual.selinux, edits.selinux ? edits.selinux : actual.selinux);
    for (const std::string& key : edits.remove_annotations) {
      ASSERT_FALSE(config.annotations().contains(key)) << key;
    }
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
  size_t removed_and_kept = 0;
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const Case made = RandomCase(seed);
    std::vector<policy::UnknownField> found;
    FindUnknown(made.config, "", found);
    unknown += found.size();
    without_linux += made.config.has_linux() ? 0 : 1;
    const auto& context = made.config.linux().security_context();
    with_both_spellings +=
        context.has_seccomp() && !context.seccomp_profile_path().empty() && made.edits.seccomp;
    const auto is_there = [&made](const std::string& key) {
      return made.config.annotations().contains(key);
    };
    const size_t removed =
        static_cast<size_t>(std::ranges::count_if(made.edits.remove_annotations, is_there));
    removed_and_kept += removed > 0 && removed < made.config.annotations().size();
  }
  EXPECT_GT(unknown, kSeeds);
  EXPECT_GT(without_linux, kSeeds / 4);
  EXPECT_GT(with_both_spellings, kSeeds / 50);
  EXPECT_GT(removed_and_kept, kSeeds / 50);
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
          .readonly_paths = Texts{"/proc/sys"},
          .readonly_rootfs = true,
          .selinux = policy::SELinuxOptions{"", "", "container_t", ""},
          .remove_annotations = Texts{"a"}};
}

TEST(Apply, UnknownFieldsSurviveAtEveryDepth) {
  auto request = testing::CreateContainer("id", {}, {});
  cri_v1::ContainerConfig& config = *request.mutable_config();
  auto& context = *config.mutable_linux()->mutable_security_context();
  context.mutable_capabilities()->add_add_capabilities("SYS_ADMIN");
  context.mutable_apparmor()->set_profile_type(cri_v1::SecurityProfile::Unconfined);
  context.mutable_selinux_options()->set_type("spc_t");
  const int added = AddUnknownEverywhere(config);
  ASSERT_GE(added, 12);  // config, metadata, image, env, mounts, linux, resources, context, …
  Apply(AllEdits(), config);
  cri_v1::ContainerConfig received;
  ASSERT_TRUE(received.ParseFromString(config.SerializeAsString()));
  std::vector<policy::UnknownField> found;
  FindUnknown(received, "config", found);
  EXPECT_EQ(found.size(), static_cast<size_t>(added));
}

}  // namespace
}  // namespace sekisho::cri

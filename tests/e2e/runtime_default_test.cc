// The model of containerd's default profile against what the installed containerd really attaches.
#include "seccomp/runtime_default.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "caps/cri_caps.h"
#include "seccomp/compare.h"
#include "seccomp/parse.h"
#include "support/cri_client.h"
#include "support/isolation.h"
#include "support/private_containerd.h"
#include "support/temp_dir.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

using seccomp::Profile;
using seccomp::Verdicts;

// Containers are created and never started: the OCI spec is what is wanted.
class RuntimeDefaultModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = MissingForContainers(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    containerd_ = std::make_unique<PrivateContainerd>(dir_.path());
    ASSERT_EQ(containerd_->Start(), "");
    ASSERT_EQ(containerd_->ImportImages(), "");
    client_ = std::make_unique<CriClient>(containerd_->socket());
    pod_.cgroup_root = CgroupRoot();
    pod_.kubelet_root = dir_.path() + "/kubelet";
    pod_.log_root = dir_.path() + "/logs";
    const absl::StatusOr<std::string> sandbox = client_->RunPod(pod_);
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
    sandbox_ = *sandbox;
  }
  void TearDown() override {
    if (client_ != nullptr) {
      const absl::Status removed = client_->RemoveAllPods();
      EXPECT_TRUE(removed.ok()) << removed;
    }
  }

  // Of the runtime, by its own word.
  std::optional<seccomp::ContainerdVersion> Version() {
    cri_v1::VersionResponse response;
    EXPECT_TRUE(client_->Call("Version", cri_v1::VersionRequest(), response).ok());
    EXPECT_EQ(response.runtime_name(), "containerd");
    return seccomp::ContainerdVersionFrom(response.runtime_version());
  }

  // The spec that containerd wrote for a container with these changes to the default capabilities.
  nlohmann::json SpecFor(const std::vector<std::string>& add,
                         const std::vector<std::string>& drop) {
    ContainerOptions container;
    container.name = "c" + std::to_string(++containers_);
    container.edit = [&](cri_v1::ContainerConfig& config) {
      auto& context = *config.mutable_linux()->mutable_security_context();
      context.mutable_seccomp()->set_profile_type(cri_v1::SecurityProfile::RuntimeDefault);
      auto& capabilities = *context.mutable_capabilities();
      capabilities.mutable_add_capabilities()->Assign(add.begin(), add.end());
      capabilities.mutable_drop_capabilities()->Assign(drop.begin(), drop.end());
    };
    const absl::StatusOr<std::string> id = client_->Create(sandbox_, pod_, container);
    EXPECT_TRUE(id.ok()) << id.status();
    cri_v1::ContainerStatusRequest request;
    request.set_container_id(id.value_or(""));
    request.set_verbose(true);
    cri_v1::ContainerStatusResponse response;
    EXPECT_TRUE(client_->Call("ContainerStatus", request, response).ok());
    const auto info = response.info().find("info");
    EXPECT_NE(info, response.info().end());
    return info == response.info().end() ? nlohmann::json()
                                         : nlohmann::json::parse(info->second, nullptr, false);
  }

  TempDir dir_;
  std::unique_ptr<PrivateContainerd> containerd_;
  std::unique_ptr<CriClient> client_;
  PodOptions pod_;
  std::string sandbox_;
  int containers_ = 0;
};

caps::CapSet BoundingSet(const nlohmann::json& info) {
  caps::CapSet set;
  for (const auto& name : info["runtimeSpec"]["process"]["capabilities"].value(
           "bounding", std::vector<std::string>{})) {
    const std::optional<int> number = caps::NumberOf(name.substr(std::string("CAP_").size()));
    EXPECT_TRUE(number.has_value()) << name;
    set = set.With(number.value_or(0));
  }
  return set;
}

absl::StatusOr<Verdicts> VerdictsOf(const Profile& profile) {
  const absl::StatusOr<seccomp::Filter> filter = seccomp::Compile(profile);
  return filter.ok() ? Verdicts::Of(*filter) : filter.status();
}

// What `a` executes and `b` does not, as text.
std::vector<std::string> Beyond(const Profile& a, const Profile& b) {
  const absl::StatusOr<Verdicts> verdicts_a = VerdictsOf(a);
  const absl::StatusOr<Verdicts> verdicts_b = VerdictsOf(b);
  EXPECT_TRUE(verdicts_a.ok() && verdicts_b.ok()) << verdicts_a.status() << verdicts_b.status();
  const absl::StatusOr<std::vector<seccomp::Excess>> excess =
      seccomp::Compare(*verdicts_a, *verdicts_b);
  EXPECT_TRUE(excess.ok()) << excess.status();
  std::vector<std::string> texts;
  for (const seccomp::Excess& one : *excess) {
    texts.push_back(seccomp::ToText(one));
  }
  return texts;
}

TEST_F(RuntimeDefaultModelTest, IsWhatContainerdAttaches) {
  const std::optional<seccomp::ContainerdVersion> version = Version();
  ASSERT_TRUE(version.has_value());
  struct Case {
    std::vector<std::string> add = {};
    std::vector<std::string> drop = {};
  };
  std::vector<Case> cases = {{}, {.drop = {"ALL"}}, {.add = {"ALL"}}, {.drop = {"SYS_CHROOT"}}};
  for (const std::string& capability : caps::CapSet::All().Names()) {
    if (!caps::RuntimeDefaultSet().Has(*caps::NumberOf(capability))) {
      cases.push_back({.add = {capability}});
    }
  }
  const std::vector<std::string> none;
  for (const Case& one : cases) {
    SCOPED_TRACE("added: " + (one.add.empty() ? "" : one.add[0]) +
                 ", dropped: " + (one.drop.empty() ? "" : one.drop[0]));
    const nlohmann::json info = SpecFor(one.add, one.drop);
    ASSERT_TRUE(info.is_object() && info.contains("runtimeSpec"));
    std::vector<yaml::Diagnostic> errors;
    const std::optional<Profile> attached =
        seccomp::Parse(info["runtimeSpec"]["linux"]["seccomp"].dump(), "spec", &errors);
    ASSERT_TRUE(attached.has_value()) << (errors.empty() ? "" : errors[0].ToString());
    const Profile model =
        seccomp::Resolve(seccomp::RuntimeDefault(*version), {.arch = seccomp::NativeArch(),
                                                             .capabilities = BoundingSet(info),
                                                             .kernel = seccomp::RunningKernel()});
    EXPECT_EQ(Beyond(*attached, model), none) << "containerd allows what the model does not";
    EXPECT_EQ(Beyond(model, *attached), none) << "the model allows what containerd does not";
  }
}

}  // namespace
}  // namespace sekisho::testing

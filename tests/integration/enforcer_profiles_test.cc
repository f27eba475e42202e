// Seccomp profiles on the wire: real files, the real store, a fake runtime.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <sys/stat.h>

#include <filesystem>

#include "integration/enforcer_fixture.h"
#include "record/lease.h"
#include "support/docker_profile.h"
#include "support/seccomp_profiles.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kRemoveContainer[] = "/runtime.v1.RuntimeService/RemoveContainer";

// A node's directories. A base, so that it is there before the fixture.
struct NodeFiles {
  TempDir files;
  std::string root = files.File("seccomp");
  std::string pins = files.File("state");
  bool made = std::filesystem::create_directories(root);
  std::unique_ptr<seccomp::Store> store =
      seccomp::Store::Open({.seccomp_root = root,
                            .directory = pins,
                            // The last one whose own profile permits what the one of the test does.
                            .containerd = seccomp::ContainerdVersion::k1_7})
          .value();
  record::Recordings recordings{files.File("var")};
  enforce::Profiles profiles{*store, pins, &recordings};
};

class EnforcerProfilesTest : private NodeFiles, public EnforcerFixture {
 protected:
  EnforcerProfilesTest() : EnforcerFixture(&profiles) {
    UsePolicy([](policy::Spec&) {});
    RunSandbox();
  }
  void UsePolicy(const Edit& edit) {
    Use(PolicyOf(policy::Level::kBaseline, [&](policy::Spec& spec) {
      spec.node.seccomp_root = root;
      edit(spec);
    }));
  }
  void Install(const std::string& name, const std::string& text) {
    WriteText(root + "/" + name, text);
  }
  std::string PathOf(const std::string& name) const { return root + "/" + name; }
  cri_v1::CreateContainerRequest RequestWith(const std::string& path) const {
    cri_v1::CreateContainerRequest request = ContainerRequest();
    auto& seccomp =
        *request.mutable_config()->mutable_linux()->mutable_security_context()->mutable_seccomp();
    seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
    seccomp.set_localhost_ref(path);
    return request;
  }
  void ExpectProfileRefused(const std::string& name, const std::string& text) {
    ExpectRefused(kCreateContainer, RequestWith(PathOf(name)).SerializeAsString(),
                  absl::StatusCode::kPermissionDenied, text, "");
  }
  // The profile of the request that reached the runtime.
  cri_v1::SecurityProfile Forwarded() const {
    cri_v1::CreateContainerRequest request;
    EXPECT_TRUE(request.ParseFromString(LastRequest(kCreateContainer)));
    return request.config().linux().security_context().seccomp();
  }
  const seccomp::Store& Profiles() const { return *store; }
  const std::string& Pins() const { return pins; }
  const std::string& Root() const { return root; }
  std::string State() const { return files.File("var"); }
};

TEST_F(EnforcerProfilesTest, WhatWasJudgedIsWhatTheRuntimeIsGiven) {
  Install("web.json", RuntimeDefaultWithout({"chroot"}));
  ASSERT_TRUE(Call(kCreateContainer, RequestWith(PathOf("web.json")).SerializeAsString()).ok());
  const cri_v1::SecurityProfile forwarded = Forwarded();
  EXPECT_EQ(forwarded.profile_type(), cri_v1::SecurityProfile::Localhost);
  EXPECT_THAT(forwarded.localhost_ref(), StartsWith(Pins() + "/"));
  EXPECT_EQ(Audited().back().decision.action, policy::Action::kHarden);
  // Its copy is in use until the container is removed.
  EXPECT_EQ(Profiles().stats().uses, 1u);
  cri_v1::RemoveContainerRequest remove;
  remove.set_container_id(kContainerId);
  ASSERT_TRUE(Call(kRemoveContainer, remove.SerializeAsString()).ok());
  EXPECT_EQ(Profiles().stats().uses, 0u);
}

TEST_F(EnforcerProfilesTest, NothingElseOfTheRequestChanges) {
  Install("web.json", RuntimeDefaultWithout({"chroot"}));
  cri_v1::CreateContainerRequest request = RequestWith(PathOf("web.json"));
  ASSERT_TRUE(Call(kCreateContainer, request.SerializeAsString()).ok());
  request.mutable_config()
      ->mutable_linux()
      ->mutable_security_context()
      ->mutable_seccomp()
      ->set_localhost_ref(Forwarded().localhost_ref());
  cri_v1::CreateContainerRequest forwarded;
  ASSERT_TRUE(forwarded.ParseFromString(LastRequest(kCreateContainer)));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(forwarded, request));
}

TEST_F(EnforcerProfilesTest, EveryFaultOfAFileRefuses) {
  ExpectProfileRefused("missing.json", "does not exist");
  Install("bytes.json", "no JSON");
  ExpectProfileRefused("bytes.json", "bytes.json");
  Install("typo.json", R"({"defaultAction": "SCMP_ACT_ERRNO", "sycalls": []})");
  ExpectProfileRefused("typo.json", "sycalls");
  Install("open.json", R"({"defaultAction": "SCMP_ACT_ALLOW"})");
  ExpectProfileRefused("open.json", "open.json");
  Install("weak.json", RuntimeDefaultWith({"bpf", "mount"}));
  ExpectProfileRefused("weak.json", "mount");
  Install("shared.json", RuntimeDefaultWithout({"chroot"}));
  ASSERT_EQ(::chmod(PathOf("shared.json").c_str(), 0666), 0);
  ExpectProfileRefused("shared.json", "shared.json");
  Install("real.json", RuntimeDefaultWithout({"chroot"}));
  std::filesystem::create_symlink(PathOf("real.json"), PathOf("link.json"));
  ExpectProfileRefused("link.json", "link.json");
  std::filesystem::create_directory(PathOf("directory.json"));
  ExpectProfileRefused("directory.json", "directory.json");
  Install("closed.json", R"({"defaultAction": "SCMP_ACT_ERRNO"})");
  ExpectProfileRefused("closed.json", "closed.json");
}

TEST_F(EnforcerProfilesTest, ACopyOfOursCannotBeNamedByACaller) {
  Install("web.json", RuntimeDefaultWithout({"chroot"}));
  ASSERT_TRUE(Call(kCreateContainer, RequestWith(PathOf("web.json")).SerializeAsString()).ok());
  const std::string copy = Forwarded().localhost_ref();
  ExpectRefused(kCreateContainer, RequestWith(copy).SerializeAsString(),
                absl::StatusCode::kPermissionDenied, "outside the node's directory", "");
}

TEST_F(EnforcerProfilesTest, WithoutAPlaceForCopiesOnlyOtherContainersAreLet) {
  Install("web.json", RuntimeDefaultWithout({"chroot"}));
  // A file where the directory was: nobody, not even root, can write into it.
  std::filesystem::remove_all(Pins());
  WriteText(Pins(), "");
  ExpectProfileRefused("web.json", "web.json");
  EXPECT_TRUE(Call(kCreateContainer, ContainerRequest().SerializeAsString()).ok());
}

TEST_F(EnforcerProfilesTest, DockersFormatByPolicy) {
  Install("docker.json", kDockerProfile);
  ASSERT_TRUE(Call(kCreateContainer, RequestWith(PathOf("docker.json")).SerializeAsString()).ok());
  EXPECT_THAT(ReadText(Forwarded().localhost_ref()), Not(HasSubstr("includes")));
  UsePolicy(
      [](policy::Spec& spec) { spec.localhost.docker_format = seccomp::DockerFormat::kWarn; });
  // As containerd reads it, mount and the others are permitted to everybody.
  ExpectProfileRefused("docker.json", "mount");
  UsePolicy(
      [](policy::Spec& spec) { spec.localhost.docker_format = seccomp::DockerFormat::kDeny; });
  ExpectProfileRefused("docker.json", "Docker");
}

TEST_F(EnforcerProfilesTest, TheFloorIsThatOfTheContainersCapabilitiesAfterHardening) {
  Install("mount.json", RuntimeDefaultWith({"mount"}));
  const auto with_sys_admin = [this] {
    cri_v1::CreateContainerRequest request = RequestWith(PathOf("mount.json"));
    request.mutable_config()
        ->mutable_linux()
        ->mutable_security_context()
        ->mutable_capabilities()
        ->add_add_capabilities("SYS_ADMIN");
    return request.SerializeAsString();
  };
  // Repaired, it has the capability no more, and the floor has no mount.
  UsePolicy([](policy::Spec& spec) {
    spec.on_violation[static_cast<size_t>(policy::CheckGroup::kCapabilities)] =
        policy::OnViolation::kHarden;
  });
  ExpectRefused(kCreateContainer, with_sys_admin(), absl::StatusCode::kPermissionDenied, "mount",
                "");
}

// Whatever it asked for, and whatever is demanded of profiles; all else is judged as ever.
TEST_F(EnforcerProfilesTest, ARecordedContainerGetsTheProfileThatLogs) {
  const auto until = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
                     std::chrono::minutes(5);
  std::optional<absl::StatusOr<record::Lease>> lease;
  lease.emplace(
      record::Lease::Take(State(), {.namespace_ = "shop", .container = "web", .until = until}));
  ASSERT_TRUE(lease->ok()) << lease->status();
  for (const policy::Level level : {policy::Level::kBaseline, policy::Level::kPrivileged}) {
    SCOPED_TRACE(policy::LevelName(level));
    Use(PolicyOf(level, [this](policy::Spec& spec) { spec.node.seccomp_root = Root(); }));
    ASSERT_TRUE(
        Call(kCreateContainer, RequestWith(PathOf("missing.json")).SerializeAsString()).ok());
    const std::string text = ReadText(Forwarded().localhost_ref());
    EXPECT_THAT(text, HasSubstr("SCMP_ACT_LOG"));
#ifdef __x86_64__
    EXPECT_THAT(text, HasSubstr("\"SCMP_ARCH_X86\""));
#endif
    EXPECT_EQ(Audited().back().recording, (*lease)->recording().id);
    EXPECT_EQ(Audited().back().decision.action, policy::Action::kHarden);
  }
  const absl::StatusOr<std::vector<record::RecordedContainer>> told = (*lease)->Containers();
  ASSERT_TRUE(told.ok()) << told.status();
  ASSERT_EQ(told->size(), 1u);  // once, however often its id comes
  EXPECT_EQ(told->front().id, kContainerId);
  EXPECT_EQ(told->front().namespace_, "shop");

  // When the recorder is gone.
  UsePolicy([](policy::Spec&) {});
  lease.reset();
  ExpectProfileRefused("missing.json", "does not exist");
  EXPECT_EQ(Audited().back().recording, "");
}

TEST_F(EnforcerProfilesTest, AtPrivilegedNothingIsLookedAt) {
  Use(PolicyOf(policy::Level::kPrivileged));
  const std::string bytes = RequestWith(PathOf("missing.json")).SerializeAsString();
  ASSERT_TRUE(Call(kCreateContainer, bytes).ok());
  EXPECT_EQ(LastRequest(kCreateContainer), bytes);
  EXPECT_EQ(Profiles().stats().looks, 0u);
}

TEST_F(EnforcerProfilesTest, APrivilegedContainerIsSaidToHaveNoFilter) {
  Use(PolicyOf(policy::Level::kPrivileged));
  cri_v1::CreateContainerRequest request = ContainerRequest();
  request.mutable_config()->mutable_linux()->mutable_security_context()->set_privileged(true);
  request.mutable_sandbox_config()->mutable_linux()->mutable_security_context()->set_privileged(
      true);
  sandbox_edit_ = [](cri_v1::PodSandboxConfig& config) {
    config.mutable_linux()->mutable_security_context()->set_privileged(true);
  };
  RunSandbox();
  ASSERT_TRUE(Call(kCreateContainer, request.SerializeAsString()).ok());
  EXPECT_TRUE(Audited().back().decision.seccomp_ignored);
  EXPECT_EQ(enforcer_->seccomp_ignored(), 1u);
  ASSERT_TRUE(Call(kCreateContainer, ContainerRequest().SerializeAsString()).ok());
  EXPECT_EQ(enforcer_->seccomp_ignored(), 1u);
}

// Where the state directory cannot be had at all.
class EnforcerWithoutStoreTest : public EnforcerFixture {
 protected:
  EnforcerWithoutStoreTest() : EnforcerFixture(&kProfiles) {}
  static inline const enforce::Profiles kProfiles{"cannot be copied: read-only file system"};
};

TEST_F(EnforcerWithoutStoreTest, ContainersWithAFileAreRefused) {
  Use(PolicyOf(policy::Level::kBaseline));
  RunSandbox();
  cri_v1::CreateContainerRequest request = ContainerRequest();
  auto& seccomp =
      *request.mutable_config()->mutable_linux()->mutable_security_context()->mutable_seccomp();
  seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
  seccomp.set_localhost_ref("/var/lib/kubelet/seccomp/web.json");
  ExpectRefused(kCreateContainer, request.SerializeAsString(), absl::StatusCode::kPermissionDenied,
                "read-only file system", "");
}

}  // namespace
}  // namespace sekisho::testing

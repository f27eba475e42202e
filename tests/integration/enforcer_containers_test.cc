// What an observer is told of a container that the runtime has made: facts of the very bytes that
// the runtime was given, since the kernel's state is compared with them later.
#include <gmock/gmock.h>

#include <mutex>

#include "cri/facts.h"
#include "integration/enforcer_fixture.h"
#include "verify/expected.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Watcher final : public enforce::ContainerObserver {
 public:
  struct Made {
    std::string id;
    policy::SandboxFacts sandbox;
    policy::ContainerFacts container;
  };
  void Created(std::string_view container_id, const policy::SandboxFacts& sandbox,
               const policy::ContainerFacts& container) override {
    const std::lock_guard lock(mu_);
    made_.push_back({std::string(container_id), sandbox, container});
  }
  void Started(std::string_view /*start_container_request*/) override {}
  void Removed(std::string_view /*remove_container_request*/) override {}
  std::vector<Made> made() const {
    const std::lock_guard lock(mu_);
    return made_;
  }

 private:
  mutable std::mutex mu_;
  std::vector<Made> made_;
};

class EnforcerContainersTest : public EnforcerFixture {
 protected:
  // The watcher is a member of what is made before the enforcer that tells it.
  explicit EnforcerContainersTest(std::unique_ptr<Watcher> watcher = std::make_unique<Watcher>())
      : EnforcerFixture(nullptr, watcher.get()), watcher_(*watcher), owner_(std::move(watcher)) {}
  ~EnforcerContainersTest() override { server_->Shutdown(std::chrono::seconds(5)); }

  // The last one made is what the runtime's last request says.
  void ExpectAsForwarded(const std::string& namespace_name) {
    cri_v1::CreateContainerRequest request;
    ASSERT_TRUE(request.ParseFromString(LastRequest(kCreateContainer)));
    ASSERT_FALSE(watcher_.made().empty());
    const Watcher::Made made = watcher_.made().back();
    EXPECT_EQ(made.id, kContainerId);
    EXPECT_EQ(made.sandbox.pod.namespace_, namespace_name);
    EXPECT_EQ(made.container.name, request.config().metadata().name());
    EXPECT_EQ(verify::ExpectedOf(made.sandbox, made.container),
              verify::ExpectedOf(cri::FactsFrom(request.sandbox_config(), "", "sandbox_config"),
                                 cri::FactsFrom(request.config())));
  }

  Watcher& watcher_;

 private:
  const std::unique_ptr<Watcher> owner_;
};

TEST_F(EnforcerContainersTest, IsToldOfWhatTheRuntimeWasGivenWhateverBecameOfTheRequest) {
  const struct {
    const char* what;
    policy::Level level;
    void (*edit)(cri_v1::ContainerConfig& config);
  } kCases[] = {
      {"nothing enforced", policy::Level::kPrivileged,
       [](cri_v1::ContainerConfig& config) {
         config.mutable_linux()->mutable_security_context()->set_privileged(true);
       }},
      {"allowed", policy::Level::kRestricted, MakeRestricted},
      {"hardened", policy::Level::kBaseline, [](cri_v1::ContainerConfig&) {}},
      {"hardened at restricted", policy::Level::kRestricted,
       [](cri_v1::ContainerConfig& config) {
         MakeRestricted(config);
         config.mutable_linux()->mutable_security_context()->clear_seccomp();
       }},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.what);
    Use(PolicyOf(row.level, [](policy::Spec& spec) {
      spec.harden.drop_capabilities = {"NET_RAW"};
      spec.harden.no_new_privileges = true;
      spec.on_violation[static_cast<size_t>(policy::CheckGroup::kSeccomp)] =
          policy::OnViolation::kHarden;
    }));
    RunSandbox();
    const cri_v1::CreateContainerRequest request =
        CreateContainer(kSandboxId, Pod(), {.edit = row.edit});
    const size_t before = watcher_.made().size();
    ASSERT_TRUE(Call(kCreateContainer, request.SerializeAsString()).ok());
    ASSERT_THAT(watcher_.made(), SizeIs(before + 1));
    ExpectAsForwarded(request.sandbox_config().metadata().namespace_());
  }
  // The edits are in what was told: the request had none of it.
  EXPECT_EQ(watcher_.made()[2].container.seccomp.type, policy::ProfileType::kRuntimeDefault);
  EXPECT_TRUE(watcher_.made()[2].container.no_new_privs);
}

TEST_F(EnforcerContainersTest, IsToldNothingOfWhatWasRefusedByEither) {
  Use(PolicyOf(policy::Level::kRestricted));
  RunSandbox();
  EXPECT_FALSE(Call(kCreateContainer, ContainerRequest().SerializeAsString()).ok());
  runtime_.SetHandler(
      [](const FakeCall&) { return ReplyWith(grpc::Status(grpc::StatusCode::INTERNAL, "no")); });
  EXPECT_FALSE(Call(kCreateContainer, RestrictedContainer().SerializeAsString()).ok());
  EXPECT_THAT(watcher_.made(), IsEmpty());
}

TEST_F(EnforcerContainersTest, AnAnswerThatCannotBeReadHasNoId) {
  Use(PolicyOf(policy::Level::kRestricted));
  RunSandbox();
  runtime_.SetHandler([](const FakeCall&) { return ReplyWith(std::string("\xff\xff")); });
  EXPECT_TRUE(Call(kCreateContainer, RestrictedContainer().SerializeAsString()).ok());
  ASSERT_THAT(watcher_.made(), SizeIs(1));
  EXPECT_EQ(watcher_.made()[0].id, "");
}

}  // namespace
}  // namespace sekisho::testing

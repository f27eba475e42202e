// What counts as a user namespace, and what it relaxes.
//
// Since Kubernetes 1.35 a pod with hostUsers=false may unmask /proc at baseline and run as root at
// restricted. POD is the zero of the wire, so a message that says nothing at all looks like one.
#include <gtest/gtest.h>

#include "policy/evaluate.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

struct UsernsCase {
  std::string_view why;
  void (*edit)(UserNamespace&);
  bool real;  // root in it is not root of the node
};

constexpr UsernsCase kCases[] = {
    {"65536 ids from 65536 on", [](UserNamespace&) {}, true},
    {"ids far up", [](UserNamespace& u) { u.uids[0].host_id = 4'000'000'000; }, true},
    {"two ranges",
     [](UserNamespace& u) {
       u.uids.push_back({131072, 65536, 1});
     },
     true},
    {"an empty message", [](UserNamespace& u) { u = {}; }, false},
    {"no users mapped", [](UserNamespace& u) { u.uids.clear(); }, false},
    {"no groups mapped", [](UserNamespace& u) { u.gids.clear(); }, false},
    {"NODE, whatever it maps", [](UserNamespace& u) { u.mode = NamespaceMode::kNode; }, false},
    {"CONTAINER", [](UserNamespace& u) { u.mode = NamespaceMode::kContainer; }, false},
    {"TARGET", [](UserNamespace& u) { u.mode = NamespaceMode::kTarget; }, false},
    {"root is the node's root", [](UserNamespace& u) { u.uids[0].host_id = 0; }, false},
    {"a user of the node, one below the limit", [](UserNamespace& u) { u.uids[0].host_id = 65535; },
     false},
    {"the node's groups", [](UserNamespace& u) { u.gids[0].host_id = 1000; }, false},
    {"a second range within the node's",
     [](UserNamespace& u) {
       u.gids.push_back({0, 70000, 1});
     },
     false},
    {"a range of no length", [](UserNamespace& u) { u.uids[0].length = 0; }, false},
};

Request RequestIn(const UserNamespace& userns, Level level) {
  Request request = LegalRequest(level);
  request.sandbox.namespaces.userns = userns;
  request.container.namespaces.userns = userns;
  return request;
}

std::string FailingOfContainer(const Request& request) {
  return Ids(OfContainer(request).violations);
}

TEST(ChecksUserns, UnmaskedAtBaseline) {
  for (const UsernsCase& c : kCases) {
    UserNamespace userns = OwnUsers();
    c.edit(userns);
    Request request = RequestIn(userns, Level::kBaseline);
    Unmask(request);
    EXPECT_EQ(FailingOfContainer(request), c.real ? "" : "procMount") << c.why;
  }
}

TEST(ChecksUserns, UnmaskedAtRestrictedIsNeverRelaxed) {
  for (const UsernsCase& c : kCases) {
    UserNamespace userns = OwnUsers();
    c.edit(userns);
    Request request = RequestIn(userns, Level::kRestricted);
    Unmask(request);
    EXPECT_EQ(FailingOfContainer(request), "procMount_restricted") << c.why;
  }
}

TEST(ChecksUserns, RootAtRestricted) {
  for (const UsernsCase& c : kCases) {
    UserNamespace userns = OwnUsers();
    c.edit(userns);
    Request request = RequestIn(userns, Level::kRestricted);
    request.container.run_as_user = 0;
    EXPECT_EQ(FailingOfContainer(request), c.real ? "" : "runAsNonRoot runAsUser") << c.why;

    request.sandbox.run_as_user = 0;
    const Decision sandbox = EvaluateSandbox(request.spec, request.sandbox);
    EXPECT_EQ(Ids(sandbox.violations), c.real ? "" : "runAsUser") << c.why;
  }
}

TEST(ChecksUserns, NoUserAndANameAreFineThereToo) {
  Request request = RequestIn(OwnUsers(), Level::kRestricted);
  request.container.run_as_user.reset();
  EXPECT_EQ(FailingOfContainer(request), "");
  request.container.run_as_username = "root";
  EXPECT_EQ(FailingOfContainer(request), "");
}

// Past what the namespace maps, and past what a runtime can hold.
TEST(ChecksUserns, AUserThatIsNoneIsNotRelaxed) {
  for (const int64_t user : {int64_t{-1}, int64_t{1} << 31, int64_t{1} << 32}) {
    Request request = RequestIn(OwnUsers(), Level::kRestricted);
    request.container.run_as_user = user;
    EXPECT_EQ(FailingOfContainer(request), "runAsNonRoot") << user;
  }
}

// The runtime refuses such a pair, or takes one of the two: nothing is relaxed, and it is refused.
TEST(ChecksUserns, ContainerAndSandboxMustSayTheSame) {
  UserNamespace other = OwnUsers();
  other.uids[0].host_id = 131072;
  UserNamespace more = OwnUsers();
  more.uids.push_back({131072, 65536, 1});
  const struct {
    std::string_view why;
    std::optional<UserNamespace> sandbox;
    std::optional<UserNamespace> container;
  } cases[] = {
      {"the sandbox's only", OwnUsers(), std::nullopt},
      {"the container's only", std::nullopt, OwnUsers()},
      {"the sandbox is the node's", UserNamespace{NamespaceMode::kNode, {}, {}}, OwnUsers()},
      {"the container is the node's", OwnUsers(), UserNamespace{NamespaceMode::kNode, {}, {}}},
      {"the container's is empty", OwnUsers(), UserNamespace{}},
      {"other ids", OwnUsers(), other},
      {"one range more", OwnUsers(), more},
  };
  for (const auto& c : cases) {
    Request request = LegalRequest(Level::kBaseline);
    Unmask(request);
    request.sandbox.namespaces.userns = c.sandbox;
    request.container.namespaces.userns = c.container;
    EXPECT_EQ(FailingOfContainer(request), "procMount namespace-mismatch") << c.why;
  }
}

}  // namespace
}  // namespace sekisho::policy

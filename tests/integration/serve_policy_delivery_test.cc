// Which policy file is the node's, and that its revision does not go back.
#include "integration/serve_cluster_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// --- the node's own policy -----------------------------------------------------------------------

class PolicyDeliveryTest : public ServeClusterTest {
 protected:
  void WriteOverride(const std::string& of, const std::string& text) const {
    WriteText(dir_.File("policy." + of + ".yaml"), text);
  }
  status::AgentStatus Status() const {
    return status::ReadAgentStatus(dir_.File("status.json")).value_or(status::AgentStatus{});
  }
  bool WaitForFile(const std::string& name) const {
    return Eventually([&] { return Status().policy_file == name; }, kLong);
  }
};

TEST_F(PolicyDeliveryTest, TheNodesFileComesBeforeItsGroupsAndThatBeforeTheDefault) {
  StartApi();
  api_->SetNode("worker-1", {{"sekisho.io/policy-group", "gpu"}});
  api_->SetNode("worker-2", {{"sekisho.io/policy-group", "edge"}});
  WriteOverride("group.gpu", PolicyEnforcing("baseline"));
  WriteOverride("group.edge", PolicyEnforcing("restricted"));
  Start(WithCluster(PolicyEnforcing("privileged")));
  ASSERT_NE(sekisho_->WaitForNotification("generation 2"), "") << "a reload by itself";
  ASSERT_TRUE(WaitForFile("policy.group.gpu.yaml"));
  EXPECT_EQ(Status().group, "gpu");
  EXPECT_TRUE(IsRefused());

  WriteOverride("node.worker-1", PolicyEnforcing("privileged"));
  EXPECT_THAT(sekisho_->Reload(), Not(HasSubstr("FAILED")));
  ASSERT_TRUE(WaitForFile("policy.node.worker-1.yaml"));
  EXPECT_FALSE(IsRefused());

  std::filesystem::remove(dir_.File("policy.node.worker-1.yaml"));
  EXPECT_THAT(sekisho_->Reload(), Not(HasSubstr("FAILED")));
  ASSERT_TRUE(WaitForFile("policy.group.gpu.yaml"));

  // A label that goes takes the group away, without anybody's word to the agent.
  api_->SetNode("worker-1", {});
  ASSERT_TRUE(WaitForFile("policy.yaml"));
  EXPECT_FALSE(IsRefused());
}

TEST_F(PolicyDeliveryTest, TheGroupIsRememberedWithoutAnApiServer) {
  StartApi();
  api_->SetNode("worker-1", {{"sekisho.io/policy-group", "gpu"}});
  WriteOverride("group.gpu", PolicyEnforcing("baseline"));
  Start(WithCluster());
  ASSERT_TRUE(WaitForFile("policy.group.gpu.yaml"));
  ASSERT_EQ(sekisho_->Terminate(), 0);
  api_->Stop();
  Start(WithCluster());
  EXPECT_EQ(Status().policy_file, "policy.group.gpu.yaml");
  EXPECT_TRUE(IsRefused());
}

TEST_F(PolicyDeliveryTest, ABadFileOfTheGroupIsNoReasonToTakeAnother) {
  StartApi();
  api_->SetNode("worker-1", {{"sekisho.io/policy-group", "gpu"}});
  WriteOverride("group.gpu", kBrokenPolicy);
  Start(WithCluster(PolicyEnforcing("baseline")));
  ASSERT_NE(sekisho_->WaitForNotification("THE LAST RELOAD FAILED"), "");
  EXPECT_THAT(sekisho_->Log(), HasSubstr("policy.group.gpu.yaml:3:1: defualts"));
  EXPECT_TRUE(IsRefused()) << "the last good one";
  WriteOverride("group.gpu", PolicyEnforcing("privileged"));
  EXPECT_THAT(sekisho_->Reload(), Not(HasSubstr("FAILED")));
  EXPECT_FALSE(IsRefused());
}

TEST_F(PolicyDeliveryTest, NodesAreNotAskedForWithoutAFileForAnyGroup) {
  StartApi();
  api_->SetNamespace("shop", {});
  Start(WithCluster());
  ASSERT_TRUE(WaitForSync());
  EXPECT_EQ(api_->CountRequests({.path_prefix = "/api/v1/nodes"}), 0u);
}

std::string Revised(const std::string& level, const std::string& keys) {
  return PolicyEnforcing(level) + keys;
}

TEST_F(PolicyDeliveryTest, ARevisionDoesNotGoBackUnlessForced) {
  Start(Options(Revised("baseline", "revision: 5\n")));
  EXPECT_TRUE(IsRefused());
  sekisho_->WritePolicy(Revised("privileged", "revision: 4\n"));
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("THE LAST RELOAD FAILED"));
  EXPECT_THAT(sekisho_->Log(),
              HasSubstr("policy.yaml:4:11: revision: goes back to 4: 5 was in force on this node "
                        "(raise it above 5, or add replacesRevision: 5 to go back on purpose)"));
  EXPECT_TRUE(IsRefused());
  sekisho_->WritePolicy(PolicyEnforcing("privileged"));
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("THE LAST RELOAD FAILED"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("revision: is missing: 5 was in force"));

  sekisho_->WritePolicy(Revised("privileged", "revision: 4\nreplacesRevision: 5\n"));
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("revision 4"));
  EXPECT_FALSE(IsRefused());
  EXPECT_TRUE(Eventually([&] { return Status().policy_revision == 4; }, kLong));

  // The permission was for 5, and holds for nothing that comes later.
  sekisho_->WritePolicy(Revised("baseline", "revision: 6\n"));
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("revision 6"));
  sekisho_->WritePolicy(Revised("privileged", "revision: 4\nreplacesRevision: 5\n"));
  EXPECT_THAT(sekisho_->Reload(), HasSubstr("THE LAST RELOAD FAILED"));
  EXPECT_TRUE(IsRefused());
}

TEST_F(PolicyDeliveryTest, AnOlderRevisionDoesNotStart) {
  Start(Options(Revised("baseline", "revision: 5\n")));
  ASSERT_EQ(sekisho_->Terminate(), 0);
  sekisho_ = std::make_unique<SekishoProcess>(Options(Revised("baseline", "revision: 3\n")));
  EXPECT_FALSE(sekisho_->Start());
  EXPECT_THAT(sekisho_->Log(), HasSubstr("goes back to 3"));
  EXPECT_THAT(sekisho_->Log(), HasSubstr("no policy, no start"));
}

}  // namespace
}  // namespace sekisho::testing

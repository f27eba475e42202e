// A node whose kubelet was pointed at the agent by hand, as README.md has it.
#pragma once

#include "system/system_fixture.h"

namespace sekisho::testing {

class AgentFixture : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    ASSERT_NO_FATAL_FAILURE(BootWithKubelet());
    InstallPackage();
    StartAgent();
    PointKubeletAtAgent();
    ExpectKubeletWell(kAgentEndpoint);
    ASSERT_FALSE(HasFailure());
  }
};

}  // namespace sekisho::testing

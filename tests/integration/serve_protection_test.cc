// How the agent is held where no unit holds it.
#include <sys/resource.h>

#include <nlohmann/json.hpp>

#include "integration/serve_fixture.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::ContainsRegex;

class ServeProtectionTest : public ServeTest {
 protected:
  // As much as may be dumped, so that there is something to turn off.
  ServeProtectionTest() {
    EXPECT_EQ(::getrlimit(RLIMIT_CORE, &core_before_), 0);
    const rlimit most{.rlim_cur = core_before_.rlim_max, .rlim_max = core_before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_CORE, &most), 0);
  }
  ~ServeProtectionTest() override { EXPECT_EQ(::setrlimit(RLIMIT_CORE, &core_before_), 0); }

  std::string Proc(const char* file) const {
    return ReadText("/proc/" + std::to_string(sekisho_->pid()) + "/" + file);
  }

 private:
  rlimit core_before_{};
};

TEST_F(ServeProtectionTest, ItGainsNoPrivilegesDumpsNothingAndSaysSo) {
  Start(Options());
  EXPECT_THAT(Proc("status"), ContainsRegex("NoNewPrivs:[[:blank:]]1"));
  EXPECT_THAT(Proc("limits"), ContainsRegex("Max core file size +0 "));
  const Finished status =
      RunToEnd({SEKISHO_BINARY, "status", "--config=" + dir_.File("config.yaml"), "--output=json"});
  ASSERT_EQ(status.exit_code, 1) << status.output;  // not ready: no call has come yet
  const auto held = nlohmann::json::parse(status.output).at("selfProtection");
  EXPECT_EQ(held.at("no_new_privs"), true);
  EXPECT_EQ(held.at("core_dumps_off"), true);
  EXPECT_EQ(held.at("memory_not_dumpable"), true);
}

}  // namespace
}  // namespace sekisho::testing

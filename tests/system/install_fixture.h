// A node with the package installed, whose kubelet still talks to the runtime itself.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "system/system_fixture.h"

namespace sekisho::testing {

// Where a node's kubelet takes its endpoint from. `%` stands for the endpoint.
struct KubeletLayout {
  const char* name;
  std::map<std::string, std::string> files;  // the unit among them
};
// In gtest's messages.
inline void PrintTo(const KubeletLayout& layout, std::ostream* out) {
  *out << layout.name;
}
// As most nodes have it: in the file of --config.
const KubeletLayout& ConfigLayout();
const std::vector<KubeletLayout>& KubeletLayouts();

class InstallFixture : public SystemTest {
 protected:
  // Boots, and leaves the agent stopped and disabled, as an administrator does who is not sure yet.
  void Prepare(const KubeletLayout& layout = ConfigLayout());
  void SetUp() override;

  // `sekisho install` or another, with the exit code that it must have. What it printed.
  std::string Sekisho(const std::vector<std::string>& arguments, int exit_code = 0);

  // Every file that an installation may touch, and more: its bytes, mode, owner and target.
  std::string Snapshot() const;
  // The node as it was when Prepare() had ended, and the kubelet well without the agent.
  void ExpectAsBefore();
  void ExpectThroughAgent();

  std::string before_;  // Snapshot()
};

}  // namespace sekisho::testing

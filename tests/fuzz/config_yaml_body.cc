// The agent's configuration file, by the way that the daemon loads it.
#include <string_view>

#include "config/snapshot.h"
#include "fuzz/diagnostics.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"

namespace sekisho::testing {
namespace {

FuzzResult CheckConfigYaml(std::string_view bytes) {
  static MemoryFile file;
  file.Write(bytes);
  const config::LoadResult<config::AgentConfig> loaded = config::LoadAgentConfig(file.path());
  if (!loaded.ok()) {
    return {.broken = BrokenDiagnostics(bytes, loaded.errors)};
  }
  FuzzResult result{.accepted = true};
  const config::LoadResult<config::AgentConfig> again = config::LoadAgentConfig(file.path());
  if (!again.ok() || again.value != loaded.value) {
    result.broken = "loaded again, it is another configuration";
  } else if (!config::IsPlainName(NodeName(loaded.value)) && !loaded.value.node_name.empty()) {
    result.broken = "the node's name cannot be a part of a file's name";
  }
  return result;
}

const RegisterFuzzTarget kConfigYaml("config_yaml", CheckConfigYaml);

}  // namespace
}  // namespace sekisho::testing

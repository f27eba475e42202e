// Which policy file is this node's: its own, its group's, or everybody's.
//
// The files lie beside each other, so that one ConfigMap can hold them all: for policy.yaml they
// are policy.node.NAME.yaml and policy.group.GROUP.yaml. The first of node, group, default that is
// there is the whole main file; nothing is merged. What is there and cannot be read is an error and
// never a reason to take the next one.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/snapshot.h"

namespace sekisho::config {

// The path of the main policy file for this node. A name or group that cannot be part of a file's
// name (IsPlainName) has no file.
std::string ChoosePolicyFile(const AgentConfig& config, const NodeIdentity& node);

// The files for nodes and groups that lie beside the default one, sorted. What cannot be listed is
// no file.
std::vector<std::string> OverrideFiles(const AgentConfig& config);
// What is wrong with any of them, whichever node it is for; and with the default file, if it is
// there and is not the one in force. `in_force` (empty: the default file) is what the caller has
// read itself: its errors, and those of the drop-ins beside it, are not said again.
std::vector<Diagnostic> ErrorsInOverrides(const AgentConfig& config, std::chrono::sys_seconds now,
                                          const std::string& in_force = {});
// Whether there is a file for any group: otherwise nobody needs to know this node's.
bool HasGroupFiles(const AgentConfig& config);

}  // namespace sekisho::config

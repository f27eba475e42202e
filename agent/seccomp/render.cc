#include <cstdlib>
#include <nlohmann/json.hpp>

#include "seccomp/resolve.h"

namespace sekisho::seccomp {
namespace {

// Keeps the keys in the order in which they are added.
using Json = nlohmann::ordered_json;

Json RenderNames(const std::vector<Arch>& arches) {
  Json names = Json::array();
  for (const Arch& arch : arches) {
    names.push_back(arch.name);
  }
  return names;
}

Json RenderArgument(const ArgumentTest& test) {
  Json argument = Json::object();
  argument["index"] = test.index;
  argument["value"] = test.value;
  if (test.value_two != 0) {
    argument["valueTwo"] = test.value_two;
  }
  argument["op"] = CompareName(test.compare);
  return argument;
}

Json RenderRule(const Rule& rule) {
  Json out = Json::object();
  out["names"] = rule.names;
  out["action"] = ActionName(rule.action);
  if (rule.errno_ret.has_value()) {
    out["errnoRet"] = *rule.errno_ret;
  }
  if (!rule.args.empty()) {
    Json& args = out["args"] = Json::array();
    for (const ArgumentTest& test : rule.args) {
      args.push_back(RenderArgument(test));
    }
  }
  return out;
}

}  // namespace

std::string Render(const Profile& profile) {
  // Without its conditions such a profile would allow what they guard.
  if (profile.format != Format::kOci) {
    std::abort();
  }
  Json out = Json::object();
  out["defaultAction"] = ActionName(profile.default_action);
  if (profile.default_errno_ret.has_value()) {
    out["defaultErrnoRet"] = *profile.default_errno_ret;
  }
  if (!profile.architectures.empty()) {
    out["architectures"] = RenderNames(profile.architectures);
  }
  if (!profile.flags.empty()) {
    out["flags"] = profile.flags;
  }
  if (!profile.listener_path.empty()) {
    out["listenerPath"] = profile.listener_path;
  }
  if (!profile.listener_metadata.empty()) {
    out["listenerMetadata"] = profile.listener_metadata;
  }
  Json& rules = out["syscalls"] = Json::array();
  for (const Rule& rule : profile.rules) {
    rules.push_back(RenderRule(rule));
  }
  constexpr int kIndent = 2;
  return out.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sekisho::seccomp

// Every method of CRI runtime.v1 and what the relay does with it.
#pragma once

#include <span>
#include <string_view>

namespace sekisho::relay {

enum class MethodClass {
  kForwarded,  // read-only or tearing down: never gated, so that a node can always be cleaned up
  kChecked,    // the CallHook decides by the request's security context
  // Cannot be judged by its request. The CallHook lets it through only where the policy is
  // privileged, that is, where nothing would be checked anyway.
  kRefused,
};

enum class MethodKind { kUnary, kServerStreaming };

struct MethodEntry {
  std::string_view path;  // "/runtime.v1.RuntimeService/RunPodSandbox"
  MethodClass method_class;
  MethodKind kind;
  bool observe;          // tell the hook of the response
  std::string_view why;  // the reason for the class
};

// Sorted by path.
std::span<const MethodEntry> MethodTable();

// nullptr for a method that is not in the table, which the relay answers with UNIMPLEMENTED.
const MethodEntry* FindMethod(std::string_view path);

}  // namespace sekisho::relay

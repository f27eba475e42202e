// Table rows for whole pods with what their manifest declares: what is done to a legal pod of two
// containers, and every word that must be said about it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/declared.h"
#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

// A manifest as it reaches the checks. The facts are what a kubelet would make of the declared.
struct Pod {
  Spec spec;
  SandboxFacts sandbox;
  std::vector<ContainerFacts> containers;  // "initcontainer1", "container1"
  DeclaredPod declared;

  ContainerFacts& init() { return containers[0]; }
  ContainerFacts& regular() { return containers[1]; }
  DeclaredContext& init_context() { return declared.containers[0].context; }
  DeclaredContext& regular_context() { return declared.containers[1].context; }
};

// One that restricted allows, of two containers that leave to the pod what the pod can say for
// them.
Pod LegalPod();

struct DeclaredCase {
  std::string_view why;
  Level level;
  // At v1.0 … v1.37: the first and the last version that finds it wrong.
  int from;
  int to;
  void (*edit)(Pod&);
  // All that is wrong with it then, as Kubernetes prints it. Empty: never anything.
  std::string_view text = {};
};

// Holds each row against the checks, at every version there is. `id`: the check that the rows are
// about; that of another version is not looked at.
void ExpectDeclared(std::string_view id, std::span<const DeclaredCase> rows);

// All that is wrong with the pod, as Kubernetes prints it.
std::string WrongWith(const Pod& pod, const LevelVersion& at);

}  // namespace sekisho::policy

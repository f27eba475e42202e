// The demo's pods: what each asks for, and what has to come of it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/v1/api.pb.h"

namespace sekisho::demo {

// The node's policy.
std::string PolicyText();

// The seccomp profiles below the kubelet's directory, by name.
inline constexpr char kNodeProfile[] = "no-mkdir.json";    // that the policy names
inline constexpr char kWeakProfile[] = "with-mount.json";  // that permits more than RuntimeDefault
inline constexpr char kDockerFile[] = "for-docker.json";   // in Docker's format
std::map<std::string, std::string> Profiles();

enum class Outcome { kAllowed, kHardened, kRefused };

// What the kernel must say of the running container.
struct Expected {
  int seccomp = 2;  // 0 off, 2 filter
  int no_new_privs = 0;
  int64_t uid = 0;
  // Of the bounding set: a capability it has and one it has not; null: not compared.
  const char* has_capability = nullptr;
  const char* lacks_capability = nullptr;
};

struct Pod {
  std::string namespace_;
  std::string name;
  std::string asks;  // for a person
  Outcome outcome = Outcome::kAllowed;
  std::function<void(runtime::v1::PodSandboxConfig&)> sandbox = {};
  std::function<void(runtime::v1::ContainerConfig&)> container = {};
  // Where CreateContainer claims another namespace than the sandbox was run with.
  std::string claimed_namespace = {};
  // Joins the first pod as an ephemeral container, with the pid namespace of its container.
  bool joins_first_pod = false;
  Expected kernel = {};
  // Run inside: the command, and whether it must succeed.
  std::vector<std::string> proof = {};
  bool proof_succeeds = true;
};

std::vector<Pod> Pods();

}  // namespace sekisho::demo

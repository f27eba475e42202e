// The built agent before a fake runtime, with a policy that forbids some things, hardens others and
// judges seccomp profiles; and every kind of request that a fault could let through.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "fault/outcome.h"
#include "integration/serve_fixture.h"

namespace sekisho::testing {

inline constexpr bool kSanitized = SEKISHO_SANITIZED != 0;

// What a process has used of the CPUs, from proc(5).
std::chrono::milliseconds CpuTimeOf(pid_t pid);
// How many descriptors it holds.
size_t DescriptorsOf(pid_t pid);

class FaultNodeTest : public ServeTest {
 protected:
  enum class Answer {
    kAsDecided,  // forwarded and answered, or refused by the policy, as it demands
    kRefused,    // refused for another reason: fail closed
    kLost,       // no answer of the agent's own
    kLetThrough  // answered although the policy forbids it
  };
  struct Request {
    const char* name;
    const char* method;
    std::string bytes;
    bool allowed;
  };

  FaultNodeTest();

  // Baseline, with a capability taken from every container, and the rules that `more` adds.
  std::string Policy(const std::string& more = "") const;
  SekishoOptions FaultOptions(const std::string& more_policy = "") const;
  std::string state() const { return dir_.File("state"); }
  std::string profile(const std::string& name = "web.json") const {
    return dir_.File("kubelet/seccomp/" + name);
  }

  // A runtime that names its containers, a running agent, a sandbox to ask for containers in.
  void StartNode(SekishoOptions options);
  void StartNodeRuntime();
  // The runtime's own answers, in place of those that a test has told it.
  void NameContainers();
  void RunTheSandbox();

  // A pod and a container that are allowed, ones that are forbidden, and a container with a profile
  // of the node.
  std::vector<Request> Requests() const;
  runtime::v1::CreateContainerRequest ContainerWithProfile(const std::string& path) const;
  Answer Ask(const Request& request, const std::shared_ptr<grpc::Channel>& channel,
             std::chrono::milliseconds timeout = kLong) const;
  // Asks for each of them once, on a connection of its own unless one is given. True when every
  // answer was as decided.
  bool AskAll(FaultOutcome& outcome, std::shared_ptr<grpc::Channel> channel = nullptr) const;
  // From now until all of them are answered as decided again. Adds it to the outcome.
  void WaitUntilWell(FaultOutcome& outcome) const;

  // Of all that reached the runtime: what the policy forbids, what it should have hardened and did
  // not, and seccomp profiles that are not the agent's own copies of what was judged.
  uint64_t WronglyForwarded() const;

  std::string sandbox_ = "";

 private:
  bool IsWrong(const FakeCall& call) const;
};

}  // namespace sekisho::testing

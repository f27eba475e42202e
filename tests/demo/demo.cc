// A handful of real pods through Sekisho: what each asked for, what was decided and why, and what
// the kernel says of those that run. Exits 0 only when all of it is as it has to be.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "caps/cap_set.h"
#include "demo/pods.h"
#include "demo/screen.h"
#include "support/child_process.h"
#include "support/isolation.h"
#include "support/node.h"
#include "support/text_file.h"

namespace sekisho::demo {
namespace {

using Json = nlohmann::json;

const char* NameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllowed:
      return "ALLOWED UNCHANGED";
    case Outcome::kHardened:
      return "HARDENED";
    case Outcome::kRefused:
      return "REFUSED";
  }
  return "";
}

std::string Hex(uint64_t mask) {
  char text[20];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(mask));
  return text;
}

// What came of one pod.
struct Result {
  absl::Status refused;      // OK when it runs
  std::string container_id;  // when it runs
};

class Demo {
 public:
  // Where to put the report; empty: nowhere.
  explicit Demo(std::string report_file) : report_file_(std::move(report_file)) {}
  int Run();

 private:
  void Show(size_t number, const Pod& pod);
  Result Push(const Pod& pod, const testing::PodOptions& options);
  std::vector<Json> NewAuditLines(size_t count);
  void NameWholePath(runtime::v1::ContainerConfig& config) const;
  std::string Short(std::string text) const;
  void ShowDecision(const Pod& pod, const Result& result);
  void ShowKernel(const Pod& pod, const std::string& container_id);
  void ShowProof(const Pod& pod, const std::string& container_id);
  // What a subcommand says of the node as it is now.
  void ShowCommand(const std::string& why, std::vector<std::string> arguments, int exit_code);
  void ShowCommands();
  void Expect(bool as_it_must_be, const std::string& what);

  const std::string report_file_;
  testing::Node node_{PolicyText()};
  size_t audit_lines_ = 0;
  std::string first_sandbox_;
  std::string first_container_;
  testing::PodOptions first_pod_;
  int count_[3] = {0, 0, 0};
  int compared_ = 0;
  int problems_ = 0;
};

void Demo::Expect(bool as_it_must_be, const std::string& what) {
  if (!as_it_must_be) {
    ++problems_;
    PrintField("WRONG", what);
  }
}

// What a kubelet does: RunPodSandbox, CreateContainer, StartContainer.
Result Demo::Push(const Pod& pod, const testing::PodOptions& options) {
  std::string sandbox = first_sandbox_;
  if (!pod.joins_first_pod) {
    const absl::StatusOr<std::string> run = node_.kubelet().RunPod(options);
    if (!run.ok()) {
      return {.refused = run.status(), .container_id = ""};
    }
    sandbox = *run;
  }
  testing::ContainerOptions container{.name = "app",
                                      .edit = [this, &pod](runtime::v1::ContainerConfig& config) {
                                        if (pod.container != nullptr) {
                                          pod.container(config);
                                          NameWholePath(config);
                                        }
                                      }};
  if (pod.joins_first_pod) {
    container.name = "debugger";
    container.edit = [this](runtime::v1::ContainerConfig& config) {
      auto& namespaces =
          *config.mutable_linux()->mutable_security_context()->mutable_namespace_options();
      namespaces.set_pid(runtime::v1::TARGET);
      namespaces.set_target_id(first_container_);
    };
  }
  testing::PodOptions claimed = options;
  if (!pod.claimed_namespace.empty()) {
    claimed.namespace_ = pod.claimed_namespace;
  }
  const absl::StatusOr<std::string> id = node_.kubelet().Run(sandbox, claimed, container);
  if (!id.ok()) {
    return {.refused = id.status(), .container_id = ""};
  }
  if (first_sandbox_.empty()) {
    first_sandbox_ = sandbox;
    first_container_ = *id;
    first_pod_ = options;
  }
  return {.refused = absl::OkStatus(), .container_id = *id};
}

std::vector<Json> Demo::NewAuditLines(size_t count) {
  const std::vector<std::string> lines = node_.sekisho().AuditLines(audit_lines_ + count);
  std::vector<Json> fresh;
  for (size_t i = audit_lines_; i < lines.size(); ++i) {
    fresh.push_back(Json::parse(lines[i], nullptr, false));
  }
  audit_lines_ = lines.size();
  return fresh;
}

// A pod of the demo names a profile by its name; a kubelet puts the node's directory before it.
void Demo::NameWholePath(runtime::v1::ContainerConfig& config) const {
  runtime::v1::SecurityProfile& seccomp =
      *config.mutable_linux()->mutable_security_context()->mutable_seccomp();
  if (seccomp.profile_type() == runtime::v1::SecurityProfile::Localhost) {
    seccomp.set_localhost_ref(node_.SeccompProfilePath(seccomp.localhost_ref()));
  }
}

// Without what every text has in common, and without the folders that are gone soon.
std::string Demo::Short(std::string text) const {
  const std::string profiles = node_.SeccompProfilePath("");
  for (const std::string& common : {std::string("config.linux.security_context."), profiles}) {
    for (size_t at = text.find(common); at != std::string::npos; at = text.find(common)) {
      text.erase(at, common.size());
    }
  }
  const std::string pins = node_.sekisho().options().dir + "/state/seccomp/";
  if (const size_t at = text.find(pins); at != std::string::npos) {
    const size_t end = text.find(".json", at);
    const std::string name = text.substr(at + pins.size(), 8);
    text.replace(at, end == std::string::npos ? end : end - at, "copy " + name + "…");
  }
  return text;
}

void Demo::ShowDecision(const Pod& pod, const Result& result) {
  // A sandbox and its container are judged one after the other.
  const size_t judged = pod.joins_first_pod ? 1 : 2;
  const bool sandbox_refused = !result.refused.ok() && pod.sandbox != nullptr;
  const std::vector<Json> lines = NewAuditLines(sandbox_refused ? 1 : judged);
  if (lines.empty()) {
    Expect(false, "the audit log has no line of it");
    return;
  }
  const Json& last = lines.back();
  const std::string decision = last.value("decision", "");
  const Outcome outcome = decision == "allow"    ? Outcome::kAllowed
                          : decision == "harden" ? Outcome::kHardened
                                                 : Outcome::kRefused;
  ++count_[static_cast<int>(outcome)];
  std::string why = " by " + last.value("rule", "");
  if (last.contains("exemption")) {
    why += ": " + last.value("exemption", "");
  }
  PrintField("decided", NameOf(outcome) + (last.contains("rule") ? why : ""));
  if (outcome == Outcome::kHardened) {
    for (const Json& violation : last.value("violations", Json::array())) {
      PrintField("why", violation.value("reason", "") + " (" + violation.value("detail", "") + ")");
    }
    for (const Json& edit : last.value("edits", Json::array())) {
      PrintField("edits", Short(edit.value("field", "") + ": " + edit.value("before", "") + " -> " +
                                edit.value("after", "")));
    }
  }
  if (!result.refused.ok()) {
    PrintField("why", Short(std::string(result.refused.message())));
  }
  Expect(outcome == pod.outcome, std::string("it had to be ") + NameOf(pod.outcome));
  Expect(result.refused.ok() == (outcome != Outcome::kRefused),
         "the audit log and the answer differ: " + result.refused.ToString());
}

void Demo::ShowKernel(const Pod& pod, const std::string& container_id) {
  const std::optional<testing::ProcStatus> status = node_.StatusOf(container_id);
  if (!status.has_value()) {
    Expect(false, "the kernel knows no such process");
    return;
  }
  const caps::CapSet bounding(status->cap_bounding);
  const auto has = [&](const char* name) { return bounding.Has(*caps::NumberOf(name)); };
  PrintField("kernel", "Seccomp " + std::to_string(status->seccomp) +
                           (status->seccomp == 0 ? " (off)" : " (filter)") + "  NoNewPrivs " +
                           std::to_string(status->no_new_privs) + "  Uid " +
                           std::to_string(status->uid) + "  CapBnd " + Hex(status->cap_bounding) +
                           (has("NET_RAW") ? " (has NET_RAW)" : " (no NET_RAW)"));
  ++compared_;
  const Expected& expected = pod.kernel;
  Expect(status->seccomp == expected.seccomp, "another seccomp mode");
  Expect(status->no_new_privs == expected.no_new_privs, "another no_new_privs");
  Expect(status->uid == expected.uid, "another user");
  Expect(expected.has_capability == nullptr || has(expected.has_capability),
         "a capability is missing");
  Expect(expected.lacks_capability == nullptr || !has(expected.lacks_capability),
         "a capability too many");
  if (pod.joins_first_pod) {
    const std::string own = node_.NamespaceOf(container_id, "pid");
    PrintField("", own + ", the one of the container that it debugs");
    Expect(own == node_.NamespaceOf(first_container_, "pid"), "it is another one");
  }
}

void Demo::ShowProof(const Pod& pod, const std::string& container_id) {
  if (pod.proof.empty()) {
    return;
  }
  const absl::StatusOr<testing::ExecResult> result = node_.kubelet().Exec(container_id, pod.proof);
  if (!result.ok()) {
    Expect(false, std::string(result.status().ToString()));
    return;
  }
  std::string command;
  for (const std::string& word : pod.proof) {
    command += (command.empty() ? "" : " ") + word;
  }
  std::string output = result->out.substr(0, result->out.find('\n'));
  PrintField("inside", "$ " + command + "  => " + (result->exit_code == 0 ? "done" : output));
  Expect((result->exit_code == 0) == pod.proof_succeeds, "the command had to end otherwise");
}

void Demo::Show(size_t number, const Pod& pod) {
  testing::PodOptions options =
      pod.joins_first_pod ? first_pod_ : node_.NewPod(pod.namespace_, pod.name);
  if (!pod.joins_first_pod) {
    options.source = pod.namespace_ == "kube-system" ? "file" : "api";
    options.edit = pod.sandbox;
  }
  std::printf("\n%zu. pod %s/%s\n", number, pod.namespace_.c_str(), pod.name.c_str());
  PrintField("asked", pod.asks);
  const Result result = Push(pod, options);
  ShowDecision(pod, result);
  if (result.refused.ok()) {
    ShowKernel(pod, result.container_id);
    ShowProof(pod, result.container_id);
  }
}

void PrintIntroduction() {
  std::printf(
      "A private containerd and runc, Sekisho before them, and a client that asks as a kubelet "
      "does.\n"
      "The node's policy: baseline; restricted in namespace payments; kube-system's static pods "
      "are\n"
      "exempt. Below privileged, Unconfined becomes RuntimeDefault and NET_RAW is dropped.\n");
}

void Demo::ShowCommand(const std::string& why, std::vector<std::string> arguments, int exit_code) {
  std::string line = "sekisho";
  for (const std::string& argument : arguments) {
    line += " " + Short(argument);
  }
  arguments.insert(arguments.begin(), SEKISHO_BINARY);
  const testing::Finished finished = testing::RunToEnd(arguments);
  std::printf("\n%s\n$ %s\n%s", why.c_str(), line.c_str(), Short(finished.output).c_str());
  Expect(finished.exit_code == exit_code, "it exited with " + std::to_string(finished.exit_code));
}

void Demo::ShowCommands() {
  const std::string config = node_.sekisho().options().dir + "/config.yaml";
  const std::string stricter = node_.sekisho().options().dir + "/stricter.yaml";
  testing::WriteText(stricter,
                     "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
                     "defaults: {enforce: restricted}\n");
  ShowCommand("What runs, by the kernel's word, against what was decided:",
              {"verify", "--config", config}, 0);
  ShowCommand("What would have become of these pods had restricted been enforced everywhere:",
              {"replay", "--config", config, "--policy", stricter}, 1);
  ShowCommand("The agent itself:", {"status", "--config", config, "--refusals", "2"}, 0);
  if (!report_file_.empty()) {
    ShowCommand("All of it as one page, to open in a browser:",
                {"report", "--config", config, "-o", report_file_}, 0);
  }
}

int Demo::Run() {
  for (const auto& [name, text] : Profiles()) {
    node_.AddSeccompProfile(name, text);
  }
  if (const std::string problem = node_.Start(); !problem.empty()) {
    std::printf("%s\n", problem.c_str());
    return 1;
  }
  PrintIntroduction();
  size_t number = 0;
  for (const Pod& pod : Pods()) {
    Show(++number, pod);
    std::fflush(stdout);
  }
  ShowCommands();
  const absl::Status removed = node_.direct().RemoveAllPods();
  Expect(removed.ok(), std::string(removed.ToString()));
  Expect(node_.sekisho().Terminate() == 0, "sekisho did not end in order");
  std::printf("\n%zu pods: %d allowed unchanged, %d hardened, %d refused. ", number,
              count_[static_cast<int>(Outcome::kAllowed)],
              count_[static_cast<int>(Outcome::kHardened)],
              count_[static_cast<int>(Outcome::kRefused)]);
  std::printf("Compared with the kernel: %d, %s.\n", compared_,
              problems_ == 0 ? "all as decided" : "NOT all as decided");
  return problems_ == 0 ? 0 : 1;
}

int Main(const std::string& report_file) {
  return testing::RunIsolated([&report_file] {
    if (const std::string missing = testing::MissingForContainers(); !missing.empty()) {
      std::printf("the demo cannot run here: %s\n", missing.c_str());
      return 1;
    }
    return Demo(report_file).Run();
  });
}

}  // namespace
}  // namespace sekisho::demo

// sekisho_demo [REPORT.html]
int main(int argc, char** argv) {
  return sekisho::demo::Main(argc > 1 ? argv[1] : "");
}

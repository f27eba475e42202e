#include "system/system_fixture.h"

#include <fcntl.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "support/sekisho_process.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr char kKubeletUnit[] = R"([Unit]
Description=A kubelet's stand-in
After=containerd.service import-images.service
Wants=containerd.service

[Service]
ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml
Restart=always
RestartSec=1
StartLimitIntervalSec=0

[Install]
WantedBy=multi-user.target
)";

std::string PackagePath() {
  const char* const other = std::getenv("SEKISHO_DEB");
  return other != nullptr ? other : SEKISHO_DEB;
}

}  // namespace

SteadyLoad::SteadyLoad(const SystemNode& node, const std::string& endpoint, int calls_per_second)
    : output_(::open(dir_.File("load").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
      process_(node.leader(), {"load_client", endpoint, std::to_string(calls_per_second)},
               output_.get()) {
  EXPECT_TRUE(Eventually([this] { return ReadText(dir_.File("load")).starts_with("loading"); },
                         seconds(20)))
      << ReadText(dir_.File("load"));
}

nlohmann::json SteadyLoad::Stop() {
  process_.Signal(SIGTERM);
  EXPECT_EQ(process_.Wait(seconds(70)), 0);
  const std::string output = ReadText(dir_.File("load"));
  return nlohmann::json::parse(output.substr(std::min(output.find('{'), output.size())), nullptr,
                               false);
}

void SystemTest::SetUp() {
  std::string missing = MissingForSystemNode();
  if (missing.empty() && !std::filesystem::exists(PackagePath())) {
    missing = "no package " + PackagePath() + ": the target sekisho_deb makes it";
  }
  if (!missing.empty()) {
    GTEST_SKIP() << missing;
  }
  node_ = std::make_unique<SystemNode>();
}

void SystemTest::TearDown() {
  if (HasFailure() && node_ != nullptr && node_->leader() > 0) {
    std::puts(node_->Journal().c_str());
  }
  if (std::getenv("SEKISHO_HOLD") != nullptr && node_ != nullptr) {
    std::puts("The node waits: tests/system/enter goes in, and the enter key here ends it.");
    std::fflush(stdout);
    (void)std::getchar();
  }
}

void SystemTest::WriteKubelet(const std::string& endpoint) {
  node_->Write(kKubeletConfig,
               "apiVersion: kubelet.config.k8s.io/v1beta1\n"
               "kind: KubeletConfiguration\n"
               "containerRuntimeEndpoint: " +
                   endpoint + "\n");
  node_->Write("/lib/systemd/system/kubelet.service", kKubeletUnit);
}

void SystemTest::BootWithKubelet() {
  WriteKubelet(kRuntimeEndpoint);
  ASSERT_EQ(node_->Boot(), "");
  Must({"systemctl", "enable", "--now", "kubelet.service"});
  ExpectKubeletWell(kRuntimeEndpoint);
}

void SystemTest::InstallPackage() {
  node_->CopyIn(PackagePath(), "/srv/sekisho.deb", 0644);
  Must({"dpkg", "--install", "/srv/sekisho.deb"});
}

void SystemTest::StartAgent() {
  Must({"systemctl", "enable", "--now", "sekisho.socket", "sekisho.service"});
}

void SystemTest::PointKubeletAtAgent() {
  WriteKubelet(kAgentEndpoint);
  Must({"systemctl", "restart", "kubelet.service"});
}

nlohmann::json SystemTest::StatsFile() const {
  return nlohmann::json::parse(node_->Read("/run/kubelet/stats.json"), nullptr, false);
}

nlohmann::json SystemTest::KubeletStats() const {
  const nlohmann::json stats = StatsFile();
  return stats.is_object() && stats["pid"] == MainPid("kubelet.service") ? stats : nlohmann::json();
}

void SystemTest::ExpectKubeletWell(const std::string& endpoint, int pods) {
  nlohmann::json stats;
  nlohmann::json first;  // of the process that wrote the last ones
  EXPECT_TRUE(Eventually(
      [&] {
        stats = StatsFile();
        if (!stats.is_object() || stats["endpoint"] != endpoint) {
          return false;
        }
        if (!first.is_object() || first["pid"] != stats["pid"]) {
          first = stats;
        }
        return stats["pods"].get<int>() >= first["pods"].get<int>() + pods &&
               stats["pid"] == MainPid("kubelet.service");
      },
      seconds(40)))
      << stats.dump(1);
  EXPECT_EQ(Healthz(), "ok");
}

std::string SystemTest::Healthz() const {
  return node_->Run({"/bin/busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:10248/healthz"})
      .output;
}

std::string SystemTest::Must(const std::vector<std::string>& argv) {
  const Finished finished = node_->Run(argv);
  EXPECT_EQ(finished.exit_code, 0) << ::testing::PrintToString(argv) << "\n" << finished.output;
  return finished.output;
}

std::string SystemTest::UnitProperty(const std::string& unit, const std::string& property) const {
  std::string value =
      node_->Run({"systemctl", "show", "--value", "--property=" + property, unit}).output;
  if (value.ends_with('\n')) {
    value.pop_back();
  }
  return value;
}

pid_t SystemTest::MainPid(const std::string& unit) const {
  const std::string pid = UnitProperty(unit, "MainPID");
  return pid.empty() ? -1 : std::stoi(pid);
}

nlohmann::json SystemTest::RunPod(const std::string& namespace_, const std::string& name,
                                  const std::vector<std::string>& options) {
  std::vector<std::string> argv = {"pod_client", kAgentEndpoint, namespace_, name};
  argv.insert(argv.end(), options.begin(), options.end());
  return nlohmann::json::parse(Must(argv), nullptr, false);
}

std::vector<nlohmann::json> SystemTest::AuditRecords() const {
  const std::string all = node_->Read("/var/log/sekisho/audit.jsonl");
  // Up to the last newline: what follows it is a line that is being written right now.
  std::istringstream text(all.substr(0, all.rfind('\n') + 1));
  std::vector<nlohmann::json> records;
  for (std::string line; std::getline(text, line);) {
    records.push_back(nlohmann::json::parse(line, nullptr, false));
  }
  return records;
}

}  // namespace sekisho::testing

#include "bench/ways.h"

#include <unistd.h>

#include <filesystem>

#include "base/str_cat.h"
#include "bench/proxy_configs.h"
#include "support/child_process.h"
#include "support/sekisho_process.h"
#include "support/text_file.h"
#include "support/unix_socket.h"

namespace sekisho::bench {
namespace {

// As packaging/etc/policy.yaml, with other levels.
constexpr char kForbidsNothing[] =
    "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
    "defaults: {enforce: privileged, audit: privileged, warn: privileged}\n";
constexpr char kRestricted[] =
    "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
    "defaults: {enforce: restricted, audit: restricted, warn: restricted}\n"
    "harden:\n"
    "  seccomp: {unconfined: RuntimeDefault}\n"
    "  capabilities: {drop: [NET_RAW]}\n"
    "onViolation: {seccomp: harden}\n"
    "namespaceLabels: floor\n"
    "rules: []\n"
    "exemptions:\n"
    "- match: {namespaces: [kube-system], source: static}\n"
    "  reason: control plane static pods\n";

class Direct : public Way {
 public:
  explicit Direct(std::string socket) : socket_(std::move(socket)) {}
  std::string socket() const override { return socket_; }
  pid_t pid() const override { return 0; }
  std::string version() const override { return ""; }
  std::string log() const override { return ""; }

 private:
  const std::string socket_;
};

class Sekisho : public Way {
 public:
  explicit Sekisho(testing::SekishoOptions options) : process_(std::move(options)) {}
  bool Start() { return process_.Start(); }
  std::string socket() const override { return process_.socket(); }
  pid_t pid() const override { return process_.pid(); }
  std::string version() const override { return SekishoVersion(); }
  std::string log() const override { return process_.Log(); }

 private:
  testing::SekishoProcess process_;
};

// A program that listens on a socket when it is ready, and tells nobody.
class Proxy : public Way {
 public:
  Proxy(const std::string& dir, std::vector<std::string> argv, std::string version)
      : dir_(dir),
        version_(std::move(version)),
        child_({.argv = std::move(argv), .output_file = dir + "/log"}) {}
  bool Listens() {
    return testing::Eventually([this] {
             return testing::Answers(socket()) ||
                    child_.Wait(std::chrono::milliseconds(0)).has_value();
           }) &&
           testing::Answers(socket());
  }
  std::string socket() const override { return dir_ + "/listen.sock"; }
  pid_t pid() const override { return child_.pid(); }
  std::string version() const override { return version_; }
  std::string log() const override { return testing::ReadText(dir_ + "/log"); }

 private:
  const std::string dir_;
  const std::string version_;
  testing::ChildProcess child_;
};

absl::StatusOr<std::unique_ptr<Way>> Checked(std::unique_ptr<Way> way, bool serves) {
  if (!serves) {
    return absl::UnavailableError(base::StrCat("it does not serve:\n", way->log()));
  }
  return way;
}

absl::StatusOr<std::unique_ptr<Way>> StartSekisho(const std::string& policy,
                                                  const WayOptions& options) {
  // valgrind makes calls, and writes files, of its own.
  const std::string unheld = options.run_under.empty()
                                 ? ""
                                 : "selfProtection: {systemCallFilter: false, landlock: false}\n";
  auto way = std::make_unique<Sekisho>(
      testing::SekishoOptions{.dir = options.dir,
                              .upstream_socket = options.upstream,
                              .policy = policy,
                              .kubelet_root = options.kubelet_root,
                              .more_config = "log: {level: warn}\n" + unheld,
                              .run_under = options.run_under});
  const bool serves = way->Start();
  return Checked(std::move(way), serves);
}

absl::StatusOr<std::unique_ptr<Way>> StartHaproxy(const WayOptions& options) {
  const std::string config = options.dir + "/haproxy.cfg";
  testing::WriteText(config, HaproxyConfig(options.dir + "/listen.sock", options.upstream));
  // -db: in the foreground, and one process.
  auto way = std::make_unique<Proxy>(options.dir,
                                     std::vector<std::string>{options.haproxy, "-db", "-f", config},
                                     VersionOf({options.haproxy, "-v"}));
  const bool serves = way->Listens();
  return Checked(std::move(way), serves);
}

absl::StatusOr<std::unique_ptr<Way>> StartNginx(const WayOptions& options) {
  const std::string config = options.dir + "/nginx.conf";
  // As root it would serve as a user who may not open the runtime's socket.
  const std::string user = ::geteuid() == 0 ? "user root;\n" : "";
  testing::WriteText(
      config, user + NginxConfig(options.dir, options.dir + "/listen.sock", options.upstream));
  auto way = std::make_unique<Proxy>(
      options.dir,
      std::vector<std::string>{options.nginx, "-p", options.dir, "-e", "stderr", "-c", config},
      VersionOf({options.nginx, "-v"}));
  const bool serves = way->Listens();
  return Checked(std::move(way), serves);
}

}  // namespace

const std::vector<std::string>& AllWays() {
  static const std::vector<std::string> all = {kDirect, kSekisho, kEnforcing, kHaproxy, kNginx};
  return all;
}

std::string VersionOf(const std::vector<std::string>& argv) {
  const std::string output = testing::RunToEnd(argv).output;
  return output.substr(0, output.find('\n'));
}

std::string SekishoVersion() {
  return VersionOf({SEKISHO_BINARY, "version"});
}

std::string EnforcingPolicy() {
  return kRestricted;
}

absl::StatusOr<std::unique_ptr<Way>> StartWay(const std::string& name, const WayOptions& options) {
  std::filesystem::create_directories(options.dir);
  if (name == kDirect) {
    return std::make_unique<Direct>(options.upstream);
  }
  if (name == kSekisho || name == kEnforcing) {
    return StartSekisho(name == kSekisho ? kForbidsNothing : kRestricted, options);
  }
  return name == kHaproxy ? StartHaproxy(options) : StartNginx(options);
}

}  // namespace sekisho::bench

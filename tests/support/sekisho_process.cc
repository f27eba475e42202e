#include "support/sekisho_process.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace sekisho::testing {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

base::UniqueFd BindDatagram(const std::string& path) {
  (void)::unlink(path.c_str());
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw std::runtime_error("the path of the notify socket is too long: " + path);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("cannot bind " + path + ": " + std::strerror(errno));
  }
  return fd;
}

std::string ConfigText(const SekishoOptions& options, const std::string& socket) {
  std::ostringstream text;
  text << "apiVersion: sekisho.io/v1alpha1\n"
       << "kind: AgentConfig\n"
       << "listen: {socket: " << socket << "}\n"
       << "upstream: {socket: " << options.upstream_socket << ", startTimeoutSeconds: 20}\n"
       << "policy: {file: " << options.dir << "/policy.yaml, dropInDirectory: " << options.dir
       << "/policy.d}\n"
       << "kubelet: {rootDirectory: " << options.kubelet_root << "}\n"
       << "state: {directory: " << options.dir << "/state}\n"
       << "audit: {path: " << options.audit_path << "}\n"
       << options.more_config;
  return text.str();
}

}  // namespace

bool Eventually(const std::function<bool()>& done, milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  while (!done()) {
    if (Clock::now() >= deadline) {
      return done();
    }
    std::this_thread::sleep_for(milliseconds(10));  // between looks, not instead of them
  }
  return true;
}

SekishoProcess::SekishoProcess(SekishoOptions options) : options_(std::move(options)) {
  if (options_.audit_path.empty()) {
    options_.audit_path = options_.dir + "/audit.jsonl";
  }
  notify_ = BindDatagram(options_.dir + "/notify.sock");
  stop_reading_.Reset(::eventfd(0, EFD_CLOEXEC));
  reader_ = std::thread([this] { ReadNotifications(); });
  WritePolicy(options_.policy);
  WriteText(options_.dir + "/config.yaml", ConfigText(options_, socket()));
}

SekishoProcess::~SekishoProcess() {
  child_.reset();
  (void)::eventfd_write(stop_reading_.get(), 1);
  reader_.join();
}

void SekishoProcess::WritePolicy(const std::string& policy) const {
  WriteText(options_.dir + "/policy.yaml", policy);
}

bool SekishoProcess::Start() {
  Command command{.argv = options_.run_under,
                  .environment = options_.environment,
                  .output_file = options_.dir + "/sekisho.log",
                  .listen_fd = options_.listen_fd};
  for (const char* word : {SEKISHO_BINARY, "serve", "--config"}) {
    command.argv.emplace_back(word);
  }
  command.argv.push_back(options_.dir + "/config.yaml");
  command.argv.insert(command.argv.end(), options_.arguments.begin(), options_.arguments.end());
  command.environment.emplace_back("NOTIFY_SOCKET", options_.dir + "/notify.sock");
  {
    const std::lock_guard lock(mu_);
    notifications_.clear();  // of one that ran before
  }
  child_ = std::make_unique<ChildProcess>(command);
  bool ready = false;
  return Eventually(
             [&] {
               ready = ready ||
                       ReceiveNotification(milliseconds(0)).find("READY=1") != std::string::npos;
               return ready || child_->Wait(milliseconds(0)).has_value();
             },
             std::chrono::seconds(30)) &&
         ready;
}

std::string SekishoProcess::Reload() {
  Signal(SIGHUP);
  (void)WaitForNotification("RELOADING=1");
  return WaitForNotification("READY=1");
}

std::string SekishoProcess::WaitForNotification(const std::string& text) {
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(30);
  while (Clock::now() < deadline) {
    std::string message = ReceiveNotification(milliseconds(200));
    if (message.find(text) != std::string::npos) {
      return message;
    }
  }
  return "";
}

std::string SekishoProcess::ReceiveNotification(milliseconds timeout) {
  std::unique_lock lock(mu_);
  if (!arrived_.wait_for(lock, timeout, [this] { return !notifications_.empty(); })) {
    return "";
  }
  std::string message = std::move(notifications_.front());
  notifications_.pop_front();
  return message;
}

void SekishoProcess::ReadNotifications() {
  std::array<pollfd, 2> waiting = {{{.fd = notify_.get(), .events = POLLIN, .revents = 0},
                                    {.fd = stop_reading_.get(), .events = POLLIN, .revents = 0}}};
  while (::poll(waiting.data(), waiting.size(), -1) > 0 && waiting[1].revents == 0) {
    std::array<char, 4096> buffer;
    const ssize_t length = ::recv(notify_.get(), buffer.data(), buffer.size(), 0);
    if (length > 0) {
      {
        const std::lock_guard lock(mu_);
        notifications_.emplace_back(buffer.data(), static_cast<size_t>(length));
      }
      arrived_.notify_all();
    }
  }
}

void SekishoProcess::Kill9() {
  Signal(SIGKILL);
  (void)Wait(std::chrono::seconds(10));
}

int SekishoProcess::Terminate() {
  Signal(SIGTERM);
  return Wait(std::chrono::seconds(60)).value_or(-1);
}

std::string SekishoProcess::Log() const {
  return ReadText(options_.dir + "/sekisho.log");
}

std::vector<std::string> SekishoProcess::AuditLines(size_t count) const {
  std::vector<std::string> lines;
  (void)Eventually([&] {
    lines.clear();
    // Up to the last newline: what follows it is a line that is being written right now.
    const std::string all = ReadText(audit_path());
    std::istringstream text(all.substr(0, all.rfind('\n') + 1));
    for (std::string line; std::getline(text, line);) {
      lines.push_back(line);
    }
    return lines.size() >= count;
  });
  return lines;
}

}  // namespace sekisho::testing

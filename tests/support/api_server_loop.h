// The one thread of a test API server: its sockets, and what others ask of it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "support/api_server_connection.h"

namespace sekisho::testing::api {

// What the loop calls, on its thread.
class LoopUser {
 public:
  virtual ~LoopUser() = default;
  virtual void OnRequest(Connection& connection, int32_t stream) = 0;
  // Once a round, before bodies are written. Returns when it wants to be called at the latest.
  virtual TimePoint OnRound(TimePoint now) = 0;
};

class ServerLoop {
 public:
  // Listens on 127.0.0.1 when it returns; port 0 is any. Throws std::runtime_error.
  ServerLoop(uint16_t port, SslContext context, LoopUser& user);
  ~ServerLoop();
  ServerLoop(const ServerLoop&) = delete;
  ServerLoop& operator=(const ServerLoop&) = delete;

  uint16_t port() const { return port_; }

  // Runs `what` on the loop's thread and returns when it is done. From any other thread.
  void Do(const std::function<void()>& what);

  // What follows is for the loop's thread, so inside of Do or a LoopUser.
  using Connections = std::list<std::unique_ptr<Connection>>;
  Connections& connections() { return connections_; }
  int accepted() const { return accepted_; }
  void SetContext(SslContext context) { context_ = std::move(context); }
  void SetFrozen(bool frozen) { frozen_ = frozen; }
  void ResetConnections();
  void StopListening();
  void StartListening();

 private:
  void Run();
  bool RunCommands();  // false: it is over
  void Wait(TimePoint until);
  void Accept();
  void Wake();

  LoopUser& user_;
  SslContext context_;
  // Bound and never listening: keeps the port for us while the server is stopped.
  base::UniqueFd reserved_;
  uint16_t port_ = 0;
  base::UniqueFd listener_;
  base::UniqueFd wake_;
  Connections connections_;
  int accepted_ = 0;
  bool frozen_ = false;

  std::mutex mu_;  // of what follows
  std::condition_variable done_changed_;
  std::vector<std::function<void()>> commands_;
  uint64_t asked_ = 0;
  uint64_t done_ = 0;
  bool over_ = false;

  std::thread thread_;
};

}  // namespace sekisho::testing::api

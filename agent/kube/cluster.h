// All that the agent has to do with the API server, on one thread of its own.
//
// The API server is optional: nothing here fails the agent, and nobody who decides waits for it.
// What it says of the namespaces is given out as an immutable view, and kept on disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "audit/record.h"
#include "kube/credentials.h"
#include "policy/namespace_labels.h"

namespace sekisho::kube {

struct ClusterOptions {
  CredentialsOptions credentials;
  std::string user_agent;   // "sekisho/0.1.0"
  std::string directory;    // what is kept: "/var/lib/sekisho/kube"
  std::string node_name;    // of the Node object
  std::string group_label;  // of the Node object; see AskForGroup
  bool events = true;
};

struct ClusterStats {
  std::string server;  // empty: the credentials cannot be read
  bool synced = false;
  std::optional<int64_t> age_seconds;  // of what is known of the namespaces
  uint64_t namespaces = 0;
  uint64_t lists = 0;
  uint64_t watches = 0;
  uint64_t changes = 0;
  uint64_t failures = 0;
  uint64_t bytes_received = 0;  // of bodies, inflated
  uint64_t rounds = 0;          // of the thread: one that spins is found by them
  std::string last_error;       // empty while the namespaces are heard of
  std::string cache_error;      // of the copy on disk; empty while all is well
  uint64_t events_created = 0;
  uint64_t events_updated = 0;
  uint64_t events_dropped = 0;
  std::string events_error;
};

class Cluster {
 public:
  // Reads what is on disk. No thread and no connection before Start().
  explicit Cluster(ClusterOptions options);
  // Ends the thread and writes what is known to disk. What was not sent as an Event by then is
  // lost.
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void Start();

  // From here on: any thread, never waiting for more than a short lock.
  policy::NamespaceView View() const;
  // Reports the decision as an Event, if it is one to report.
  void Note(const audit::Record& record);
  // From now on this node's group label is watched. Once is enough.
  void AskForGroup();
  // The group as last heard, perhaps before the last restart; "" for none. Absent: never heard.
  std::optional<std::string> group() const;
  // As they were up to a few seconds ago.
  ClusterStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho::kube

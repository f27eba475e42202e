// Keeps a copy of one kind of object of the API server: list once, then watch.
//
// It goes by the rules that every Kubernetes client goes by: resource versions are opaque; a watch
// goes on from the last version heard of; 410 Gone means list again; bookmarks move the version on;
// watches are ended by the server now and then and opened again; failures are retried with a
// back-off that grows and is jittered, and Retry-After is obeyed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kube/backoff.h"
#include "kube/loop.h"

namespace sekisho::kube {

// Who is told. Called on the loop's thread.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // A list: Begin, any number of Listed, and then either End or Abandon. What was known before
  // holds until End.
  virtual void BeginList() = 0;
  // An error gives the whole list up.
  virtual absl::Status Listed(const nlohmann::json& object) = 0;
  virtual void EndList() = 0;
  virtual void AbandonList() = 0;

  // One change from a watch. An error leads to a new list.
  virtual absl::Status Changed(const nlohmann::json& object) = 0;
  virtual absl::Status Deleted(const nlohmann::json& object) = 0;

  // At once after each part of a watch that was read (one or more whole messages, bookmarks
  // included), and after End: what is known is now confirmed by the server up to
  // `resource_version`. Also, with the version that is known, when a watch has ended as it should
  // without any message: that the server accepted it is not heard of before. Never for a watch
  // that fails before its first whole message. Changes need not be visible to anybody before this.
  virtual void Confirmed(const std::string& resource_version) = 0;
};

struct ReflectorOptions {
  std::string what;   // for messages: "namespaces"
  std::string path;   // "/api/v1/namespaces"
  std::string query;  // more of the query: "fieldSelector=metadata.name%3Dworker-1"; may be empty
  // Where a copy from before goes on: a watch from this version is tried before any list. Empty:
  // list.
  std::string resource_version;
  // The first request waits for a random part of this, so that a thousand nodes do not ask at once.
  std::chrono::milliseconds start_jitter{0};
  int page_size = 500;
  size_t object_bytes_max = size_t{4} << 20;       // of one object, or one line of a watch
  size_t objects_max = 100'000;                    // of one list
  std::chrono::milliseconds list_timeout{60'000};  // of one list, with all its pages
  // A watch is asked to end after a random time from once to twice this.
  std::chrono::seconds watch_timeout{300};
  // A watch that brings no whole message for so long is taken for dead: the API server sends a
  // bookmark a minute.
  std::chrono::milliseconds watch_idle_timeout{150'000};
  Backoff::Options backoff = {};
};

class Reflector {
 public:
  struct Stats {
    uint64_t lists = 0;           // whole ones
    uint64_t watches = 0;         // that the server accepted: a message came, or a regular end
    uint64_t changes = 0;         // of single objects
    uint64_t failures = 0;        // requests that failed, by whatever cause
    uint64_t bytes = 0;           // of bodies, inflated
    std::string last_error = {};  // empty while all is well
  };

  // `loop` and `store` outlive it. Nothing is sent before Start().
  Reflector(ReflectorOptions options, Loop& loop, ObjectStore& store);
  ~Reflector();
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  void Start();
  const Stats& stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho::kube

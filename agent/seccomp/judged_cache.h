// What is known of files and was said of them, in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "caps/cap_set.h"
#include "seccomp/demands.h"
#include "seccomp/judgement.h"
#include "seccomp/lru.h"
#include "seccomp/profile_facts.h"
#include "seccomp/trusted_open.h"

namespace sekisho::seccomp {

// What a look asks: the policy's demands, the container's capabilities, and the floor's content as
// it is now (null: none is demanded).
struct Question {
  const Demands& demands;
  caps::CapSet capabilities = {};
  const Content* floor = nullptr;
};

// Thread-safe; one short lock. Bounded: files, and answers a file.
class JudgedCache {
 public:
  explicit JudgedCache(size_t files_max) : files_(files_max) {}

  struct Hit {
    std::shared_ptr<const Content> content;     // null: the file is not known, or has changed
    std::shared_ptr<const ProfileFacts> facts;  // null: this was not asked yet
  };
  Hit Find(const std::string& path, const Identity& identity, const Question& question);
  // Answers stay while the content is the same. One that is not settled is remembered for them
  // alone: Find will not know the file.
  Hit Remember(const std::string& path, const Loaded& loaded, const Question& question);
  // Dropped when the file has another content by now.
  void Answer(const std::string& path, const Content& content, const Question& question,
              std::shared_ptr<const ProfileFacts> facts);
  // Two that are equal have the same number, two that differ never.
  uint64_t NumberOf(const Demands& demands);

 private:
  // Two questions with the same key have the same answer: only what matters is in it.
  struct Key {
    uint64_t demands = 0;
    uint64_t own_capabilities = 0;
    uint64_t floor_capabilities = 0;
    std::string floor_digest;

    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Said {
    Key key;
    std::shared_ptr<const ProfileFacts> facts;
  };
  struct File {
    Identity identity;
    bool settled = false;
    std::shared_ptr<const Content> content;
    std::vector<Said> answers;
  };
  struct Numbered {
    Demands demands;
    uint64_t number = 0;
  };

  bool Matches(const Key& key, const Content& content, const Question& question, uint64_t demands);
  std::shared_ptr<const ProfileFacts> AnswerLocked(const File& file, const Question& question);
  uint64_t NumberLocked(const Demands& demands);

  std::mutex mu_;
  Lru<File> files_;
  std::vector<Numbered> demands_;  // the latest last
  uint64_t next_number_ = 1;
};

}  // namespace sekisho::seccomp

#include "seccomp/judged_cache.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sekisho::seccomp {
namespace {

// Of one file: a profile of Docker's format has as many as there are relevant sets of capabilities
// among the node's containers.
constexpr size_t kAnswersMax = 64;
// Policies have a handful, and a reload brings as many new ones.
constexpr size_t kDemandsMax = 64;

uint64_t OwnCapabilities(const Content& content, const Question& question) {
  return ReadingFor(content, question.demands.docker_format, question.capabilities)
      .capabilities.mask();
}

uint64_t FloorCapabilities(const Question& question) {
  return question.floor == nullptr ? 0
                                   : question.capabilities.mask() & question.floor->relevant.mask();
}

std::string_view FloorDigest(const Question& question) {
  return question.floor == nullptr ? std::string_view() : question.floor->digest;
}

}  // namespace

bool JudgedCache::Matches(const Key& key, const Content& content, const Question& question,
                          uint64_t demands) {
  return key.demands == demands && key.own_capabilities == OwnCapabilities(content, question) &&
         key.floor_capabilities == FloorCapabilities(question) &&
         key.floor_digest == FloorDigest(question);
}

std::shared_ptr<const ProfileFacts> JudgedCache::AnswerLocked(const File& file,
                                                              const Question& question) {
  const uint64_t demands = NumberLocked(question.demands);
  for (const Said& said : file.answers) {
    if (Matches(said.key, *file.content, question, demands)) {
      return said.facts;
    }
  }
  return nullptr;
}

JudgedCache::Hit JudgedCache::Find(const std::string& path, const Identity& identity,
                                   const Question& question) {
  const std::lock_guard lock(mu_);
  const File* file = files_.Find(path);
  if (file == nullptr || !file->settled || file->identity != identity) {
    return {};
  }
  return {.content = file->content, .facts = AnswerLocked(*file, question)};
}

JudgedCache::Hit JudgedCache::Remember(const std::string& path, const Loaded& loaded,
                                       const Question& question) {
  const std::lock_guard lock(mu_);
  File* file = files_.Find(path);
  if (file == nullptr || file->content->digest != loaded.content->digest) {
    file = &files_.Put(path, File{.identity = {}, .content = loaded.content, .answers = {}});
  }
  file->identity = loaded.identity;
  file->settled = loaded.settled;
  return {.content = file->content, .facts = AnswerLocked(*file, question)};
}

void JudgedCache::Answer(const std::string& path, const Content& content, const Question& question,
                         std::shared_ptr<const ProfileFacts> facts) {
  const std::lock_guard lock(mu_);
  File* file = files_.Find(path);
  if (file == nullptr || file->content->digest != content.digest) {
    return;
  }
  const uint64_t demands = NumberLocked(question.demands);
  const auto said = std::find_if(
      file->answers.begin(), file->answers.end(),
      [&](const Said& answer) { return Matches(answer.key, content, question, demands); });
  if (said != file->answers.end()) {
    said->facts = std::move(facts);
    return;
  }
  if (file->answers.size() >= kAnswersMax) {
    file->answers.erase(file->answers.begin());
  }
  file->answers.push_back({.key = {.demands = demands,
                                   .own_capabilities = OwnCapabilities(content, question),
                                   .floor_capabilities = FloorCapabilities(question),
                                   .floor_digest = std::string(FloorDigest(question))},
                           .facts = std::move(facts)});
}

uint64_t JudgedCache::NumberOf(const Demands& demands) {
  const std::lock_guard lock(mu_);
  return NumberLocked(demands);
}

uint64_t JudgedCache::NumberLocked(const Demands& demands) {
  const auto known = std::find_if(demands_.rbegin(), demands_.rend(),
                                  [&](const Numbered& entry) { return entry.demands == demands; });
  if (known != demands_.rend()) {
    return known->number;
  }
  if (demands_.size() >= kDemandsMax) {
    demands_.erase(demands_.begin());
  }
  demands_.push_back({.demands = demands, .number = next_number_++});
  return demands_.back().number;
}

}  // namespace sekisho::seccomp

// A bounded map that forgets what was not asked for the longest.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace sekisho::seccomp {

// By text. Not thread-safe.
template <typename Value>
class Lru {
 public:
  explicit Lru(size_t max) : max_(max == 0 ? 1 : max) {}

  // Valid until the next Put. nullptr: not known.
  Value* Find(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
      return nullptr;
    }
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
  }

  Value& Put(const std::string& key, Value value) {
    if (Value* known = Find(key)) {
      *known = std::move(value);
      return *known;
    }
    if (order_.size() >= max_) {
      by_key_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(key, std::move(value));
    by_key_.emplace(key, order_.begin());
    return order_.front().second;
  }

  size_t size() const { return order_.size(); }

 private:
  using Order = std::list<std::pair<std::string, Value>>;  // the latest first

  size_t max_;
  Order order_;
  std::unordered_map<std::string, typename Order::iterator> by_key_;
};

}  // namespace sekisho::seccomp

// A bounded cache in which nothing is made twice at the same time.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "seccomp/lru.h"

namespace sekisho::seccomp {

// Thread-safe. Whoever asks for what another thread is making waits for it; the lock is held only
// for the look-up.
template <typename Value>
class OnceCache {
 public:
  explicit OnceCache(size_t max) : slots_(max) {}

  // What was made for `key`; nullptr when it is not there yet.
  std::shared_ptr<const Value> Ready(const std::string& key) {
    const std::lock_guard lock(mu_);
    const std::shared_ptr<Slot>* slot = slots_.Find(key);
    return slot != nullptr && (*slot)->ready ? (*slot)->value : nullptr;
  }

  // The same, made now if need be: `make()` returns a Value.
  template <typename Make>
  std::shared_ptr<const Value> Get(const std::string& key, const Make& make) {
    const std::shared_ptr<Slot> slot = SlotOf(key);
    std::call_once(slot->once, [&] {
      auto value = std::make_shared<const Value>(make());
      const std::lock_guard lock(mu_);
      slot->value = std::move(value);
      slot->ready = true;
    });
    return slot->value;  // call_once has synchronised with whoever wrote it
  }

 private:
  struct Slot {
    std::once_flag once;
    bool ready = false;
    std::shared_ptr<const Value> value;
  };

  std::shared_ptr<Slot> SlotOf(const std::string& key) {
    const std::lock_guard lock(mu_);
    if (const std::shared_ptr<Slot>* slot = slots_.Find(key)) {
      return *slot;
    }
    return slots_.Put(key, std::make_shared<Slot>());
  }

  std::mutex mu_;
  Lru<std::shared_ptr<Slot>> slots_;
};

}  // namespace sekisho::seccomp

// What a completion queue's tag points to.
#pragma once

namespace sekisho::relay {

// Delivered by Worker::Run on the worker's own thread, once for each operation it was the tag of.
class Event {
 public:
  virtual void OnEvent(bool ok) = 0;

 protected:
  ~Event() = default;
};

}  // namespace sekisho::relay

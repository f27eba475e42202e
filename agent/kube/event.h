// One Event in the making: what several notices about one pod come to.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "kube/notice.h"

namespace sekisho::kube {

class Event {
 public:
  // Whose it is; the notice itself is not counted yet.
  explicit Event(const Notice& notice);

  // A notice about the same pod, with the same reason.
  void Add(const Notice& notice);
  // Forgets the newest notices so that so many are left; none: what they told is forgotten too.
  void CutTo(uint64_t count);

  EventReason reason() const { return reason_; }
  const std::string& namespace_name() const { return namespace_; }
  const std::string& pod() const { return pod_; }
  const std::string& pod_uid() const { return pod_uid_; }
  uint64_t count() const { return count_; }
  std::chrono::sys_seconds first() const { return first_; }
  std::chrono::sys_seconds last() const { return last_; }

  // The only container that there is news of. Empty: of several, or of the sandbox.
  std::string OnlyContainer() const;
  // The latest news of each container: `container "a": …; container "b": …; and 3 more`. At most
  // 1024 bytes; where that is too little, all of them are shortened alike.
  std::string Message() const;

 private:
  struct News {
    std::string container;  // empty: the sandbox
    std::string text;
  };

  std::string Join(size_t text_bytes_max) const;

  EventReason reason_;
  std::string namespace_;
  std::string pod_;
  std::string pod_uid_;
  std::vector<News> news_;      // of the first few containers, in the order they came
  std::set<std::string> more_;  // the names of further ones
  uint64_t count_ = 0;
  std::chrono::sys_seconds first_{};
  std::chrono::sys_seconds last_{};
};

}  // namespace sekisho::kube

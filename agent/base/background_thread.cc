#include "base/background_thread.h"

#include <sys/resource.h>
#include <unistd.h>

namespace sekisho::base {

void GiveWay() {
  constexpr int kNice = 5;
  // To be nicer is never refused, and without it all is as before.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

}  // namespace sekisho::base

#include "app/intake.h"

#include <utility>

#include "base/str_cat.h"
#include "log/log.h"

namespace sekisho::app {

void Intake::Take(base::UniqueFd connection) {
  if (!gate_.Admits(connection.get())) {
    return;
  }
  const bool full = !server_.Adopt(std::move(connection));
  if (full && !was_full_) {
    log::Warn(base::StrCat(socket_,
                           ": connections are closed as they come: there are as many as "
                           "can be served"));
  }
  was_full_ = full;
}

}  // namespace sekisho::app

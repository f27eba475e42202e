// The agent's own API on a unix socket: proto/sekisho/v1/admin.proto.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "sekisho/v1/admin.pb.h"

namespace sekisho::admin {

// At once. Of what comes beyond, each is closed as it comes. Only root gets as far as that, and a
// connection is closed anyway when it is a minute old.
inline constexpr size_t kConnectionsMax = 128;

class Server {
 public:
  // Called for each request, on the server's own thread; one at a time.
  using Status =
      std::function<sekisho::v1::GetStatusResponse(const sekisho::v1::GetStatusRequest&)>;

  static absl::StatusOr<std::unique_ptr<Server>> Start(Status status);
  // Ends the calls under way; waits for `status` when it runs, and for no client.
  virtual ~Server() = default;

  // Serves one accepted connection. Thread-safe.
  virtual void Adopt(base::UniqueFd connection) = 0;
};

}  // namespace sekisho::admin

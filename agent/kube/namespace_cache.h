// The namespaces on disk, so that decisions outlive the API server and the machine's last boot.
//
// One file, replaced as a whole: its first line is the SHA-256 of all that follows, the rest one
// JSON document with the labels as they were written, so that another build reads them by its own
// rules. Not a secret, but only root may write it.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kube/namespace_store.h"

namespace sekisho::kube {

class NamespaceCache {
 public:
  // `file` is "/var/lib/sekisho/kube/namespaces.json"; its directory is made when it is missing
  // (mode 0700). `server` is the API server's URL: the namespaces of another cluster are not these.
  NamespaceCache(std::string file, std::string server);

  // What was written last. NOT_FOUND: there is none, or it is another server's. DATA_LOSS: it is
  // damaged (checksum, format, size, owner or mode), and was put aside as FILE.damaged so that
  // somebody can look at it; one that was put aside before is replaced. Any other error says why it
  // could not be read (permissions, too many open files); it stays where it is, since it may be
  // whole. Every message begins with the file.
  absl::StatusOr<NamespaceCopy> Read() const;

  // A crash leaves the old one or this one; so does an error. Messages begin with the file or its
  // directory.
  absl::Status Write(const NamespaceCopy& copy) const;

  const std::string& file() const { return file_; }

 private:
  const std::string file_;
  const std::string server_;
};

}  // namespace sekisho::kube

// The profile that containerd attaches for RuntimeDefault: what `floor: RuntimeDefault` compares
// with.
#pragma once

#include <optional>
#include <string_view>

#include "caps/cap_set.h"
#include "seccomp/profile.h"
#include "seccomp/resolve.h"

namespace sekisho::seccomp {

// The versions at which containerd's profile changed so that a filter differs. Each stands for all
// releases from it up to the next change of its line.
// NOLINTBEGIN(readability-identifier-naming): versions would not be told apart without underscores.
enum class ContainerdVersion {
  k1_6,     // measured: 1.6.20
  k1_7,     // measured: 1.7.24. No AF_VSOCK; calls of newer kernels; process_vm_* for everybody
  k1_7_32,  // after its release notes: no AF_ALG
  k2_0,     // measured: 2.1.9. No io_uring. Also 2.1, 2.2.0 to 2.2.3, and 2.3.0
  k2_2_4,   // after its release notes: no AF_ALG. Also 2.3.1 and everything newer
};
// NOLINTEND(readability-identifier-naming)

// From what the CRI call Version says: "1.6.20~ds1", "v2.1.9". Nothing for what is no version or is
// older than 1.6.
std::optional<ContainerdVersion> ContainerdVersionFrom(std::string_view version);

// With conditions (Format::kDocker) on the capabilities of the container, on the architecture and
// on the kernel, so that Resolve makes of it what that containerd attaches to such a container.
//
// Not modelled: names that libseccomp 2.5 does not know (runc drops them too), and containerd on
// architectures other than x86_64, which is as its documentation has it and was not measured.
const Profile& RuntimeDefault(ContainerdVersion version);

// Of the newest one.
const Profile& RuntimeDefault();

// What `floor: RuntimeDefault` compares with on a node with that containerd: what it permits by
// itself, and what the newest one does. A later version permits calls that an older one had not met
// yet, or that have become harmless; profiles written for it, Docker's own among them, are not
// weaker for that.
const Profile& RuntimeDefaultFloor(ContainerdVersion version);

}  // namespace sekisho::seccomp

// Localhost seccomp profiles: files of the node, of which the request has only the path.
//
// Somebody looks at the files and puts what there is to know into ContainerFacts::profiles. It goes
// like this: evaluate without knowing anything, look at ProfilePathsToLookAt of the edited facts,
// evaluate the facts again with what was found. Where nobody looked (a manifest on another machine)
// nothing is found wrong with a file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/decision.h"
#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

// Whether the container, after the edits, has a field that names a file. If not, there is none to
// be looked at, whatever the policy.
bool NamesAFile(const ContainerFacts& container, const Edits& edits);

// What was found out about the file at `path`, by the path that was asked for or by that of its
// pinned copy. Null: nobody looked. Of several that are pinned alike the first counts.
const seccomp::ProfileFacts* ProfileOf(const ContainerFacts& container, const std::string& path);

// The same of a profile; null for one that is no file.
const seccomp::ProfileFacts* ProfileOf(const ContainerFacts& container,
                                       const SecurityProfile& profile);

// The files that must be looked at before `edited`, a container's facts after the edits, can be
// judged: what it would run with, then the fallback of one that is missing. None where the level is
// privileged, and none for a container that names no file.
std::vector<std::string> ProfilePathsToLookAt(const Spec& spec, const ContainerFacts& edited);

// Whether `edited` names a file that must be looked at, and nobody did. Such a request must not go
// on: the checks would find nothing.
bool NeedsProfileLook(const Spec& spec, const ContainerFacts& edited);

// What becomes of `profile`, which the container would run with, by what was found out: the pinned
// copy of its file, the fallback of one that is missing (pinned, too), or else itself.
SecurityProfile AsFound(const Spec& spec, const ContainerFacts& container,
                        const SecurityProfile& profile);

// A pinned copy as the file that it is a copy of: what somebody named, and what is compared with
// names. Anything else as it is.
SecurityProfile AsNamed(const ContainerFacts& container, const SecurityProfile& profile);

// Whether `profile` is the pinned copy of a file that is usable.
bool IsPinned(const ContainerFacts& container, const SecurityProfile& profile);

// Whether either field names a file other than `profile`'s: some runtime could read it, whichever
// of the two counts here.
bool NamesAnotherFile(const ContainerFacts& container, const SecurityProfile& profile);

// Whether the runtime attaches no seccomp profile, whatever the request says: containerd does not
// to a privileged container.
bool SeccompIsIgnored(const ContainerFacts& container);

}  // namespace sekisho::policy

#include "replay/live.h"

#include "base/str_cat.h"
#include "enforce/judge.h"
#include "policy/paths.h"

namespace sekisho::replay {

audit::DecidedFacts FactsOf(const verify::Running& running, const mounts::Resolver& mounts,
                            const std::string& state_dir) {
  audit::DecidedFacts facts;
  facts.sandbox = running.sandbox;
  facts.complete = running.sandbox_known;
  facts.container = enforce::LookedUp(mounts, running.sandbox.pod, running.container);
  const policy::SecurityProfile& seccomp = facts.container->seccomp;
  const std::string pins = base::StrCat(state_dir, "/seccomp");
  if (seccomp.type == policy::ProfileType::kLocalhost &&
      policy::IsCleanAbsolutePath(seccomp.localhost_ref) &&
      policy::IsBelow(seccomp.localhost_ref, pins)) {
    // Which question it answered is not known, so that the verdict says that it is uncertain.
    facts.container->profiles.push_back({.path = seccomp.localhost_ref,
                                         .state = seccomp::ProfileFacts::State::kUsable,
                                         .pinned_path = seccomp.localhost_ref,
                                         .digest = seccomp.localhost_ref.substr(pins.size() + 1)});
  }
  return facts;
}

}  // namespace sekisho::replay

#include "fuzz/profile_body.h"

#include <optional>
#include <vector>

#include "base/str_cat.h"
#include "caps/cap_set.h"
#include "fuzz/diagnostics.h"
#include "seccomp/parse.h"
#include "seccomp/resolve.h"
#include "support/same_profile.h"

namespace sekisho::testing {
namespace {

using seccomp::Profile;

std::string BrokenRoundTrip(const Profile& profile) {
  const std::string text = Render(profile);
  std::vector<yaml::Diagnostic> errors;
  const std::optional<Profile> again = seccomp::Parse(text, "rendered", &errors);
  if (!again.has_value()) {
    return base::StrCat("rendered, it does not parse: ", errors.front().ToString());
  }
  if (const std::string what = DifferenceOf(profile, *again); !what.empty()) {
    return base::StrCat("rendered, it says something else: ", what);
  }
  return Render(*again) == text ? "" : "rendered twice, it is not the same";
}

std::string BrokenResolution(const Profile& profile) {
  const caps::CapSet relevant = RelevantCapabilities(profile);
  for (const seccomp::Arch& arch : seccomp::Architectures()) {
    for (const caps::CapSet capabilities : {caps::CapSet(), relevant, caps::CapSet::All()}) {
      for (const seccomp::KernelVersion kernel :
           {seccomp::KernelVersion{3, 10}, seccomp::KernelVersion{6, 1}}) {
        const Profile resolved =
            Resolve(profile, {.arch = arch, .capabilities = capabilities, .kernel = kernel});
        if (resolved.format != seccomp::Format::kOci) {
          return "resolved, it is no OCI profile";
        }
        if (std::string what = BrokenRoundTrip(resolved); !what.empty()) {
          return base::StrCat("resolved for ", arch.name, ": ", what);
        }
      }
    }
  }
  return BrokenRoundTrip(AsContainerdReads(profile));
}

}  // namespace

BodyResult CheckProfileText(std::string_view bytes) {
  std::vector<yaml::Diagnostic> errors;
  const std::optional<Profile> profile = seccomp::Parse(bytes, "input", &errors);
  if (!profile.has_value()) {
    return {.broken = BrokenDiagnostics(bytes, errors)};
  }
  BodyResult result = {.parsed = true,
                       .docker_format = profile->format == seccomp::Format::kDocker};
  if (!errors.empty()) {
    result.broken = base::StrCat("parsed with an error: ", errors.front().ToString());
  } else {
    result.broken = result.docker_format ? BrokenResolution(*profile) : BrokenRoundTrip(*profile);
  }
  return result;
}

}  // namespace sekisho::testing

// How it stands with the running containers.
#pragma once

#include <string>

#include "verify/result.h"

namespace sekisho::report {

// What is to be said of one container, the worst first.
enum class Standing {
  kWeaker,        // than decided, or than today's policy asks for
  kUnseen,        // it never passed the agent
  kRefusedToday,  // older than the agent, and today's policy would refuse it
  kNotLookedAt,   // nothing is known against it
  kConforms,
};
Standing StandingOf(const verify::Container& container);

// The sentence to read where one reads only one.
struct Posture {
  enum class Tone { kGood, kBad };
  Tone tone = Tone::kBad;
  std::string headline;  // "2 of 41 running containers are weaker than decided."
  std::string more;      // further sentences; may be empty
};
Posture PostureOf(const verify::Result& result);

}  // namespace sekisho::report

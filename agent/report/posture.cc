#include "report/posture.h"

#include <algorithm>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "report/html.h"

namespace sekisho::report {
namespace {

using base::StrCat;
using verify::Container;
using verify::Origin;

std::string_view Be(size_t number) {
  return number == 1 ? " is" : " are";
}

}  // namespace

Standing StandingOf(const Container& container) {
  if (!container.drift.empty()) {
    return Standing::kWeaker;
  }
  if (container.origin == Origin::kPast || container.origin == Origin::kForeign) {
    return Standing::kUnseen;
  }
  if (!container.refusal.empty()) {
    return Standing::kRefusedToday;
  }
  return container.process.has_value() ? Standing::kConforms : Standing::kNotLookedAt;
}

Posture PostureOf(const verify::Result& result) {
  const size_t all = result.containers.size();
  const auto count = [&result](auto is_one) {
    return static_cast<size_t>(
        std::count_if(result.containers.begin(), result.containers.end(), is_one));
  };
  const size_t weaker = count([](const Container& container) {
    return !container.drift.empty() && container.origin == Origin::kDecided;
  });
  const size_t weaker_today = result.drifted() - weaker;
  const size_t unseen = result.CountOf(Origin::kPast) + result.CountOf(Origin::kForeign);
  const size_t refused =
      count([](const Container& container) { return !container.refusal.empty(); });
  const size_t blind = count(
      [](const Container& container) { return StandingOf(container) == Standing::kNotLookedAt; });
  // "2 of 41 running containers"
  const auto some = [all](size_t number) {
    return all == 1 ? "The one running container"
                    : StrCat(Number(number), " of ", Number(all), " running containers");
  };
  Posture posture;
  posture.tone = result.conforms() && blind == 0 ? Posture::Tone::kGood : Posture::Tone::kBad;
  if (all == 0) {
    posture.headline = "No container is running.";
  } else if (weaker > 0) {
    posture.headline = StrCat(some(weaker), Be(weaker), " weaker than decided.");
  } else if (weaker_today > 0) {
    posture.headline =
        StrCat(some(weaker_today), Be(weaker_today), " weaker than the policy asks for.");
  } else if (unseen > 0) {
    posture.headline = StrCat(some(unseen), " never passed the agent.");
  } else if (all == 1) {
    posture.headline = "The one running container is not weaker than decided.";
  } else {
    posture.headline =
        StrCat("None of ", Number(all), " running containers is weaker than decided.");
  }
  std::vector<std::string> more;
  if (weaker > 0 && weaker_today > 0) {
    more.push_back(StrCat(Number(weaker_today), " that it did not decide on", Be(weaker_today),
                          " weaker than the policy asks for."));
  }
  if (unseen > 0 && weaker + weaker_today > 0) {
    more.push_back(StrCat(Number(unseen), " never passed the agent."));
  }
  if (refused > 0) {
    more.push_back(StrCat(Number(refused), " would be refused by today’s policy."));
  }
  if (blind + result.errors.size() > 0) {
    more.push_back(StrCat(Counted(blind + result.errors.size(), "thing", "things"),
                          " could not be looked at."));
  }
  posture.more = base::StrJoin(more, " ");
  return posture;
}

}  // namespace sekisho::report

#include "verify/result.h"

#include <algorithm>

namespace sekisho::verify {

std::string_view OriginName(Origin origin) {
  switch (origin) {
    case Origin::kDecided:
      return "decided";
    case Origin::kOlder:
      return "older";
    case Origin::kPast:
      return "past";
    case Origin::kForeign:
      return "foreign";
  }
  return "unknown";
}

bool Result::conforms() const {
  return errors.empty() && std::ranges::all_of(containers, &Container::conforms);
}

size_t Result::CountOf(Origin origin) const {
  return static_cast<size_t>(std::ranges::count(containers, origin, &Container::origin));
}

size_t Result::drifted() const {
  return static_cast<size_t>(std::ranges::count_if(
      containers, [](const Container& container) { return !container.drift.empty(); }));
}

}  // namespace sekisho::verify

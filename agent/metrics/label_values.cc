#include "metrics/label_values.h"

#include <algorithm>
#include <cstdint>

namespace sekisho::metrics {
namespace {

// Where `value` stands; 0 when it does not.
template <size_t kSize>
size_t IndexIn(const std::array<std::string_view, kSize>& values, std::string_view value) {
  const auto* const found = std::find(values.begin(), values.end(), value);
  return found == values.end() ? 0 : static_cast<size_t>(found - values.begin());
}

// By number, from 0 to 16.
constexpr auto kCodes = std::to_array<std::string_view>(
    {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
     "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
     "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"});

}  // namespace

size_t LevelIndex(std::string_view enforced) {
  return IndexIn(kLevels, enforced.substr(0, enforced.find(':')));
}

size_t EditFieldIndex(std::string_view path) {
  // The key of an annotation has dots of its own.
  path = path.substr(0, path.find('['));
  return IndexIn(kEditFields, path.substr(path.rfind('.') + 1));
}

std::string_view CodeName(int code) {
  return code >= 0 && static_cast<size_t>(code) < kCodes.size() ? kCodes[static_cast<size_t>(code)]
                                                                : "_other";
}

}  // namespace sekisho::metrics

#include "cri/verbose_info.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

namespace sekisho::cri {
namespace {

constexpr size_t kInfoBytesMax = size_t{4} << 20;
// A config in its info is not nearly so deep.
constexpr int kInfoDepthMax = 64;

// Whether the brackets of `json` are nested so deep that writing it out again, which the JSON
// library does by recursion, might overrun the stack. Text that is no JSON may get either answer.
bool IsTooDeep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size() && depth <= kInfoDepthMax; ++i) {
    const char c = json[i];
    if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
      i += c == '\\' ? 1 : 0;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return depth > kInfoDepthMax;
}

pid_t PidIn(const nlohmann::json& object) {
  const auto pid = object.find("pid");
  if (pid == object.end() || !pid->is_number_unsigned()) {
    return 0;
  }
  const auto number = pid->get<uint64_t>();
  return number <= static_cast<uint64_t>(std::numeric_limits<pid_t>::max())
             ? static_cast<pid_t>(number)
             : 0;
}

}  // namespace

VerboseInfo ReadVerboseInfo(const google::protobuf::Map<std::string, std::string>& info) {
  VerboseInfo read;
  const auto text = info.find("info");
  if (text == info.end() || text->second.size() > kInfoBytesMax || IsTooDeep(text->second)) {
    return read;
  }
  nlohmann::json parsed =
      nlohmann::json::parse(text->second, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) {
    return read;
  }
  read.pid = PidIn(parsed);
  if (const auto type = parsed.find("runtimeType"); type != parsed.end() && type->is_string()) {
    read.runtime_type = type->get<std::string>();
  }
  if (const auto config = parsed.find("config"); config != parsed.end() && config->is_object()) {
    // Secrets, which are nobody's business here; and bytes, which Go writes as they are and
    // protobuf's JSON does not.
    config->erase("envs");
    read.config = config->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return read;
}

}  // namespace sekisho::cri

#include "kube/api_object.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "base/str_cat.h"
#include "kube/text.h"

namespace sekisho::kube {
namespace {

using nlohmann::json;

// `metadata_depth`: how many objects `metadata` lies in.
absl::StatusOr<json> Parse(std::string_view text, int metadata_depth) {
  bool too_deep = false;
  bool in_metadata = false;
  const auto wanted = [&](int depth, json::parse_event_t event, const json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        too_deep = too_deep || depth >= static_cast<int>(kDepthMost);
        return !too_deep;
      case json::parse_event_t::key: {
        const auto& key = parsed.get_ref<const std::string&>();
        if (depth == metadata_depth) {
          in_metadata = key == "metadata";
        }
        return !in_metadata || depth != metadata_depth + 1 ||
               (key != "managedFields" && key != "annotations");
      }
      default:
        return true;
    }
  };
  json parsed = json::parse(text, wanted, /*allow_exceptions=*/false);
  if (too_deep) {
    return absl::InvalidArgumentError("JSON that is nested too deeply");
  }
  if (parsed.is_discarded()) {
    return absl::InvalidArgumentError("malformed JSON");
  }
  if (!parsed.is_object()) {
    return absl::InvalidArgumentError("JSON that is no object");
  }
  return parsed;
}

// Null: not there.
const json* Member(const json& object, std::string_view name) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto place = object.find(name);
  return place == object.end() ? nullptr : &*place;
}

// Zero: not there, no whole number, or out of range.
int64_t Number(const json& object, std::string_view name, int64_t most) {
  const json* const member = Member(object, name);
  if (member == nullptr || !member->is_number_integer()) {
    return 0;
  }
  const auto number = member->get<int64_t>();
  return number < 0 || number > most ? 0 : number;
}

}  // namespace

absl::StatusOr<json> ParseObject(std::string_view text) {
  return Parse(text, 1);
}

absl::StatusOr<WatchMessage> ParseWatchMessage(std::string_view text) {
  absl::StatusOr<json> message = Parse(text, 2);
  if (!message.ok()) {
    return message.status();
  }
  const auto object = message->find("object");
  if (object == message->end() || !object->is_object()) {
    return absl::InvalidArgumentError("a message without an object");
  }
  return WatchMessage{.type = std::string(TextOf(*message, "type")), .object = std::move(*object)};
}

std::string_view TextOf(const json& object, std::string_view name) {
  const json* const member = Member(object, name);
  return member != nullptr && member->is_string()
             ? std::string_view(member->get_ref<const std::string&>())
             : std::string_view();
}

std::string_view MetadataText(const json& object, std::string_view name) {
  const json* const metadata = Member(object, "metadata");
  return metadata == nullptr ? std::string_view() : TextOf(*metadata, name);
}

bool IsWatchable(std::string_view resource_version) {
  constexpr size_t kLongest = 256;
  return !resource_version.empty() && resource_version != "0" &&
         resource_version.size() <= kLongest;
}

ApiStatus ApiStatusOf(const json& object) {
  constexpr int64_t kCodeMost = 999;
  constexpr int64_t kSecondsMost = 1'000'000;
  constexpr size_t kCausesMost = 100;
  ApiStatus status{.code = static_cast<int>(Number(object, "code", kCodeMost)),
                   .reason = std::string(TextOf(object, "reason")),
                   .message = std::string(TextOf(object, "message"))};
  const json* const details = Member(object, "details");
  if (details == nullptr) {
    return status;
  }
  if (const int64_t seconds = Number(*details, "retryAfterSeconds", kSecondsMost); seconds > 0) {
    status.retry_after = std::chrono::seconds(seconds);
  }
  if (const json* const causes = Member(*details, "causes");
      causes != nullptr && causes->is_array()) {
    for (const json& cause : *causes) {
      if (status.causes.size() < kCausesMost) {
        status.causes.emplace_back(TextOf(cause, "reason"));
      }
    }
  }
  return status;
}

ApiStatus ApiStatusOf(int code, std::string_view body) {
  const absl::StatusOr<json> object = ParseObject(body);
  ApiStatus status = object.ok() ? ApiStatusOf(*object) : ApiStatus{};
  status.code = code;
  return status;
}

bool VersionIsOfNoUse(const ApiStatus& status) {
  // API servers up to 1.18 said it in the message alone.
  return status.code == 400 || status.code == 410 || status.reason == "Expired" ||
         status.reason == "Gone" ||
         std::find(status.causes.begin(), status.causes.end(), "ResourceVersionTooLarge") !=
             status.causes.end() ||
         status.message.find("Too large resource version") != std::string::npos;
}

std::string Describe(const ApiStatus& status) {
  std::string text = status.code == 0 ? "an error" : base::StrCat(status.code);
  if (!status.reason.empty()) {
    text += base::StrCat(" ", OneLine(status.reason, 100));
  }
  if (!status.message.empty()) {
    text += base::StrCat(": ", OneLine(status.message, 500));
  }
  return text;
}

}  // namespace sekisho::kube

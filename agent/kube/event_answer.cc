#include "kube/event_answer.h"

#include <nlohmann/json.hpp>

#include "base/str_cat.h"
#include "kube/text.h"

namespace sekisho::kube {
namespace {

constexpr size_t kErrorBytesMax = 300;

// The message of a Status object; empty when `body` is none.
std::string StatusMessage(const std::string& body) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  const auto message = json.find("message");
  return message != json.end() && message->is_string()
             ? OneLine(message->get_ref<const std::string&>(), kErrorBytesMax)
             : "";
}

}  // namespace

EventOutcome OutcomeOf(const Response& response, bool is_update) {
  const int code = response.code;
  if (code / 100 == 2) {
    return EventOutcome::kDone;  // also when the connection broke after that line
  }
  if (code == 0 || code == 429 || code >= 500) {
    return EventOutcome::kLater;
  }
  if (code == 409) {
    return is_update ? EventOutcome::kLater : EventOutcome::kNameTaken;
  }
  return code == 404 && is_update ? EventOutcome::kGone : EventOutcome::kRefused;
}

std::string ErrorText(const Response& response, const std::string& body) {
  if (response.code == 0) {
    return OneLine(base::StdView(response.status.message()), kErrorBytesMax);
  }
  const std::string message = StatusMessage(body);
  return base::StrCat("HTTP ", response.code, message.empty() ? "" : ": ", message);
}

}  // namespace sekisho::kube

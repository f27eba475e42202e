#include "kube/notice.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "kube/text.h"
#include "policy/evaluate.h"

namespace sekisho::kube {
namespace {

// The message of an Event may be this long.
constexpr size_t kTextBytesMax = 1024;
// A list of masked paths, say, must not hide the other edits.
constexpr size_t kValueBytesMax = 120;
// One byte more than Kubernetes allows for any name or uid.
constexpr size_t kNameBytesMax = 254;

// The methods that make something of a pod, or would.
constexpr std::array<std::string_view, 4> kMethods = {"RunPodSandbox", "CreateContainer",
                                                      "RestorePod", "CheckpointPod"};

// "config.linux.security_context.seccomp" is "seccomp" to who reads an Event.
std::string_view ShortField(std::string_view field) {
  constexpr std::array<std::string_view, 4> kPrefixes = {"config.", "sandbox_config.", "linux.",
                                                         "security_context."};
  for (const std::string_view prefix : kPrefixes) {
    if (field.starts_with(prefix)) {
      field.remove_prefix(prefix.size());
    }
  }
  return field;
}

std::string EditsText(const std::vector<policy::EditRecord>& records) {
  return base::StrJoin(records, "; ", [](const policy::EditRecord& record) {
    return base::StrCat(ShortField(record.field), ": ", OneLine(record.before, kValueBytesMax),
                        " -> ", OneLine(record.after, kValueBytesMax));
  });
}

struct News {
  EventReason reason;
  std::string text;
};

std::optional<News> NewsOf(const audit::Record& record) {
  const policy::Decision& decision = record.decision;
  switch (decision.action) {
    case policy::Action::kDeny:
      return News{EventReason::kDenied, decision.message.empty() ? record.error : decision.message};
    case policy::Action::kHarden:
      return News{EventReason::kHardened, EditsText(decision.edit_records)};
    case policy::Action::kAllow:
      break;
  }
  if (decision.warn.empty()) {
    return std::nullopt;
  }
  return News{EventReason::kWarned, base::StrCat("would violate the warn level: ",
                                                 policy::ViolationsText(decision.warn))};
}

std::string Bounded(const std::string& name) {
  return name.substr(0, kNameBytesMax);
}

}  // namespace

std::vector<Notice> NoticesOf(const audit::Record& record) {
  const policy::PodIdentity& pod = record.pod;
  if (std::ranges::find(kMethods, record.method) == kMethods.end() || pod.name.empty() ||
      pod.namespace_.empty() || pod.uid.empty()) {
    return {};
  }
  std::optional<News> news = NewsOf(record);
  if (!news.has_value()) {
    return {};
  }
  std::vector<Notice> notices;
  notices.push_back({.reason = news->reason,
                     .namespace_ = Bounded(pod.namespace_),
                     .pod = Bounded(pod.name),
                     .pod_uid = Bounded(pod.uid),
                     .container = Bounded(record.container),
                     .text = OneLine(news->text, kTextBytesMax),
                     .time = record.time});
  return notices;
}

}  // namespace sekisho::kube

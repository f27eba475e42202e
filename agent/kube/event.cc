#include "kube/event.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "kube/text.h"

namespace sekisho::kube {
namespace {

constexpr size_t kMessageBytesMax = 1024;
constexpr size_t kContainerBytesMax = 63;
constexpr size_t kContainersTold = 10;
constexpr size_t kContainersCounted = 256;  // beyond the told ones; a pod with more is miscounted
constexpr size_t kShareBytesMin = 16;

}  // namespace

Event::Event(const Notice& notice)
    : reason_(notice.reason),
      namespace_(notice.namespace_),
      pod_(notice.pod),
      pod_uid_(notice.pod_uid) {}

void Event::Add(const Notice& notice) {
  const auto time = std::chrono::floor<std::chrono::seconds>(notice.time);
  first_ = count_ == 0 ? time : std::min(first_, time);
  last_ = count_ == 0 ? time : std::max(last_, time);
  ++count_;
  const std::string container = OneLine(notice.container, kContainerBytesMax);
  const auto known = std::ranges::find(news_, container, &News::container);
  if (known != news_.end()) {
    known->text = OneLine(notice.text, kMessageBytesMax);
  } else if (news_.size() < kContainersTold) {
    news_.push_back({container, OneLine(notice.text, kMessageBytesMax)});
  } else if (more_.size() < kContainersCounted) {
    more_.insert(container);
  }
}

void Event::CutTo(uint64_t count) {
  count_ = std::min(count_, count);
  if (count_ == 0) {
    news_.clear();
    more_.clear();
  }
}

std::string Event::OnlyContainer() const {
  return news_.size() == 1 ? news_.front().container : "";
}

std::string Event::Message() const {
  std::string whole = Join(kMessageBytesMax);
  if (whole.size() <= kMessageBytesMax || news_.empty()) {
    return whole;
  }
  const size_t around = Join(0).size();
  const size_t room = kMessageBytesMax - std::min(around, kMessageBytesMax);
  return OneLine(Join(std::max(room / news_.size(), kShareBytesMin)), kMessageBytesMax);
}

// Zero: without the texts.
std::string Event::Join(size_t text_bytes_max) const {
  std::string message = base::StrJoin(news_, "; ", [text_bytes_max](const News& news) {
    return base::StrCat(
        news.container.empty() ? "" : base::StrCat("container \"", news.container, "\": "),
        text_bytes_max == 0 ? "" : OneLine(news.text, text_bytes_max));
  });
  if (!more_.empty()) {
    message += base::StrCat("; and ", more_.size(), " more");
  }
  return message;
}

}  // namespace sekisho::kube

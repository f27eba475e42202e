#include "install/traced_text.h"

#include <algorithm>

namespace sekisho::install {

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

TracedText TracedText::Of(std::string_view file, size_t begin, size_t end, uint32_t source) {
  TracedText traced;
  traced.text_ = file.substr(begin, end - begin);
  traced.origins_.reserve(end - begin);
  for (size_t i = begin; i < end; ++i) {
    traced.origins_.push_back({source, static_cast<uint32_t>(i), static_cast<uint32_t>(i + 1)});
  }
  return traced;
}

TracedText TracedText::Untraced(std::string_view text) {
  TracedText traced;
  traced.text_ = text;
  traced.origins_.resize(text.size(), {.source = UINT32_MAX, .begin = 0, .end = 0});
  return traced;
}

void TracedText::Append(char c, Origin origin) {
  text_.push_back(c);
  origins_.push_back(origin);
}

void TracedText::Append(const TracedText& other) {
  text_ += other.text_;
  origins_.insert(origins_.end(), other.origins_.begin(), other.origins_.end());
}

TracedText TracedText::Slice(size_t begin, size_t end) const {
  TracedText slice;
  slice.text_ = text_.substr(begin, end - begin);
  slice.origins_.assign(origins_.begin() + static_cast<std::ptrdiff_t>(begin),
                        origins_.begin() + static_cast<std::ptrdiff_t>(end));
  return slice;
}

TracedText TracedText::Stripped() const {
  size_t begin = 0;
  size_t end = size();
  while (begin < end && IsBlank(text_[begin])) {
    ++begin;
  }
  while (begin < end && IsBlank(text_[end - 1])) {
    --end;
  }
  return Slice(begin, end);
}

std::optional<Origin> TracedText::Extent() const {
  if (empty()) {
    return std::nullopt;
  }
  Origin extent = origins_.front();
  for (size_t i = 1; i < origins_.size(); ++i) {
    if (origins_[i].source != extent.source || origins_[i].begin != extent.end) {
      return std::nullopt;
    }
    extent.end = origins_[i].end;
  }
  return extent;
}

bool TracedText::Touches(const std::vector<Origin>& places) const {
  return std::any_of(origins_.begin(), origins_.end(), [&](const Origin& origin) {
    return std::any_of(places.begin(), places.end(),
                       [&](const Origin& place) { return place.Holds(origin); });
  });
}

std::string TracedText::Replaced(const std::vector<Origin>& places,
                                 std::string_view replacement) const {
  std::string out;
  for (size_t i = 0; i < size(); ++i) {
    const auto place = std::find_if(places.begin(), places.end(),
                                    [&](const Origin& each) { return each.Holds(origins_[i]); });
    if (place == places.end()) {
      out.push_back(text_[i]);
    } else if (origins_[i].begin == place->begin) {
      out.append(replacement);  // at its first byte; the others go
    }
  }
  return out;
}

}  // namespace sekisho::install

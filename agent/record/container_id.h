// The ids that containerd and CRI-O give containers.
#pragma once

#include <algorithm>
#include <string_view>

namespace sekisho::record {

// 64 hexadecimal digits in small letters.
inline bool IsContainerId(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace sekisho::record

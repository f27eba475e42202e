// Bytes to messages.
#pragma once

#include <string_view>

namespace sekisho::enforce {

// False when the bytes are no such message, or a text field of it is not UTF-8.
template <typename Message>
bool Parse(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace sekisho::enforce

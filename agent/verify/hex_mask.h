// A set of 64 bits as /proc/PID/status writes it: 16 hexadecimal digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho::verify {

std::string HexMask(uint64_t mask);
std::optional<uint64_t> ParseHexMask(std::string_view text);

}  // namespace sekisho::verify

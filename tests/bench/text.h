// Numbers as text.
#pragma once

#include <string>

namespace sekisho::bench {

// printf(3), into a string.
[[gnu::format(printf, 1, 2)]] std::string Format(const char* format, ...);

// With commas: 1,234,567. With as many decimals as a figure of that size needs: 12.3, 0.12.
std::string Figure(double value);

}  // namespace sekisho::bench

// Whole files as text.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace sekisho::testing {

// The text of a file; "" when it cannot be read.
inline std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteText(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) {
    throw std::runtime_error("cannot write " + path);
  }
}

}  // namespace sekisho::testing

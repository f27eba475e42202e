#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace sekisho::cli {
namespace {

constexpr size_t kInputBytesMax = size_t{64} << 20;
constexpr size_t kColumns = 100;

std::nullopt_t CannotRead(const std::string& file, const char* why) {
  (void)std::fprintf(stderr, "%s: cannot read: %s\n", NameOfInput(file).c_str(), why);
  return std::nullopt;
}

}  // namespace

std::string NameOfInput(const std::string& file) {
  return file == "-" ? "<stdin>" : file;
}

std::optional<std::string> ReadInput(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> own(
      file == "-" ? nullptr : std::fopen(file.c_str(), "re"), &std::fclose);
  std::FILE* const stream = file == "-" ? stdin : own.get();
  if (stream == nullptr) {
    return CannotRead(file, std::strerror(errno));
  }
  std::string bytes;
  std::array<char, 65536> buffer{};
  size_t count = 0;
  while (bytes.size() <= kInputBytesMax &&
         (count = std::fread(buffer.data(), 1, buffer.size(), stream)) > 0) {
    bytes.append(buffer.data(), count);
  }
  if (std::ferror(stream) != 0) {
    return CannotRead(file, std::strerror(errno));
  }
  if (bytes.size() > kInputBytesMax) {
    return CannotRead(file, "longer than 64 MiB");
  }
  return bytes;
}

bool WriteOutput(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) != 0) {
    (void)std::fprintf(stderr, "<stdout>: cannot write: %s\n", std::strerror(errno));
    return false;
  }
  return true;
}

void PrintDiagnostics(const char* kind, const std::vector<yaml::Diagnostic>& diagnostics) {
  for (const yaml::Diagnostic& diagnostic : diagnostics) {
    (void)std::fprintf(stderr, "%s%s\n", kind, diagnostic.ToString().c_str());
  }
}

size_t Columns() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40;
  return known ? size.ws_col : kColumns;
}

}  // namespace sekisho::cli

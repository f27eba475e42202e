#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/str_cat.h"
#include "base/style.h"

namespace sekisho::cli {
namespace {

constexpr size_t kInputBytesMax = size_t{64} << 20;
constexpr size_t kColumns = 100;

std::nullopt_t CannotRead(const std::string& file, const char* why) {
  (void)std::fprintf(stderr, "%s: cannot read: %s\n", NameOfInput(file).c_str(), why);
  return std::nullopt;
}

size_t PlaceSize(const yaml::Diagnostic& diagnostic) {
  yaml::Diagnostic place = diagnostic;
  place.key.clear();
  place.message.clear();
  place.fix.clear();
  const std::string text = place.ToString();
  return text.substr(0, text.find_last_not_of(": ") + 1).size();
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

void PrintDiagnostics(std::string_view kind, const std::vector<yaml::Diagnostic>& diagnostics,
                      bool colour) {
  for (const yaml::Diagnostic& diagnostic : diagnostics) {
    const std::string text = diagnostic.ToString();
    // "policy.yaml:3:5" of an error, which no word stands before.
    const std::string_view place = std::string_view(text).substr(0, PlaceSize(diagnostic));
    const std::string line = base::StrCat(
        base::Styled(base::Tone::kChanged, kind, colour),
        base::Styled(kind.empty() ? base::Tone::kBad : base::Tone::kPlain, place, colour),
        std::string_view(text).substr(place.size()));
    (void)std::fprintf(stderr, "%s\n", line.c_str());
  }
}

size_t Columns() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40;
  return known ? size.ws_col : kColumns;
}

bool UseColour(std::string_view option, int descriptor) {
  if (option != "auto") {
    return option == "always";
  }
  // Nobody changes the environment of a command line tool while it runs.
  const char* const no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
  const char* const term = std::getenv("TERM");          // NOLINT(concurrency-mt-unsafe)
  const bool refused = no_color != nullptr && *no_color != '\0';
  return !refused && ::isatty(descriptor) == 1 && term != nullptr &&
         std::string_view(term) != "dumb";
}

bool ShowProgress() {
  const char* const term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace sekisho::cli

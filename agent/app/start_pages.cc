#include "app/start_pages.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace sekisho::app {
namespace {

// Takes the next line, or the next field up to `end`, from the front of `text`.
std::string_view Take(std::string_view& text, char end) {
  const std::string_view taken = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), taken.size() + 1));
  return taken;
}

bool ReadAddress(std::string_view text, uintptr_t& address) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), address, 16);
  return error == std::errc() && !text.empty() && stop == text.data() + text.size();
}

// "7f00-7f80 r-xp 00000000 08:01 42   /usr/lib/libc.so.6". Nothing of a field ("Rss:  12 kB").
struct Header {
  Mapping mapping;
  bool writable = true;
  bool of_file = false;
};

std::optional<Header> ReadHeader(std::string_view line) {
  Header header;
  if (!ReadAddress(Take(line, '-'), header.mapping.begin) ||
      !ReadAddress(Take(line, ' '), header.mapping.end)) {
    return std::nullopt;
  }
  header.writable = Take(line, ' ').find('w') != std::string_view::npos;
  header.of_file = line.find('/') != std::string_view::npos;  // not [vdso], and not nameless
  return header;
}

}  // namespace

std::vector<Mapping> DroppableMappings(std::string_view smaps) {
  std::vector<Mapping> droppable;
  std::optional<Header> header;
  while (!smaps.empty()) {
    std::string_view line = Take(smaps, '\n');
    if (const std::optional<Header> next = ReadHeader(line)) {
      header = next;
      continue;
    }
    constexpr std::string_view kOwnCopies = "Anonymous:";
    if (!header.has_value() || !line.starts_with(kOwnCopies)) {
      continue;
    }
    line.remove_prefix(kOwnCopies.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (header->of_file && !header->writable && line == "0 kB") {
      droppable.push_back(header->mapping);
    }
    header.reset();
  }
  return droppable;
}

void GiveBackStartPages() {
  std::ifstream file("/proc/self/smaps");
  const std::string smaps{std::istreambuf_iterator<char>(file), {}};
  for (const Mapping& mapping : DroppableMappings(smaps)) {
    // An address that the kernel told us.
    auto* const begin =
        reinterpret_cast<void*>(mapping.begin);  // NOLINT(performance-no-int-to-ptr)
    (void)::madvise(begin, mapping.end - mapping.begin, MADV_DONTNEED);
  }
  (void)::malloc_trim(0);
}

}  // namespace sekisho::app

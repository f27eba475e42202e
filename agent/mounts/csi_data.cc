#include "mounts/csi_data.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/unique_fd.h"

namespace sekisho::mounts {
namespace {

// A handful of short names in practice.
constexpr size_t kBytesMax = size_t{64} << 10;

std::string TextAt(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Empty for what cannot be read whole.
std::string ReadAll(int fd) {
  std::string text(kBytesMax + 1, '\0');
  size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(fd, text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return {};
    }
    if (got == 0) {
      text.resize(have);
      return text;
    }
    have += static_cast<size_t>(got);
  }
  return {};
}

}  // namespace

CsiData ParseCsiData(std::string_view json) {
  const nlohmann::json data =
      nlohmann::json::parse(json, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!data.is_object()) {
    return {};
  }
  return {.driver = TextAt(data, "driverName"),
          .is_inline = TextAt(data, "volumeLifecycleMode") == "Ephemeral"};
}

CsiData ReadCsiData(int volume_directory) {
  // O_NONBLOCK: a FIFO must not keep us waiting.
  const base::UniqueFd fd(::openat(volume_directory, "vol_data.json",
                                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return {};
  }
  return ParseCsiData(ReadAll(fd.get()));
}

}  // namespace sekisho::mounts

#include "bench/scrape.h"

#include <cstdlib>

#include "base/str_cat.h"
#include "support/http_get.h"
#include "support/unix_socket.h"

namespace sekisho::bench {

double MetricOf(const std::string& socket, std::string_view name) {
  const std::string answer =
      testing::HttpGet(testing::ConnectUnix(socket), "/metrics").value_or("");
  const std::string line = base::StrCat("\n", name, " ");
  const size_t at = answer.find(line);
  return at == std::string::npos ? 0 : std::strtod(answer.c_str() + at + line.size(), nullptr);
}

}  // namespace sekisho::bench

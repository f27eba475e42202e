#include "bench/results.h"

#include <sys/utsname.h>

#include <sstream>
#include <thread>

#include "base/str_cat.h"
#include "support/text_file.h"

namespace sekisho::bench {
namespace {

std::string ProcessorName() {
  std::istringstream lines(testing::ReadText("/proc/cpuinfo"));
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown processor";
}

}  // namespace

std::string ThisMachine() {
  utsname system{};
  (void)::uname(&system);
  return base::StrCat(std::thread::hardware_concurrency(), " CPUs (", ProcessorName(), "), Linux ",
                      system.release);
}

}  // namespace sekisho::bench

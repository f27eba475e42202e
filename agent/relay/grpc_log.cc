#include "relay/grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>
#include <mutex>

#include "base/str_cat.h"
#include "base/utf8.h"

namespace sekisho::relay {
namespace {

constexpr std::chrono::minutes kSpan{1};
constexpr uint64_t kLinesMax = 10;  // in each span
constexpr size_t kBytesMax = 300;   // of a line

std::atomic<void (*)(std::string_view)> write_line = nullptr;

void WriteLimited(gpr_log_func_args* args) {
  static std::mutex mu;
  static GrpcLogLimit limit;
  std::optional<std::string> line;
  {
    const std::lock_guard lock(mu);
    line = limit.Line(args->message, std::chrono::steady_clock::now());
  }
  if (line.has_value()) {
    write_line.load()(base::StrCat("gRPC: ", args->file, ":", args->line, ": ", *line));
  }
}

}  // namespace

std::optional<std::string> GrpcLogLimit::Line(std::string_view message,
                                              std::chrono::steady_clock::time_point now) {
  if (message.starts_with("assertion failed")) {
    return base::Printable(message);
  }
  if (!begun_.has_value() || now - *begun_ >= kSpan) {
    begun_ = now;
    lines_ = 0;
  }
  if (++lines_ > kLinesMax) {
    return std::nullopt;
  }
  std::string line = base::Printable(message.substr(0, kBytesMax));
  if (message.size() > kBytesMax) {
    line += "…";
  }
  if (lines_ == kLinesMax) {
    line += base::StrCat(" (and no more of gRPC's lines for up to ", kSpan.count(), " minute)");
  }
  return line;
}

void LimitGrpcLog(void (*write)(std::string_view line)) {
  write_line = write;
  gpr_set_log_function(&WriteLimited);
}

}  // namespace sekisho::relay

#include "log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "base/utf8.h"

namespace sekisho::log {
namespace {

// syslog's priorities, which journald reads from "<N>" (sd-daemon(3)).
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    out.push_back('<');
    out.push_back(message.level >= spdlog::level::err    ? '3'
                  : message.level == spdlog::level::warn ? '4'
                  : message.level == spdlog::level::info ? '6'
                                                         : '7');
    out.push_back('>');
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }
};

// Lines hold what a runtime or an API server said. Nothing in them may begin a line of its own, to
// which journald would give a priority, or steer a terminal.
void Write(spdlog::level::level_enum level, std::string_view line) {
  const std::string printable = base::Printable(line);
  spdlog::log(level, spdlog::string_view_t(printable.data(), printable.size()));
}

}  // namespace

void Init(std::string_view level) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PriorityFlag>('*');
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  formatter->set_pattern(journal ? "%*%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  auto logger = std::make_shared<spdlog::logger>("sekisho",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::move(formatter));
  spdlog::set_default_logger(std::move(logger));
  SetLevel(level);
}

void SetLevel(std::string_view level) {
  const spdlog::level::level_enum parsed = spdlog::level::from_str(std::string(level));
  spdlog::set_level(parsed == spdlog::level::off ? spdlog::level::info : parsed);
}

void Debug(std::string_view line) {
  Write(spdlog::level::debug, line);
}
void Info(std::string_view line) {
  Write(spdlog::level::info, line);
}
void Warn(std::string_view line) {
  Write(spdlog::level::warn, line);
}
void Error(std::string_view line) {
  Write(spdlog::level::err, line);
}

}  // namespace sekisho::log

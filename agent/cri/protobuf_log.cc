#include "cri/protobuf_log.h"

#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <string>

namespace sekisho::cri {
namespace {

void OnlyFatal(google::protobuf::LogLevel level, const char* file, int line,
               const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) {
    (void)std::fprintf(stderr, "libprotobuf: %s:%d: %s\n", file, line, message.c_str());
  }
}

}  // namespace

void SilenceProtobuf() {
  google::protobuf::SetLogHandler(&OnlyFatal);
}

}  // namespace sekisho::cri

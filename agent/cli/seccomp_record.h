// `sekisho seccomp record`
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 calls itself so
class App;
}

namespace sekisho::cli {

// To `sekisho seccomp`. Sets `exit_code` when it has run: 0 when the recording is complete, 3 when
// it is not, 2 on bad input and where nothing can be recorded.
void AddSeccompRecord(CLI::App& seccomp, int& exit_code);

}  // namespace sekisho::cli

// The command line: `sekisho <subcommand>`.
#pragma once

namespace sekisho::cli {

// Returns the exit code: 0 done, 1 refused or invalid, 2 the command line itself is wrong.
int Main(int argc, char** argv);

}  // namespace sekisho::cli

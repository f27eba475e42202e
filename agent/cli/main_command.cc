#include "cli/main_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/subcommands.h"
#include "cri/protobuf_log.h"

namespace sekisho::cli {

int Main(int argc, char** argv) {
  cri::SilenceProtobuf();
  CLI::App app("Sekisho: node-side enforcement of pod security, between the kubelet and containerd",
               "sekisho");
  app.get_formatter()->column_width(34);
  app.require_subcommand(1);
  int exit_code = 0;
  AddServe(app, exit_code);
  AddCheckConfig(app, exit_code);
  AddCheck(app, exit_code);
  AddStatus(app, exit_code);
  AddVerify(app, exit_code);
  AddReplay(app, exit_code);
  AddReport(app, exit_code);
  AddSeccomp(app, exit_code);
  AddInstall(app, exit_code);
  AddUninstall(app, exit_code);
  AddReady(app, exit_code);
  AddKubeconfig(app, exit_code);
  AddCompletion(app, exit_code);
  app.add_subcommand("version", "Print the version")->callback([] {
    std::puts("sekisho " SEKISHO_VERSION);
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // A misspelt subcommand is better named than missed.
    const std::vector<std::string> unknown = app.remaining();
    return (unknown.empty() ? app.exit(error) : app.exit(CLI::ExtrasError(unknown))) == 0 ? 0 : 2;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}

}  // namespace sekisho::cli

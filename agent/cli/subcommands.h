// Each subcommand adds its options to the parser, and sets `exit_code` when it has run.
#pragma once

namespace CLI {
class App;
}

namespace sekisho::cli {

void AddServe(CLI::App& app, int& exit_code);
void AddCheck(CLI::App& app, int& exit_code);
void AddCheckConfig(CLI::App& app, int& exit_code);
void AddSeccomp(CLI::App& app, int& exit_code);
void AddInstall(CLI::App& app, int& exit_code);
void AddUninstall(CLI::App& app, int& exit_code);
void AddReady(CLI::App& app, int& exit_code);
void AddKubeconfig(CLI::App& app, int& exit_code);
void AddStatus(CLI::App& app, int& exit_code);
void AddVerify(CLI::App& app, int& exit_code);
void AddReplay(CLI::App& app, int& exit_code);
void AddReport(CLI::App& app, int& exit_code);
void AddCompletion(CLI::App& app, int& exit_code);

}  // namespace sekisho::cli

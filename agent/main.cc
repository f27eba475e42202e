#include "cli/main_command.h"

int main(int argc, char** argv) {
  return sekisho::cli::Main(argc, argv);
}

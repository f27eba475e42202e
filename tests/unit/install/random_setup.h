// Nodes made by chance, with what must hold of them known from how they were made.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "unit/install/node_tree.h"

namespace sekisho::install {

struct RandomSetup {
  Files files;
  std::string from;              // one of the endpoints there, or the default
  std::string runtime_endpoint;  // in force
  std::string image_endpoint;
};

class SetupGenerator {
 public:
  explicit SetupGenerator(unsigned seed) : random_(seed) {}

  RandomSetup Next();

 private:
  // Where words stand, which decides how they may be written.
  enum class Place { kCommand, kQuotedInUnit, kFile };

  bool Chance(int percent);
  template <typename List>
  const auto& Pick(const List& list);
  std::string Endpoint();
  std::string EndpointFlag(Place place);
  std::string Filler(Place place);
  std::string Words(Place place, const char* separator);
  std::string Variable();
  std::string EnvironmentFile();
  std::string Config(bool is_drop_in);

  std::mt19937 random_;
  RandomSetup setup_;
  std::string runtime_flag_;  // the last one so far, "" for none
  std::string image_flag_;
};

}  // namespace sekisho::install

// Messages with random contents, the same for the same seed on every machine.
#pragma once

#include <google/protobuf/map.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "policy/decision.h"

namespace sekisho::cri {

class RandomMessages {
 public:
  struct Options {
    bool unknown_fields = false;       // in every kind of message, at every depth
    bool unknown_enum_values = false;  // numbers that the protocol does not have
  };

  RandomMessages(uint32_t seed, Options options) : random_(seed), options_(options) {}

  // Sets about half of the fields of `message` and of everything in it. Walks the descriptor, so a
  // field that joins the protocol joins the test.
  void Fill(google::protobuf::Message& message);

  using Map = google::protobuf::Map<std::string, std::string>;

  // About half of the members set. Never a profile of type kAbsent: a repair names a profile. Keys
  // to remove are those of the map given, and others.
  policy::Edits Edits(const Map& annotations);
  policy::SandboxEdits SandboxEdits(const Map& annotations, const Map& sysctls);

 private:
  void FillMessage(google::protobuf::Message& message);
  void FillField(google::protobuf::Message& message,
                 const google::protobuf::FieldDescriptor& field);
  void AddOrSet(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field);
  void AddUnknown(google::protobuf::Message& message);
  int EnumValue(const google::protobuf::EnumDescriptor& type);
  policy::SecurityProfile Profile();
  policy::SELinuxOptions SELinux();
  std::vector<std::string> SomeKeys(const Map& map);
  std::vector<std::string> Texts();
  std::string Text();
  bool Coin() { return Below(2) == 0; }
  uint32_t Below(uint32_t limit) { return static_cast<uint32_t>(random_() % limit); }

  std::mt19937 random_;
  Options options_;
};

}  // namespace sekisho::cri

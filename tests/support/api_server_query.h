// The parts of a request that say what is wanted: query and Accept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::testing::api {

std::vector<std::string_view> Split(std::string_view text, char separator);

class Query {
 public:
  explicit Query(std::string_view text);

  // Empty when it is not there, as Kubernetes takes it.
  const std::string& Get(const std::string& name) const;
  bool Has(const std::string& name) const { return values_.contains(name); }
  bool IsTrue(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
};

std::optional<uint64_t> NumberOf(std::string_view text);

// What an Accept header asks for, by its first part that this server can do.
enum class Form { kObject, kPartialObject, kPartialList, kNone };
Form FormOf(std::string_view accept);

// Where a list goes on: after the object `after`, at `version`. No version: as things are then.
struct ContinueToken {
  std::optional<uint64_t> version;
  std::string after;
};
std::string TextOf(const ContinueToken& token);
std::optional<ContinueToken> ParseContinueToken(const std::string& text);

}  // namespace sekisho::testing::api

// The Events of a test API server: core/v1, with the checks of a real one.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/api_server_text.h"

namespace sekisho::testing::api {

class EventStore {
 public:
  // Each answers with the Event as it is now, or with what is wrong. `version` is the version that
  // it gets.
  struct Result {
    std::optional<Status> error = {};
    nlohmann::json event = {};
  };
  Result Create(const std::string& namespace_name, std::string_view body, uint64_t version);
  Result Patch(const std::string& namespace_name, const std::string& name, std::string_view body,
               uint64_t version);

  std::vector<nlohmann::json> All() const;  // as they came
  void Forget() { events_.clear(); }

 private:
  using Key = std::pair<std::string, std::string>;  // namespace, name
  struct Kept {
    Key key;
    nlohmann::json event;
  };

  Kept* Find(const Key& key);

  std::vector<Kept> events_;
};

}  // namespace sekisho::testing::api

// Expected as the ledger keeps it.
#include <charconv>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "audit/json_text.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "verify/expected.h"
#include "verify/hex_mask.h"

namespace sekisho::verify {
namespace {

using Json = nlohmann::ordered_json;

absl::Status WrongMember(const char* key, std::string_view wanted) {
  return absl::InvalidArgumentError(base::StrCat(key, ": is not ", wanted));
}

// An absent bound is not "no bound": a line that lacks one must not let a container pass.
absl::Status Take(const Json& json, const char* key, bool& value) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_boolean()) {
    return WrongMember(key, "true or false");
  }
  value = found->get<bool>();
  return absl::OkStatus();
}

absl::Status Take(const Json& json, const char* key, std::string& value) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) {
    return WrongMember(key, "a text");
  }
  value = found->get<std::string>();
  return absl::OkStatus();
}

absl::Status Take(const Json& json, const char* key, caps::CapSet& value) {
  std::string text;
  SEKISHO_RETURN_IF_ERROR(Take(json, key, text));
  const std::optional<uint64_t> mask = ParseHexMask(text);
  if (!mask.has_value()) {
    return WrongMember(key, "16 hexadecimal digits");
  }
  value = caps::CapSet(*mask);
  return absl::OkStatus();
}

absl::Status Take(const Json& json, const char* key, std::set<std::string>& value) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) {
    return WrongMember(key, "a list of texts");
  }
  for (const Json& element : *found) {
    if (!element.is_string()) {
      return WrongMember(key, "a list of texts");
    }
    value.insert(element.get<std::string>());
  }
  return absl::OkStatus();
}

// These two may be missing: no user was asked for by number, and an agent wrote the line that knew
// no user namespaces.
absl::StatusOr<std::optional<int64_t>> Number(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) {
    return std::nullopt;
  }
  const bool fits = !found->is_number_unsigned() ||
                    found->get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()};
  if (!found->is_number_integer() || !fits) {
    return WrongMember(key, "a whole number of 64 bits");
  }
  return found->get<int64_t>();
}

}  // namespace

std::string ToJson(const Expected& expected) {
  std::string text;
  audit::JsonList json('{', text);
  json.PutBool("seccompFilter", expected.seccomp_filter);
  json.Put("bounding", HexMask(expected.bounding.mask()));
  json.PutBool("noNewPrivileges", expected.no_new_privs);
  if (expected.uid.has_value()) {
    audit::AppendNumber(*expected.uid, json.Next("uid"));
  }
  json.PutBool("nonRoot", expected.non_root);
  if (expected.root_uid != 0) {
    audit::AppendNumber(expected.root_uid, json.Next("rootUid"));
  }
  audit::JsonList namespaces('[', json.Next("ownNamespaces"));
  for (const std::string& name : expected.own_namespaces) {
    audit::AppendQuoted(name, namespaces.Next());
  }
  namespaces.Close();
  json.PutBool("rootReadOnly", expected.root_read_only);
  json.Put("appArmor", expected.apparmor);
  json.Close();
  return text;
}

absl::StatusOr<Expected> ParseExpected(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::InvalidArgumentError("not a JSON object");
  }
  Expected expected;
  SEKISHO_RETURN_IF_ERROR(Take(json, "seccompFilter", expected.seccomp_filter));
  SEKISHO_RETURN_IF_ERROR(Take(json, "bounding", expected.bounding));
  SEKISHO_RETURN_IF_ERROR(Take(json, "noNewPrivileges", expected.no_new_privs));
  SEKISHO_ASSIGN_OR_RETURN(expected.uid, Number(json, "uid"));
  SEKISHO_RETURN_IF_ERROR(Take(json, "nonRoot", expected.non_root));
  SEKISHO_ASSIGN_OR_RETURN(const std::optional<int64_t> root_uid, Number(json, "rootUid"));
  expected.root_uid = root_uid.value_or(0);
  SEKISHO_RETURN_IF_ERROR(Take(json, "ownNamespaces", expected.own_namespaces));
  SEKISHO_RETURN_IF_ERROR(Take(json, "rootReadOnly", expected.root_read_only));
  SEKISHO_RETURN_IF_ERROR(Take(json, "appArmor", expected.apparmor));
  return expected;
}

}  // namespace sekisho::verify

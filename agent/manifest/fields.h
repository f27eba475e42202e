// The keys of one object of the API, read one by one, with a diagnostic for every value of the
// wrong type. Keys that nobody asks for are not looked at: Kubernetes adds some in every release.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "yaml/diagnostic.h"
#include "yaml/document.h"

namespace sekisho::manifest {

// A value with its name. Borrows the node from the document.
struct Value {
  const yaml::YamlNode* node = nullptr;
  std::string key;  // "spec.containers[0].securityContext"
  yaml::Location where;
};

// Where the diagnostics of one file go.
class Report {
 public:
  Report(std::string file, std::vector<yaml::Diagnostic>* errors)
      : file_(std::move(file)), errors_(errors) {}

  void Error(const Value& value, std::string message, std::string fix = {});
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::vector<yaml::Diagnostic>* errors_;
};

// A value that is null counts as not given, as the API server has it. The readers of scalars take
// what JSON would be after the YAML: `true`, not `yes` or "true"; 5, not "5"; and for text "5", not
// 5, since the API server refuses the other. On a value of the wrong type they report it and say
// that there is none.
class Fields {
 public:
  // Reports what is no mapping (it has no keys then), and keys that stand twice. Make one for each
  // object: two would report the same twice.
  Fields(const Value& object, Report& report);

  const Value& object() const { return object_; }
  Report& report() const { return *report_; }

  // The value of a key.
  std::optional<Value> Find(std::string_view name) const;
  // Every key with its value, in file order.
  const std::vector<std::pair<std::string, Value>>& All() const { return values_; }

  std::string Text(std::string_view name) const;  // empty when not given
  std::optional<std::string> MaybeText(std::string_view name) const;
  std::optional<bool> MaybeBool(std::string_view name) const;
  bool Bool(std::string_view name) const { return MaybeBool(name).value_or(false); }
  std::optional<int64_t> MaybeInt64(std::string_view name) const;
  int32_t Int32(std::string_view name) const;  // 0 when not given
  std::vector<std::string> Texts(std::string_view name) const;
  std::vector<int64_t> Int64s(std::string_view name) const;
  std::map<std::string, std::string> TextMap(std::string_view name) const;
  // Text or number, as it is written: quantities and IntOrString.
  std::optional<Value> Scalar(std::string_view name) const;

  // A nested object; absent when it is not given or no mapping.
  std::optional<Fields> Object(std::string_view name) const;
  // The objects of a list.
  std::vector<Fields> Objects(std::string_view name) const;

  void Error(std::string message, std::string fix = {}) const;

 private:
  std::vector<Value> Elements(std::string_view name) const;
  void Collect(const yaml::YamlNode& mapping, bool merged, std::set<std::string>& known);

  Value object_;
  Report* report_;
  // YAML's merge keys (`<<`) are resolved here: what they bring in gives way to what stands there.
  std::vector<std::pair<std::string, Value>> values_;
};

}  // namespace sekisho::manifest

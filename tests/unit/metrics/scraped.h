// Prometheus' text format, read strictly, as far as tests ask.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::testing {

using LabelMap = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  LabelMap labels = {};
  double value = 0;
};

struct Scraped {
  std::vector<Sample> samples;
  std::map<std::string, std::string> types;  // family -> "counter", …
  std::map<std::string, std::string> help;

  // Of the one sample with this name and exactly these labels.
  std::optional<double> Value(const std::string& name, const LabelMap& labels = {}) const;
  // Of all samples of this name that have these labels, and others besides.
  double Sum(const std::string& name, const LabelMap& labels = {}) const;
  size_t CountOf(const std::string& name) const;
  // The label names that samples of this name have; "le" included.
  std::set<std::string> LabelsOf(const std::string& name) const;
  std::set<std::string> Names() const;
};

// Throws std::runtime_error with the line that is no such text.
Scraped Parse(std::string_view text);

}  // namespace sekisho::testing

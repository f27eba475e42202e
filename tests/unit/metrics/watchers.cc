#include "unit/metrics/watchers.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>

#include "support/text_file.h"
#include "yaml/document.h"

namespace sekisho::testing {
namespace {

using nlohmann::json;
using yaml::YamlNode;

const YamlNode* Find(const YamlNode& node, std::string_view key) {
  for (const yaml::YamlEntry& entry : node.entries) {
    if (entry.key == key) {
      return &entry.value;
    }
  }
  return nullptr;
}

Watcher Make(std::string where, std::string expression) {
  Watcher watcher{.where = std::move(where),
                  .expression = std::move(expression),
                  .scanned = {},
                  .texts = {},
                  .runbook = ""};
  watcher.scanned = ScanPromql(watcher.expression);
  return watcher;
}

// "label_values(metric{…}, label)" as "metric{…}": what Grafana asks Prometheus for.
std::string WithoutLabelValues(std::string query) {
  const std::string begin = "label_values(";
  if (query.starts_with(begin)) {
    query = query.substr(begin.size(), query.rfind(',') - begin.size());
  }
  return query;
}

}  // namespace

std::vector<Watcher> Alerts() {
  const std::string file = SEKISHO_PACKAGING "/prometheus/sekisho.rules.yaml";
  std::vector<yaml::Diagnostic> errors;
  const std::optional<YamlNode> root = yaml::ParseYaml(ReadText(file), file, &errors);
  if (!root.has_value()) {
    throw std::runtime_error("no YAML: " + file);
  }
  std::vector<Watcher> alerts;
  for (const YamlNode& group : Find(*root, "groups")->items) {
    for (const YamlNode& rule : Find(group, "rules")->items) {
      Watcher alert = Make("the alert " + Find(rule, "alert")->text, Find(rule, "expr")->text);
      for (const yaml::YamlEntry& text : Find(rule, "annotations")->entries) {
        (text.key == "runbook" ? alert.runbook : alert.texts.emplace_back()) = text.value.text;
      }
      alerts.push_back(std::move(alert));
    }
  }
  return alerts;
}

std::vector<Watcher> Panels() {
  const json dashboard = json::parse(ReadText(SEKISHO_PACKAGING "/grafana/sekisho.json"));
  std::vector<Watcher> watchers;
  for (const json& panel : dashboard["panels"]) {
    for (const json& target : panel.value("targets", json::array())) {
      watchers.push_back(Make("the panel " + panel["title"].dump(), target["expr"]));
      watchers.back().texts.push_back(target.value("legendFormat", ""));
    }
  }
  for (const json& variable : dashboard["templating"]["list"]) {
    if (variable["type"] == "query") {
      watchers.push_back(Make("the variable " + variable["name"].dump(),
                              WithoutLabelValues(variable["query"]["query"])));
    }
  }
  for (const json& annotation : dashboard["annotations"]["list"]) {
    if (annotation.contains("expr")) {
      watchers.push_back(Make("the annotation " + annotation["name"].dump(), annotation["expr"]));
      watchers.back().texts.push_back(annotation["textFormat"]);
    }
  }
  return watchers;
}

std::vector<std::string> LabelsInTexts(const Watcher& watcher) {
  static const std::regex kLabel(R"(\$labels\.(\w+)|\{\{(\w+)\}\})");
  std::vector<std::string> labels;
  for (const std::string& text : watcher.texts) {
    for (std::sregex_iterator it(text.begin(), text.end(), kLabel), end; it != end; ++it) {
      labels.push_back((*it)[1].matched ? (*it)[1].str() : (*it)[2].str());
    }
  }
  return labels;
}

}  // namespace sekisho::testing

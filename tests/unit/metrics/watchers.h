// Everything in packaging/ that asks Prometheus for metrics of ours.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "unit/metrics/promql.h"

namespace sekisho::testing {

struct Watcher {
  std::string where;  // `the alert SekishoDown`, `the panel "CPU"`
  std::string expression;
  Promql scanned;
  // Texts in which labels of the result are put: "{{ $labels.x }}" of an alert, "{{x}}" of a panel.
  std::vector<std::string> texts;
  std::string runbook;  // of an alert
};

std::vector<Watcher> Alerts();
std::vector<Watcher> Panels();  // variables and annotations of the dashboard included

// The labels that the texts of `watcher` name.
std::vector<std::string> LabelsInTexts(const Watcher& watcher);

}  // namespace sekisho::testing

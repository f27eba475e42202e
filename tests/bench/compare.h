// Medians, and comparisons that are made within a round before a median is taken: a slow moment of
// the machine then hits both sides.
#pragma once

#include <vector>

#include "bench/results.h"

namespace sekisho::bench {

// 0 of nothing.
double Median(std::vector<double> values);
// The value that a share of them lies below.
double Quantile(std::vector<double> values, double share);

// Medians over the rounds that both have of a[i] - b[i], and of a[i] / b[i].
double MedianDifference(const std::vector<double>& a, const std::vector<double>& b);
double MedianRatio(const std::vector<double>& a, const std::vector<double>& b);

std::vector<double> Ratios(const std::vector<double>& a, const std::vector<double>& b);
std::vector<double> Differences(const std::vector<double>& a, const std::vector<double>& b);

// Bytes that the memory grew by in each call over the last half of the calls: the slope of the line
// that fits the samples best.
double GrowthPerCall(const LeakResult& leak);

// Null when the case, or the way in it, was not measured.
const CaseResult* FindCase(const Results& results, const std::string& name);
const Figures* FindFigures(const Results& results, const std::string& name, const std::string& way);

}  // namespace sekisho::bench

// robustness_page PAGE [--faults FILE] [--fuzz FILE] [--load FILE]: writes what the files say, one
// JSON object a line, as tables into a page of the documentation; of a load it is the line that
// `./bench --soak` prints. What is not given stays as it is. Fails where a line says that something
// was forwarded wrongly, ended the program, or did not pass.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using nlohmann::json;

struct Column {
  const char* title;
  const char* key;
};
struct Section {
  const char* option;  // and the name of its marks in the page
  std::vector<Column> columns;
};

const Section kSections[] = {
    {"faults",
     {{"what was done", "fault"},
      {"what must hold", "mustHold"},
      {"times", "injected"},
      {"calls", "calls"},
      {"not answered", "lost"},
      {"wrongly forwarded", "wronglyForwarded"},
      {"well again after, median (ms)", "recoveryMedianMs"},
      {"worst (ms)", "recoveryWorstMs"}}},
    {"fuzz",
     {{"target", "target"},
      {"minutes", "minutes"},
      {"executions", "executions"},
      {"edges reached", "coverage"},
      {"CPU minutes", "cpuMinutes"},
      {"crashes", "crashes"}}},
};

// Of one line there are rows, and not columns.
struct Figure {
  const char* title;
  const char* pointer;  // a JSON pointer, RFC 6901
};
constexpr const char* kLoad = "load";
const Figure kLoadFigures[] = {
    {"minutes", "/minutes"},
    {"calls, 16 in flight", "/calls"},
    {"calls a second", "/perSecond"},
    {"not answered, or wrongly", "/errors"},
    {"real pods at a time", "/podsAtATime"},
    {"real pods replaced", "/podsReplaced"},
    {"forbidden and refused", "/refused"},
    {"wrongly forwarded", "/wronglyForwarded"},
    {"p99 of the first third (µs)", "/firstThird/p99Us"},
    {"p99 of the last third (µs)", "/lastThird/p99Us"},
    {"p99 of direct calls meanwhile, first third (µs)", "/firstThird/directP99Us"},
    {"p99 of direct calls meanwhile, last third (µs)", "/lastThird/directP99Us"},
    {"agent of the calls: heap in use, first third (KiB)", "/loaded/heapKib/firstThird"},
    {"agent of the calls: heap in use, last third (KiB)", "/loaded/heapKib/lastThird"},
    {"agent of the calls: memory, first third (KiB)", "/loaded/anonKib/firstThird"},
    {"agent of the calls: memory, at most (KiB)", "/loaded/anonKib/max"},
    {"agent of the calls: memory, last third (KiB)", "/loaded/anonKib/lastThird"},
    {"agent of the calls: descriptors, first third", "/loaded/fds/firstThird"},
    {"agent of the calls: descriptors, last third", "/loaded/fds/lastThird"},
    {"agent of the pods: heap in use, first third (KiB)", "/node/heapKib/firstThird"},
    {"agent of the pods: heap in use, last third (KiB)", "/node/heapKib/lastThird"},
    {"agent of the pods: memory, first third (KiB)", "/node/anonKib/firstThird"},
    {"agent of the pods: memory, at most (KiB)", "/node/anonKib/max"},
    {"agent of the pods: memory, last third (KiB)", "/node/anonKib/lastThird"},
    {"agent of the pods: descriptors, first third", "/node/fds/firstThird"},
    {"agent of the pods: descriptors, last third", "/node/fds/lastThird"},
};

// 1234567 as 1 234 567.
std::string Grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
    text.insert(static_cast<size_t>(at), 1, ' ');
  }
  return text;
}

std::string TextOf(const json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_number_float() && std::floor(value.get<double>()) != value.get<double>()) {
    std::ostringstream rounded;
    rounded << std::fixed << std::setprecision(1) << value.get<double>();
    return rounded.str();
  }
  return Grouped(value.get<int64_t>());
}

std::string CellOf(const json& line, const char* key) {
  const auto value = line.find(key);
  if (value == line.end()) {
    return "";
  }
  std::string text = TextOf(*value);
  if (std::string_view(key) == "fault") {
    std::ranges::replace(text, '-', ' ');
  }
  return text;
}

// Of several lines about one thing the last one counts; but a fuzzer goes on where it ended.
void Replace(json& line, json later) {
  if (later.contains("executions")) {
    for (const char* key : {"minutes", "executions", "cpuMinutes", "crashes"}) {
      later[key] = line.at(key).is_number_integer()
                       ? json(line.at(key).get<int64_t>() + later.at(key).get<int64_t>())
                       : json(line.at(key).get<double>() + later.at(key).get<double>());
    }
  }
  line = std::move(later);
}

std::vector<json> ReadLines(const std::string& path, const char* id) {
  std::vector<json> lines;
  std::istringstream text(ReadText(path));
  for (std::string one; std::getline(text, one);) {
    json line = json::parse(one);
    const auto same =
        std::ranges::find_if(lines, [&](const json& other) { return other.at(id) == line.at(id); });
    if (same == lines.end()) {
      lines.push_back(std::move(line));
    } else {
      Replace(*same, std::move(line));
    }
  }
  if (lines.empty()) {
    throw std::runtime_error(path + " holds no line");
  }
  return lines;
}

std::string TableOf(const Section& section, const std::vector<json>& lines) {
  std::string table = "|";
  std::string rule = "|";
  for (const Column& column : section.columns) {
    table += std::string(" ") + column.title + " |";
    rule += lines.front().value(column.key, json(0)).is_string() ? " --- |" : " ---: |";
  }
  table += "\n" + rule + "\n";
  for (const json& line : lines) {
    table += "|";
    for (const Column& column : section.columns) {
      table += " " + CellOf(line, column.key) + " |";
    }
    table += "\n";
  }
  return table;
}

std::string TableOf(const json& load) {
  std::string table = "| | |\n| --- | ---: |\n";
  for (const Figure& figure : kLoadFigures) {
    table += std::string("| ") + figure.title + " | " +
             TextOf(load.at(json::json_pointer(figure.pointer))) + " |\n";
  }
  return table;
}

void WriteInto(std::string& page, std::string_view option, const std::string& table) {
  const std::string begin = std::string("<!-- ").append(option) + " -->\n";
  const std::string end = std::string("<!-- /").append(option) + " -->";
  const size_t from = page.find(begin);
  const size_t to = page.find(end);
  if (from == std::string::npos || to == std::string::npos || to < from) {
    throw std::runtime_error("the page has no place for it: " + end);
  }
  page.replace(from + begin.size(), to - from - begin.size(), "\n" + table + "\n");
}

bool IsGood(const json& line) {
  const bool good = line.value("wronglyForwarded", uint64_t{0}) == 0 &&
                    line.value("passed", true) && line.value("crashes", uint64_t{0}) == 0 &&
                    line.value("good", true);
  if (!good) {
    std::fprintf(stderr, "not as it has to be: %s\n", line.dump().c_str());
  }
  return good;
}

int Run(const std::vector<std::string>& arguments) {
  if (arguments.size() % 2 != 1) {
    throw std::runtime_error("usage: robustness_page PAGE [--faults|--fuzz|--load FILE]...");
  }
  std::string page = ReadText(arguments.front());
  bool good = true;
  for (size_t i = 1; i < arguments.size(); i += 2) {
    if (arguments[i] == std::string("--") + kLoad) {
      const json load = json::parse(ReadText(arguments[i + 1]));
      good = IsGood(load) && good;
      WriteInto(page, kLoad, TableOf(load));
      continue;
    }
    const auto section = std::ranges::find_if(kSections, [&](const Section& one) {
      return arguments[i] == std::string("--") + one.option;
    });
    if (section == std::end(kSections)) {
      throw std::runtime_error("unknown option " + arguments[i]);
    }
    const std::vector<json> lines = ReadLines(arguments[i + 1], section->columns.front().key);
    good = std::ranges::count_if(lines, IsGood) == std::ssize(lines) && good;
    WriteInto(page, section->option, TableOf(*section, lines));
  }
  WriteText(arguments.front(), page);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace sekisho::testing

int main(int argc, char** argv) {
  try {
    return sekisho::testing::Run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "robustness_page: %s\n", error.what());
    return 2;
  }
}

#include "unit/metrics/scraped.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace sekisho::testing {
namespace {

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
}

// One line, from left to right.
class Line {
 public:
  explicit Line(std::string_view text) : text_(text) {}

  std::string Name() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsNameCharacter(text_[at_])) {
      ++at_;
    }
    Require(at_ > begin);
    return std::string(text_.substr(begin, at_ - begin));
  }
  bool Skip(char c) {
    const bool there = at_ < text_.size() && text_[at_] == c;
    at_ += there ? 1 : 0;
    return there;
  }
  void Expect(char c) { Require(Skip(c)); }
  std::string Quoted() {
    Expect('"');
    std::string value;
    while (!Skip('"')) {
      if (Skip('\\')) {
        const char escaped = Next();
        Require(escaped == '\\' || escaped == '"' || escaped == 'n');
        value.push_back(escaped == 'n' ? '\n' : escaped);
      } else {
        value.push_back(Next());
      }
    }
    return value;
  }
  std::string Rest() {
    std::string rest(text_.substr(at_));
    at_ = text_.size();
    return rest;
  }

 private:
  char Next() {
    Require(at_ < text_.size());
    return text_[at_++];
  }
  void Require(bool right) const {
    if (!right) {
      throw std::runtime_error("no metric: " + std::string(text_));
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

Sample ParseSample(std::string_view text) {
  Line line(text);
  Sample sample{.name = line.Name()};
  if (line.Skip('{')) {
    while (!line.Skip('}')) {
      const std::string label = line.Name();
      line.Expect('=');
      if (!sample.labels.emplace(label, line.Quoted()).second) {
        throw std::runtime_error("a label twice: " + std::string(text));
      }
      (void)line.Skip(',');
    }
  }
  line.Expect(' ');
  const std::string number = line.Rest();
  size_t used = 0;
  sample.value = std::stod(number, &used);
  if (used != number.size()) {
    throw std::runtime_error("no number: " + std::string(text));
  }
  return sample;
}

bool Has(const LabelMap& labels, const LabelMap& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

}  // namespace

std::optional<double> Scraped::Value(const std::string& name, const LabelMap& labels) const {
  for (const Sample& sample : samples) {
    if (sample.name == name && sample.labels == labels) {
      return sample.value;
    }
  }
  return std::nullopt;
}

double Scraped::Sum(const std::string& name, const LabelMap& labels) const {
  double sum = 0;
  for (const Sample& sample : samples) {
    sum += sample.name == name && Has(sample.labels, labels) ? sample.value : 0;
  }
  return sum;
}

size_t Scraped::CountOf(const std::string& name) const {
  return static_cast<size_t>(std::count_if(samples.begin(), samples.end(),
                                           [&](const Sample& s) { return s.name == name; }));
}

std::set<std::string> Scraped::LabelsOf(const std::string& name) const {
  std::set<std::string> labels;
  for (const Sample& sample : samples) {
    if (sample.name == name) {
      for (const auto& [label, value] : sample.labels) {
        labels.insert(label);
      }
    }
  }
  return labels;
}

std::set<std::string> Scraped::Names() const {
  std::set<std::string> names;
  for (const Sample& sample : samples) {
    names.insert(sample.name);
  }
  return names;
}

Scraped Parse(std::string_view text) {
  Scraped scraped;
  std::set<std::pair<std::string, LabelMap>> seen;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      throw std::runtime_error("the last line has no end");
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
      Line comment(line.substr(7));
      const std::string name = comment.Name();
      comment.Expect(' ');
      auto& into = line[2] == 'H' ? scraped.help : scraped.types;
      if (!into.emplace(name, comment.Rest()).second) {
        throw std::runtime_error("a family twice: " + std::string(line));
      }
      continue;
    }
    Sample sample = ParseSample(line);
    if (!seen.emplace(sample.name, sample.labels).second) {
      throw std::runtime_error("a series twice: " + std::string(line));
    }
    scraped.samples.push_back(std::move(sample));
  }
  return scraped;
}

}  // namespace sekisho::testing

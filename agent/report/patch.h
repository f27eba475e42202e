// Lines of a manifest, and where in a Pod they belong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/report.h"

namespace sekisho::report {

// A text as a YAML scalar on one line, quoted where it has to be, and bounded.
std::string Scalar(std::string_view text);
// "[A, B]"
std::string FlowList(const std::vector<std::string>& items);
// The same for a comment: `"A", "B"`, on one line whatever is in it.
std::string InComment(const std::vector<std::string>& items);
// Each line with so many blanks before it.
std::string Indented(std::string_view lines, size_t blanks);

// What is to be set, at three places of a pod. Text is whole lines of YAML.
class Patch {
 public:
  Patch& Annotation(std::string_view key, std::string_view value);
  Patch& Pod(std::string_view lines);  // below "spec:"
  // Below "securityContext:" of the pod.
  Patch& PodContext(std::string_view lines);
  // Below each of these containers; none: any that has it.
  Patch& Containers(const std::vector<std::string>& names, std::string_view lines);
  // Below "securityContext:" of these containers.
  Patch& ContainerContext(const std::vector<std::string>& names, std::string_view lines);

  ManifestFix ToFix() const;

 private:
  struct Container {
    std::string name;
    std::string lines;    // beside the security context
    std::string context;  // below it
  };
  Container& Find(const std::string& name);
  static std::string LinesOf(const Container& container);

  std::string annotations_;
  std::string pod_;
  std::string pod_context_;
  std::vector<Container> containers_;
};

}  // namespace sekisho::report

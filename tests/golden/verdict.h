// What became of one request.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace sekisho::testing {

struct Verdict {
  std::string outcome;             // "allow", "harden", "deny"; the status code of anything else
  std::vector<std::string> lines;  // the refusal, or each edit as "field: before -> after"

  friend bool operator==(const Verdict&, const Verdict&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    out << verdict.outcome << "\n";
    for (const std::string& line : verdict.lines) {
      out << "  " << line << "\n";
    }
    return out;
  }
};

}  // namespace sekisho::testing

#include "golden/golden_text.h"

#include <sstream>
#include <vector>

namespace sekisho::testing {
namespace {

// A line that starts at the margin, and the indented ones below it.
struct Block {
  std::string key;  // "caps/c restricted", or a remark or empty line as it stands
  std::vector<std::string> lines;

  friend bool operator==(const Block&, const Block&) = default;
};

std::vector<Block> BlocksOf(const std::string& text) {
  std::vector<Block> blocks;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(" ") || blocks.empty()) {
      const bool is_verdict = !line.starts_with("#");
      blocks.push_back({is_verdict ? line.substr(0, line.find(": ")) : line, {}});
    }
    blocks.back().lines.push_back(line);
  }
  return blocks;
}

const Block* Find(const std::vector<Block>& blocks, const std::string& key) {
  for (const Block& block : blocks) {
    if (block.key == key) {
      return &block;
    }
  }
  return nullptr;
}

void Print(const char* sign, const Block* block, std::string& out) {
  for (const std::string& line : block == nullptr ? std::vector<std::string>{} : block->lines) {
    out += sign + line + "\n";
  }
}

}  // namespace

std::string BlockText(const std::string& subject, const std::string& column,
                      const Verdict& verdict) {
  std::string text = subject + " " + column + ": " + verdict.outcome + "\n";
  for (const std::string& line : verdict.lines) {
    text += "  " + line + "\n";
  }
  return text;
}

std::string DiffText(const std::string& expected, const std::string& actual) {
  if (expected == actual) {
    return "";
  }
  const std::vector<Block> was = BlocksOf(expected);
  const std::vector<Block> is = BlocksOf(actual);
  std::string diff;
  for (const Block& block : was) {
    const Block* now = Find(is, block.key);
    if (now == nullptr || !(*now == block)) {
      Print("- ", &block, diff);
      Print("+ ", now, diff);
    }
  }
  for (const Block& block : is) {
    if (Find(was, block.key) == nullptr) {
      Print("+ ", &block, diff);
    }
  }
  return diff.empty() ? "the same blocks, but in another order or another number of times\n" : diff;
}

}  // namespace sekisho::testing

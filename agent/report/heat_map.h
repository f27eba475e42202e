// Which checks fail in which namespaces, and what becomes of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "report/outcome.h"

namespace sekisho::report {

class HeatMap {
 public:
  // So many namespaces are told apart; those that come later are one row. So many checks likewise:
  // there are not so many, but a log can say anything.
  static constexpr size_t kNamespacesMax = 16384;
  static constexpr size_t kChecksMax = 96;
  // So many rows are shown.
  static constexpr size_t kRowsMax = 60;

  void Add(const std::string& name, const std::vector<Found>& findings);

  // The table with its legend; a sentence when no check failed anywhere.
  std::string Html() const;
  // "41"; "16,384+" where there were more than are told apart.
  std::string NamespacesText() const;

 private:
  struct Row {
    uint64_t decisions = 0;
    Counts total;
    std::map<uint16_t, Counts> cells;  // by check

    void Add(const Row& other);
  };
  using Named = std::pair<std::string_view, const Row*>;

  uint16_t NumberOf(const std::string& check);
  std::vector<uint16_t> Columns() const;
  std::string Head(const std::vector<uint16_t>& columns) const;
  std::string RowHtml(std::string_view name, const Row& row, const std::vector<uint16_t>& columns,
                      bool is_one) const;
  std::string CellHtml(std::string_view name, uint16_t check, const Counts& counts) const;
  std::string CleanHtml(const std::vector<Named>& clean) const;

  absl::flat_hash_map<std::string, Row> rows_;
  Row late_;  // of namespaces beyond kNamespacesMax
  Row all_;
  std::vector<std::string> checks_;  // by number; the last of kChecksMax stands for all others
  absl::flat_hash_map<std::string, uint16_t> numbers_;
};

}  // namespace sekisho::report

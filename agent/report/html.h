// Text that is safe and readable inside a page, whoever wrote it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sekisho::report {

// So much of a name is shown: Kubernetes' longest has 253 characters.
inline constexpr size_t kNameMax = 253;
// The same of a message, a path or a detail.
inline constexpr size_t kTextMax = 600;

// `text` for an element's content or a quoted attribute. What cannot be seen or changes how its
// neighbours are read (control characters, bidirectional overrides, zero-width characters, bytes
// that are not UTF-8) is written out: \x1b, \u202e. After `max_characters` it ends with "…".
std::string Escaped(std::string_view text, size_t max_characters = kNameMax);

// "1,204"
std::string Number(uint64_t number);
// "1 container", "2 containers"
std::string Counted(uint64_t number, std::string_view one, std::string_view many);

// "2026-11-21 06:48:25", in UTC.
std::string TimeText(std::chrono::system_clock::time_point time);
// The same as an element that a program can read, too.
std::string TimeElement(std::chrono::system_clock::time_point time);

// A part of the page that may not grow beyond its share of the whole. Rows are added until it is
// full; the rest is counted.
class Rows {
 public:
  Rows(size_t rows_max, size_t bytes_max) : rows_max_(rows_max), bytes_max_(bytes_max) {}

  // False, and `row` is counted as left out, when it has no room. Once one had none, none after it
  // has: the rows that are shown are the first ones.
  bool Add(const std::string& row);
  bool full() const { return left_out_ > 0 || rows_ >= rows_max_; }
  // That there was one more, without making it.
  void LeaveOut(size_t rows) { left_out_ += rows; }

  const std::string& html() const { return html_; }
  size_t rows() const { return rows_; }
  size_t left_out() const { return left_out_; }

 private:
  const size_t rows_max_;
  const size_t bytes_max_;
  std::string html_;
  size_t rows_ = 0;
  size_t left_out_ = 0;
};

// A table with its caption, in a box of its own that scrolls where the page is too narrow. `head`
// is the cells of the header row; `label` names the box to who cannot see it.
std::string Table(std::string_view label, std::string_view caption, std::string_view head,
                  std::string_view body, std::string_view css_class = "");

// <section> with a heading that the navigation can name.
std::string Section(std::string_view id, std::string_view title, std::string_view content);

}  // namespace sekisho::report

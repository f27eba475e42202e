#include "procfs/parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::procfs {
namespace {

constexpr std::string_view kBlanks = " \t";

absl::Status NotUnderstood(std::string_view line) {
  return absl::DataLossError(base::StrCat("the line ", line, " is not understood"));
}

// All of `text` is a number, without sign or blanks.
template <typename Number>
std::optional<Number> Parsed(std::string_view text, int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  if (text.empty() || text.front() == '-') {
    return std::nullopt;
  }
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = Trimmed(text); !text.empty();) {
    const size_t end = std::min(text.find_first_of(kBlanks), text.size());
    words.push_back(text.substr(0, end));
    text = Trimmed(text.substr(end));
  }
  return words;
}

// Takes the next line off `text`, without its line feed.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::optional<std::vector<int64_t>> Numbers(std::string_view text) {
  std::vector<int64_t> numbers;
  for (const std::string_view word : Words(text)) {
    const std::optional<int64_t> number = Parsed<int64_t>(word);
    if (!number.has_value()) {
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return numbers;
}

// The kernel writes a line feed in a name as "\n" and a backslash as two; a thread can give itself
// any name.
std::string Unescaped(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == 'n' || next == '\\')) {
      plain.push_back(next == 'n' ? '\n' : '\\');
      ++i;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

// The lines of /proc/PID/status by their names. A name cannot be in there twice: what a process
// says of itself (its own name) has its line feeds escaped.
class StatusLines {
 public:
  static absl::StatusOr<StatusLines> Of(std::string_view text) {
    StatusLines lines;
    for (size_t number = 1; !text.empty(); ++number) {
      const std::string_view line = TakeLine(text);
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos) {
        return NotUnderstood(std::to_string(number));
      }
      lines.values_.emplace(line.substr(0, colon), Trimmed(line.substr(colon + 1)));
    }
    return lines;
  }

  std::optional<std::string_view> Find(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  absl::StatusOr<std::string_view> Get(std::string_view name) const {
    const std::optional<std::string_view> value = Find(name);
    if (!value.has_value()) {
      return absl::DataLossError(base::StrCat("the line ", name, " is missing"));
    }
    return *value;
  }

 private:
  std::map<std::string_view, std::string_view> values_;
};

absl::Status TakeCapabilities(const StatusLines& lines, Process& process) {
  struct Row {
    std::string_view line;
    caps::CapSet Process::*set;
  };
  static constexpr auto kRows = std::to_array<Row>({{"CapInh", &Process::inheritable},
                                                    {"CapPrm", &Process::permitted},
                                                    {"CapEff", &Process::effective},
                                                    {"CapBnd", &Process::bounding},
                                                    {"CapAmb", &Process::ambient}});
  for (const Row& row : kRows) {
    SEKISHO_ASSIGN_OR_RETURN(const std::string_view text, lines.Get(row.line));
    const std::optional<uint64_t> mask = Parsed<uint64_t>(text, 16);
    if (!mask.has_value()) {
      return NotUnderstood(row.line);
    }
    process.*row.set = caps::CapSet(*mask);
  }
  return absl::OkStatus();
}

absl::Status TakeIds(const StatusLines& lines, Process& process) {
  for (const auto& [line, ids] :
       {std::pair("Uid", &Process::uid), std::pair("Gid", &Process::gid)}) {
    SEKISHO_ASSIGN_OR_RETURN(const std::string_view text, lines.Get(line));
    const std::optional<std::vector<int64_t>> numbers = Numbers(text);
    if (!numbers.has_value() || numbers->size() != 4) {
      return NotUnderstood(line);
    }
    process.*ids = {.real = (*numbers)[0],
                    .effective = (*numbers)[1],
                    .saved = (*numbers)[2],
                    .filesystem = (*numbers)[3]};
  }
  SEKISHO_ASSIGN_OR_RETURN(const std::string_view text, lines.Get("Groups"));
  std::optional<std::vector<int64_t>> groups = Numbers(text);
  if (!groups.has_value()) {
    return NotUnderstood("Groups");
  }
  process.groups = *std::move(groups);
  return absl::OkStatus();
}

// A kernel without seccomp has no such line, and no filters.
absl::Status TakeSeccomp(const StatusLines& lines, Process& process) {
  process.seccomp = SeccompMode::kOff;
  process.seccomp_filters.reset();
  if (const std::optional<std::string_view> text = lines.Find("Seccomp")) {
    const std::optional<int> mode = Parsed<int>(*text);
    if (!mode.has_value() || *mode > 3) {
      return NotUnderstood("Seccomp");
    }
    // 3 is the kernel's own mark of a thread that its filter is just killing.
    process.seccomp = static_cast<SeccompMode>(std::min(*mode, 2));
  }
  if (const std::optional<std::string_view> text = lines.Find("Seccomp_filters")) {
    process.seccomp_filters = Parsed<int>(*text);
    if (!process.seccomp_filters.has_value()) {
      return NotUnderstood("Seccomp_filters");
    }
  }
  return absl::OkStatus();
}

absl::Status TakeNoNewPrivs(const StatusLines& lines, Process& process) {
  SEKISHO_ASSIGN_OR_RETURN(const std::string_view text, lines.Get("NoNewPrivs"));
  if (text != "0" && text != "1") {
    return NotUnderstood("NoNewPrivs");
  }
  process.no_new_privs = text == "1";
  return absl::OkStatus();
}

}  // namespace

// "PID (NAME) STATE PPID … ", of which the 22nd is the start. The name may hold blanks and ")", and
// nothing behind it can: the last ")" ends it.
absl::StatusOr<Stat> ParseStat(std::string_view text) {
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return NotUnderstood("1");
  }
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  constexpr size_t kState = 3;  // fields as proc(5) counts them; the first behind the name is 3
  const std::vector<std::string_view> fields = Words(text.substr(close + 1));
  const auto field = [&fields](size_t number) {
    return number - kState < fields.size() ? fields[number - kState] : std::string_view();
  };
  const std::optional<pid_t> parent = Parsed<pid_t>(field(4));
  const std::optional<uint64_t> start_time = Parsed<uint64_t>(field(22));
  if (field(kState).size() != 1 || !parent.has_value() || !start_time.has_value()) {
    return NotUnderstood("1");
  }
  return Stat{.name = Unescaped(text.substr(open + 1, close - open - 1)),
              .state = field(kState).front(),
              .parent = *parent,
              .start_time = *start_time};
}

absl::Status ParseStatus(std::string_view text, Process& process) {
  SEKISHO_ASSIGN_OR_RETURN(const StatusLines lines, StatusLines::Of(text));
  SEKISHO_RETURN_IF_ERROR(TakeSeccomp(lines, process));
  SEKISHO_RETURN_IF_ERROR(TakeCapabilities(lines, process));
  SEKISHO_RETURN_IF_ERROR(TakeNoNewPrivs(lines, process));
  return TakeIds(lines, process);
}

absl::StatusOr<std::vector<std::string>> ParseCgroups(std::string_view text) {
  std::vector<std::string> paths;
  for (size_t number = 1; !text.empty(); ++number) {
    // "HIERARCHY:CONTROLLERS:PATH"; the path may have colons in it.
    const std::string_view line = TakeLine(text);
    const size_t first = line.find(':');
    const size_t second =
        first == std::string_view::npos ? std::string_view::npos : line.find(':', first + 1);
    if (second == std::string_view::npos || !line.substr(second + 1).starts_with('/')) {
      return NotUnderstood(std::to_string(number));
    }
    const std::string_view path = line.substr(second + 1);
    if (std::ranges::find(paths, path) == paths.end()) {
      paths.emplace_back(path);
    }
  }
  return paths;
}

// The kernel writes some characters of a mount point as octal numbers, but never a slash: what is
// not "/" as it stands is not "/".
absl::StatusOr<bool> IsRootReadOnly(std::string_view mountinfo) {
  std::optional<bool> read_only;
  for (size_t number = 1; !mountinfo.empty(); ++number) {
    const bool whole = mountinfo.find('\n') != std::string_view::npos;
    std::string_view line = TakeLine(mountinfo);
    // "ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS …", separated by single blanks.
    std::array<std::string_view, 6> fields;
    for (std::string_view& field : fields) {
      const size_t end = std::min(line.find(' '), line.size());
      field = line.substr(0, end);
      line.remove_prefix(std::min(end + 1, line.size()));
    }
    if (!whole || fields[5].empty() || !fields[4].starts_with('/')) {
      return NotUnderstood(std::to_string(number));
    }
    if (fields[4] == "/") {
      // Of several the last one covers the others.
      read_only = fields[5] == "ro" || fields[5].starts_with("ro,");
    }
  }
  if (!read_only.has_value()) {
    return absl::NotFoundError("nothing is mounted at /");
  }
  return *read_only;
}

absl::StatusOr<uint64_t> ParseNamespace(std::string_view name, std::string_view link) {
  const std::string prefix = base::StrCat(name, ":[");
  if (link.starts_with(prefix) && link.ends_with(']')) {
    const std::string_view inside = link.substr(prefix.size());
    if (const auto inode = Parsed<uint64_t>(inside.substr(0, inside.size() - 1))) {
      return *inode;
    }
  }
  return absl::DataLossError("not a namespace");
}

}  // namespace sekisho::procfs

#include "record/audit_record.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>

#include "base/str_cat.h"

namespace sekisho::record {
namespace {

// What is left of a text that is read from its beginning.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool Literal(std::string_view literal) {
    if (!rest_.starts_with(literal)) {
      return false;
    }
    rest_.remove_prefix(literal.size());
    return true;
  }

  // As printf(3) writes it: no sign of plus, and something there.
  template <typename Number>
  bool Integer(Number& number, int base = 10) {
    const char* const begin = rest_.data();
    const auto [end, error] = std::from_chars(begin, begin + rest_.size(), number, base);
    if (error != std::errc() || end == begin) {
      return false;
    }
    rest_.remove_prefix(static_cast<size_t>(end - begin));
    return true;
  }

  // audit_log_untrustedstring(): "text", or hexadecimal digits, or (null) where there is none.
  bool Untrusted(std::string& text) {
    if (Literal("(null)")) {
      text.clear();
      return true;
    }
    return Literal("\"") ? Quoted(text) : Hexadecimal(text);
  }

  bool AtEnd() const { return rest_.empty(); }

 private:
  bool Quoted(std::string& text) {
    const auto end =
        std::ranges::find_if(rest_, [](char c) { return c == '"' || c < '!' || c > '~'; });
    if (end == rest_.end() || *end != '"') {
      return false;
    }
    const auto length = static_cast<size_t>(end - rest_.begin());
    text = std::string(rest_.substr(0, length));
    rest_.remove_prefix(length + 1);
    return true;
  }

  bool Hexadecimal(std::string& text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    text.clear();
    while (rest_.size() >= 2) {
      const size_t high = kDigits.find(rest_[0]);
      const size_t low = kDigits.find(rest_[1]);
      if (high == std::string_view::npos || low == std::string_view::npos) {
        break;
      }
      text += static_cast<char>(high << 4 | low);
      rest_.remove_prefix(2);
    }
    return !text.empty();
  }

  std::string_view rest_;
};

bool Stamp(Reader& reader, SeccompRecord& record) {
  return reader.Literal("audit(") && reader.Integer(record.seconds) && reader.Literal(".") &&
         reader.Integer(record.milliseconds) && reader.Literal(":") &&
         reader.Integer(record.serial) && reader.Literal("): ");
}

// The ids of the user, which say nothing of a container.
bool Who(Reader& reader) {
  uint32_t id = 0;
  return reader.Literal("auid=") && reader.Integer(id) && reader.Literal(" uid=") &&
         reader.Integer(id) && reader.Literal(" gid=") && reader.Integer(id) &&
         reader.Literal(" ses=") && reader.Integer(id) &&
         (reader.AtEnd() || reader.Literal(" subj="));
}

bool Process(Reader& reader, SeccompRecord& record) {
  return reader.Literal(" pid=") && reader.Integer(record.pid) && record.pid > 0 &&
         reader.Literal(" comm=") && reader.Untrusted(record.comm) && reader.Literal(" exe=") &&
         reader.Untrusted(record.exe);
}

bool Call(Reader& reader, SeccompRecord& record) {
  int compat = 0;
  const bool read =
      reader.Literal(" sig=") && reader.Integer(record.signal) && reader.Literal(" arch=") &&
      reader.Integer(record.arch, 16) && reader.Literal(" syscall=") &&
      reader.Integer(record.syscall) && reader.Literal(" compat=") && reader.Integer(compat) &&
      (compat == 0 || compat == 1) && reader.Literal(" ip=0x") && reader.Integer(record.ip, 16) &&
      reader.Literal(" code=0x") && reader.Integer(record.code, 16) && reader.AtEnd();
  record.compat = compat == 1;
  return read;
}

}  // namespace

std::optional<uint32_t> SerialOf(std::string_view text) {
  Reader reader(text);
  SeccompRecord record;
  return Stamp(reader, record) ? std::optional(record.serial) : std::nullopt;
}

absl::StatusOr<SeccompRecord> ParseSeccompRecord(std::string_view text) {
  SeccompRecord record;
  const size_t process = text.rfind(" pid=");
  if (process != std::string_view::npos) {
    Reader before(text.substr(0, process));
    Reader after(text.substr(process));
    if (Stamp(before, record) && Who(before) && Process(after, record) && Call(after, record)) {
      return record;
    }
  }
  return absl::InvalidArgumentError("not a seccomp record as this build knows it");
}

}  // namespace sekisho::record

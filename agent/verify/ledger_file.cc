#include "verify/ledger_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "audit/json_text.h"
#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::verify {
namespace {

using nlohmann::json;
using std::chrono::microseconds;
using std::chrono::system_clock;

constexpr size_t kIdBytesMax = 128;
constexpr size_t kReadChunk = size_t{64} << 10;
// A line is an object with one object in it, which may hold lists. What is deeper is left out, so
// that nothing of ours that recurses can be made to run out of stack.
constexpr int kDepthMax = 5;

int64_t Micros(system_clock::time_point time) {
  return std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
}

std::optional<system_clock::time_point> TimeIn(const json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end() || !member->is_number_integer()) {
    return std::nullopt;
  }
  // What a time point of nanoseconds can hold.
  constexpr int64_t kMicrosMax = INT64_MAX / 1000;
  const auto micros = member->get<int64_t>();
  if (micros < 0 || micros > kMicrosMax) {
    return std::nullopt;
  }
  return system_clock::time_point(
      std::chrono::duration_cast<system_clock::duration>(microseconds(micros)));
}

std::string TextIn(const json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::string Dump(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

json ParseLine(std::string_view line) {
  return json::parse(
      line.size() > kLedgerLineMax ? std::string_view() : line,
      [](int depth, json::parse_event_t, const json&) { return depth <= kDepthMax; },
      /*allow_exceptions=*/false);
}

// False when it is no line of a ledger.
bool TakeLine(std::string_view text, LedgerView& view) {
  const json line = ParseLine(text);
  if (!line.is_object()) {
    return false;
  }
  if (const std::string removed = TextIn(line, "removed"); !removed.empty()) {
    view.entries.erase(removed);
    return true;
  }
  const std::string id = TextIn(line, "id");
  const std::optional<system_clock::time_point> time = TimeIn(line, "time");
  const auto expected = line.find("expected");
  if (!IsContainerId(id) || !time.has_value() || expected == line.end() || !expected->is_object()) {
    return false;
  }
  absl::StatusOr<Expected> parsed = ParseExpected(Dump(*expected));
  if (!parsed.ok()) {
    return false;
  }
  view.entries.insert_or_assign(id, LedgerEntry{.time = *time,
                                                .level = TextIn(line, "level"),
                                                .policy_hash = TextIn(line, "policy"),
                                                .expected = *std::move(parsed)});
  return true;
}

absl::Status ErrnoOf(const std::string& file, std::string_view what) {
  const int error = errno;
  return absl::ErrnoToStatus(error, base::AbslView(base::StrCat(file, ": ", what)));
}

absl::Status Damaged(const std::string& file, std::string_view why) {
  return absl::DataLossError(base::StrCat(file, ": ", why));
}

// Empty when it is the file that an agent writes.
std::string WhyNotTaken(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) {
    return "is no regular file";
  }
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return base::StrCat("belongs to user ", info.st_uid);
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "others than its owner may write it";
  }
  return info.st_size > static_cast<off_t>(kLedgerBytesMax) ? "is longer than 64 MiB" : "";
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& file) {
  std::string bytes;
  for (;;) {
    const size_t have = bytes.size();
    bytes.resize(have + kReadChunk);
    const ssize_t got = ::read(fd, bytes.data() + have, kReadChunk);
    const int error = errno;
    bytes.resize(have + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0) {
      return bytes;
    }
    if (got < 0 && error != EINTR) {
      errno = error;
      return ErrnoOf(file, "cannot read");
    }
    if (bytes.size() > kLedgerBytesMax + kReadChunk) {  // it grows while it is read
      return Damaged(file, "is longer than 64 MiB");
    }
  }
}

}  // namespace

std::string LedgerFile(const std::string& directory) {
  return base::StrCat(directory, "/containers.jsonl");
}

bool IsContainerId(std::string_view id) {
  return !id.empty() && id.size() <= kIdBytesMax && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

std::string SinceLine(system_clock::time_point since) {
  return base::StrCat("{\"since\":", Micros(since), "}\n");
}

std::string EntryLine(std::string_view container_id, const LedgerEntry& entry) {
  std::string line;
  audit::JsonList json('{', line);
  json.Put("id", container_id);
  audit::AppendNumber(Micros(entry.time), json.Next("time"));
  json.Put("level", entry.level);
  json.Put("policy", entry.policy_hash);
  json.Next("expected") += ToJson(entry.expected);
  json.Close();
  return line += '\n';
}

std::string RemovalLine(std::string_view container_id) {
  return base::StrCat("{\"removed\":\"", container_id, "\"}\n");
}

std::string WholeText(const LedgerView& view) {
  std::string text = SinceLine(view.since);
  for (const auto& [id, entry] : view.entries) {
    text.append(EntryLine(id, entry));
  }
  return text;
}

absl::StatusOr<LedgerText> ParseLedger(std::string_view text) {
  LedgerText ledger;
  for (size_t begin = 0; begin < text.size(); ++ledger.lines) {
    const size_t end = text.find('\n', begin);
    const std::string_view line = text.substr(begin, end - begin);
    begin = end == std::string_view::npos ? text.size() : end + 1;
    ledger.torn = end == std::string_view::npos;
    if (ledger.lines == 0) {
      const json first = ParseLine(line);
      const std::optional<system_clock::time_point> since =
          first.is_object() && !ledger.torn ? TimeIn(first, "since") : std::nullopt;
      if (!since.has_value()) {
        return absl::DataLossError("its first line does not say since when it is kept");
      }
      ledger.view.since = *since;
    } else if (ledger.torn || !TakeLine(line, ledger.view)) {
      ++ledger.view.unreadable;
    }
  }
  if (ledger.lines == 0) {
    return absl::DataLossError("it is empty");
  }
  return ledger;
}

absl::StatusOr<OpenLedger> OpenLedgerFile(const std::string& file, int flags) {
  // O_NONBLOCK: a FIFO must not make us wait. It means nothing for a regular file.
  OpenLedger ledger;
  ledger.fd.Reset(::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!ledger.fd.valid()) {
    if (errno == ELOOP) {
      return Damaged(file, "is a symbolic link");
    }
    // A directory, a socket, a FIFO without a reader: none of them is what an agent made.
    return errno == EISDIR || errno == ENXIO ? Damaged(file, "is no regular file")
                                             : ErrnoOf(file, "cannot open");
  }
  struct stat info {};
  if (::fstat(ledger.fd.get(), &info) != 0) {
    return ErrnoOf(file, "cannot stat");
  }
  if (const std::string why = WhyNotTaken(info); !why.empty()) {
    return Damaged(file, why);
  }
  SEKISHO_ASSIGN_OR_RETURN(const std::string bytes, ReadAll(ledger.fd.get(), file));
  absl::StatusOr<LedgerText> text = ParseLedger(bytes);
  if (!text.ok()) {
    return Damaged(file, base::StdView(text.status().message()));
  }
  ledger.text = *std::move(text);
  ledger.bytes = bytes.size();
  return ledger;
}

}  // namespace sekisho::verify

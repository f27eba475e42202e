#include "verify/ledger.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "verify/ledger_file.h"

namespace sekisho::verify {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::system_clock;

constexpr std::chrono::minutes kYoung{1};
// A file is written anew when it has this many lines more than twice those that count.
constexpr size_t kLinesToSpare = 1024;

// As the file has it, so that what was added reads the same after a restart.
system_clock::time_point Now() {
  return std::chrono::floor<microseconds>(system_clock::now());
}

absl::Status PutAside(const std::string& file) {
  const std::string aside = base::StrCat(file, ".damaged");
  std::error_code error;
  fs::rename(file, aside, error);
  if (error) {
    // A directory cannot take a file's place, nor the other way round.
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    fs::rename(file, aside, error);
  }
  return error ? absl::FailedPreconditionError(
                     base::StrCat(file, ": is damaged, and cannot be put aside: ", error.message()))
               : absl::OkStatus();
}

absl::Status WriteAll(int fd, const std::string& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      const int error = errno;
      return absl::ErrnoToStatus(error, base::AbslView(base::StrCat(file, ": cannot write")));
    }
    bytes.remove_prefix(written > 0 ? static_cast<size_t>(written) : 0);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const std::string& directory) {
  std::unique_ptr<Ledger> ledger(new Ledger(LedgerFile(directory)));
  const std::lock_guard lock(ledger->mu_);
  absl::StatusOr<OpenLedger> file = OpenLedgerFile(ledger->file_, O_RDWR | O_APPEND);
  if (file.ok()) {
    ledger->view_ = std::move(file->text.view);
    ledger->fd_ = std::move(file->fd);
    ledger->lines_ = file->text.lines;
    ledger->bytes_ = file->bytes;
    // What is unreadable would be counted again and again, and a line after a torn one be lost.
    ledger->behind_ = file->text.torn || ledger->view_.unreadable > 0;
    if (ledger->behind_) {
      SEKISHO_RETURN_IF_ERROR(ledger->Rewrite());
    }
    return ledger;
  }
  if (absl::IsDataLoss(file.status())) {
    SEKISHO_RETURN_IF_ERROR(PutAside(ledger->file_));
  } else if (!absl::IsNotFound(file.status())) {
    return file.status();
  }
  ledger->view_.since = Now();
  SEKISHO_RETURN_IF_ERROR(ledger->Rewrite());
  return ledger;
}

absl::Status Ledger::Add(std::string_view container_id, LedgerEntry entry) {
  if (!IsContainerId(container_id)) {
    return absl::InvalidArgumentError("this is no container's id");
  }
  entry.time = std::chrono::floor<microseconds>(entry.time);
  const std::string line = EntryLine(container_id, entry);
  if (line.size() > kLedgerLineMax) {
    return absl::InvalidArgumentError(
        base::StrCat(container_id, ": what was decided is too long to be kept"));
  }
  const std::string id(container_id);
  const std::lock_guard lock(mu_);
  if (view_.entries.size() >= kEntriesMax && !view_.entries.contains(id)) {
    return absl::ResourceExhaustedError(
        base::StrCat(file_, ": holds ", kEntriesMax, " containers already"));
  }
  view_.entries.insert_or_assign(id, std::move(entry));
  return Append(line, 1);
}

absl::Status Ledger::Remove(std::string_view container_id) {
  const std::lock_guard lock(mu_);
  return view_.entries.erase(std::string(container_id)) == 0 ? absl::OkStatus()
                                                             : Append(RemovalLine(container_id), 1);
}

absl::Status Ledger::Keep(const std::unordered_set<std::string>& existing) {
  const system_clock::time_point now = Now();
  const std::lock_guard lock(mu_);
  std::vector<std::string> gone;
  for (const auto& [id, entry] : view_.entries) {
    // Created while the list was made. One from the future stays too: no clock is to be
    // believed that much.
    if (!existing.contains(id) && entry.time + kYoung < now) {
      gone.push_back(id);
    }
  }
  std::string lines;
  for (const std::string& id : gone) {
    view_.entries.erase(id);
    lines.append(RemovalLine(id));
  }
  return gone.empty() ? absl::OkStatus() : Append(lines, gone.size());
}

LedgerView Ledger::View() const {
  const std::lock_guard lock(mu_);
  return view_;
}

LedgerView Ledger::ViewOf(std::string_view container_id) const {
  const std::lock_guard lock(mu_);
  LedgerView view{.since = view_.since, .entries = {}, .unreadable = view_.unreadable};
  if (const auto entry = view_.entries.find(base::AbslView(container_id));
      entry != view_.entries.end()) {
    view.entries.insert(*entry);
  }
  return view;
}

size_t Ledger::size() const {
  const std::lock_guard lock(mu_);
  return view_.entries.size();
}

// Whether what is open still is the file of this name: neither removed nor replaced.
bool Ledger::IsOurs() const {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd_.get(), &open) == 0 && ::lstat(file_.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

// Another agent, at an upgrade, may have put a file of its own here: what it has written
// counts.
void Ledger::Merge() {
  absl::StatusOr<OpenLedger> other = OpenLedgerFile(file_, O_RDONLY);
  if (other.ok()) {
    for (auto& [id, entry] : other->text.view.entries) {
      view_.entries.try_emplace(id, std::move(entry));
    }
  }
}

absl::Status Ledger::Append(const std::string& lines, size_t count) {
  if (fd_.valid() && !IsOurs()) {
    Merge();
    return Rewrite();
  }
  // view_ has what the lines say already, and Rewrite() writes all of it.
  if (behind_ || !fd_.valid() || bytes_ + lines.size() > kLedgerBytesMax ||
      lines_ + count > 2 * view_.entries.size() + kLinesToSpare) {
    return Rewrite();
  }
  absl::Status status = WriteAll(fd_.get(), file_, lines);
  if (!status.ok()) {
    behind_ = true;  // part of it may be there
    return status;
  }
  lines_ += count;
  bytes_ += lines.size();
  return absl::OkStatus();
}

absl::Status Ledger::Rewrite() {
  behind_ = true;
  const std::string text = WholeText(view_);
  if (text.size() > kLedgerBytesMax) {
    return absl::ResourceExhaustedError(base::StrCat(file_, ": would be longer than 64 MiB"));
  }
  SEKISHO_RETURN_IF_ERROR(base::WriteFileAtomically(file_, text, 0600));
  base::UniqueFd fd(::open(file_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) {
    const int error = errno;
    return absl::ErrnoToStatus(error, base::AbslView(base::StrCat(file_, ": cannot open")));
  }
  fd_ = std::move(fd);
  lines_ = view_.entries.size() + 1;
  bytes_ = text.size();
  behind_ = false;
  return absl::OkStatus();
}

absl::StatusOr<LedgerView> ReadLedger(const std::string& directory) {
  SEKISHO_ASSIGN_OR_RETURN(OpenLedger ledger, OpenLedgerFile(LedgerFile(directory), O_RDONLY));
  return std::move(ledger.text.view);
}

}  // namespace sekisho::verify

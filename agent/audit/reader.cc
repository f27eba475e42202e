#include "audit/reader.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "audit/line_chunks.h"
#include "audit/line_parser.h"
#include "base/str_cat.h"

namespace sekisho::audit {
namespace {

// What one chunk says.
struct Parsed {
  std::vector<Line> lines;
  uint64_t lost = 0;
  uint64_t unreadable = 0;
  std::string first_unreadable;  // "12: what is wrong"

  void CannotRead(uint64_t number, std::string_view why) {
    if (++unreadable == 1) {
      first_unreadable = base::StrCat(number, ": ", why);
    }
  }
};

void ParseOne(LineParser& parser, std::string_view text, uint64_t number, bool with_facts,
              Parsed& parsed) {
  if (text.empty()) {
    return;
  }
  if (text.size() > LineChunks::kLineMax) {
    parsed.CannotRead(number, "longer than 1 MiB");
    return;
  }
  absl::StatusOr<ParsedLine> line = parser.Parse(text, with_facts);
  if (!line.ok()) {
    parsed.CannotRead(number, base::StdView(line.status().message()));
  } else if (line->event.empty()) {
    parsed.lines.push_back(std::move(line->line));
  } else if (line->event == "records-lost") {
    parsed.lost += line->event_count;
  } else {
    parsed.CannotRead(number, "an event that this release does not know");
  }
}

Parsed ParseChunk(LineParser& parser, const Chunk& chunk, bool with_facts) {
  Parsed parsed;
  if (chunk.too_long) {
    parsed.CannotRead(chunk.first, "longer than 1 MiB");
    return parsed;
  }
  const std::string_view bytes = chunk.bytes;
  uint64_t number = chunk.first;
  for (size_t begin = 0; begin < bytes.size(); ++number) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    ParseOne(parser, bytes.substr(begin, end - begin), number, with_facts, parsed);
    begin = end + 1;
  }
  return parsed;
}

// Chunks go in, and come out in the same order, parsed by several threads.
class ParsingThreads {
 public:
  ParsingThreads(int count, bool with_facts) : with_facts_(with_facts) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this] { Run(); });
    }
  }
  ParsingThreads(const ParsingThreads&) = delete;
  ParsingThreads& operator=(const ParsingThreads&) = delete;
  ~ParsingThreads() {
    {
      const std::lock_guard lock(mu_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  void Put(Chunk chunk) {
    auto job = std::make_unique<Job>();
    job->chunk = std::move(chunk);
    {
      const std::lock_guard lock(mu_);
      todo_.push_back(job.get());
      jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
  }
  // Calls `use` with what the oldest chunk says. There must be one.
  template <typename Use>
  void Take(Use use) {
    std::unique_lock lock(mu_);
    parsed_.wait(lock, [this] { return jobs_.front()->done; });
    std::unique_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    use(job->parsed);
    lock.lock();
    spent_.push_back(std::move(job));
  }
  // Only for the thread that puts and takes.
  size_t size() const { return jobs_.size(); }

 private:
  struct Job {
    Chunk chunk;
    Parsed parsed;
    bool done = false;  // guarded by mu_
  };

  void Run() {
    LineParser parser;
    std::unique_lock lock(mu_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !todo_.empty(); });
      if (stopping_) {
        return;
      }
      Job* const job = todo_.front();
      todo_.pop_front();
      // To free what a thread has allocated is work for such a thread, too.
      std::vector<std::unique_ptr<Job>> spent = std::exchange(spent_, {});
      lock.unlock();
      spent.clear();
      job->parsed = ParseChunk(parser, job->chunk, with_facts_);
      lock.lock();
      job->done = true;
      parsed_.notify_one();
    }
  }

  const bool with_facts_;
  std::mutex mu_;
  std::condition_variable changed_;
  std::condition_variable parsed_;
  std::deque<std::unique_ptr<Job>> jobs_;    // guarded by mu_: all, in order
  std::deque<Job*> todo_;                    // guarded by mu_: that no thread has taken yet
  std::vector<std::unique_ptr<Job>> spent_;  // guarded by mu_: to be freed
  bool stopping_ = false;                    // guarded by mu_
  std::vector<std::thread> threads_;
};

class Delivery {
 public:
  Delivery(std::string name, const std::function<void(const Line&)>& each)
      : name_(std::move(name)), each_(each) {}

  void Deliver(const Parsed& parsed) {
    if (stats_.unreadable == 0 && parsed.unreadable > 0) {
      stats_.first_unreadable = base::StrCat(name_, ":", parsed.first_unreadable);
    }
    stats_.lost += parsed.lost;
    stats_.unreadable += parsed.unreadable;
    stats_.lines += parsed.lines.size();
    for (const Line& line : parsed.lines) {
      each_(line);
    }
  }
  ReadStats& stats() { return stats_; }

 private:
  const std::string name_;
  const std::function<void(const Line&)>& each_;
  ReadStats stats_;
};

absl::Status CannotRead(const std::string& name, int error) {
  return absl::UnavailableError(base::StrCat(name, ": cannot read: ", std::strerror(error)));
}

void ReadAll(LineChunks& chunks, const ReadOptions& options, Delivery& delivery) {
  if (options.threads <= 1) {
    LineParser parser;
    while (const std::optional<Chunk> chunk = chunks.Next()) {
      delivery.Deliver(ParseChunk(parser, *chunk, options.with_facts));
    }
    return;
  }
  ParsingThreads threads(options.threads, options.with_facts);
  // Enough that no thread waits for the caller to be done with one chunk.
  const size_t ahead = 3 * static_cast<size_t>(options.threads);
  while (std::optional<Chunk> chunk = chunks.Next()) {
    threads.Put(*std::move(chunk));
    if (threads.size() > ahead) {
      threads.Take([&](const Parsed& parsed) { delivery.Deliver(parsed); });
    }
  }
  while (threads.size() > 0) {
    threads.Take([&](const Parsed& parsed) { delivery.Deliver(parsed); });
  }
}

// N of "path.N"; nothing for another name.
std::optional<int> RotationOf(std::string_view name, std::string_view of) {
  if (!name.starts_with(of) || !name.substr(of.size()).starts_with('.')) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(of.size() + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  return is_number && number > 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

absl::StatusOr<ReadStats> ReadLines(const std::string& file, const ReadOptions& options,
                                    const std::function<void(const Line&)>& each) {
  const std::string name = file == "-" ? "<stdin>" : file;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> own(
      file == "-" ? nullptr : std::fopen(file.c_str(), "re"), &std::fclose);
  std::FILE* const stream = file == "-" ? stdin : own.get();
  if (stream == nullptr) {
    return CannotRead(name, errno);
  }
  Delivery delivery(name, each);
  LineChunks chunks(stream);
  ReadAll(chunks, options, delivery);
  if (chunks.error() != 0) {
    return CannotRead(name, chunks.error());
  }
  return std::move(delivery.stats());
}

std::vector<std::string> RotatedFiles(const std::string& path) {
  const std::filesystem::path current(path);
  const std::string base = current.filename().string();
  const std::filesystem::path folder = current.has_parent_path() ? current.parent_path() : ".";
  std::vector<std::pair<int, std::string>> rotated;
  bool is_there = false;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    is_there = is_there || name == base;
    if (const std::optional<int> number = RotationOf(name, base)) {
      rotated.emplace_back(*number, base::StrCat(path, ".", *number));
    }
  }
  std::ranges::sort(rotated, std::ranges::greater());
  std::vector<std::string> files;
  files.reserve(rotated.size() + 1);
  for (auto& [number, name] : rotated) {
    files.push_back(std::move(name));
  }
  if (is_there) {
    files.push_back(path);
  }
  return files;
}

}  // namespace sekisho::audit

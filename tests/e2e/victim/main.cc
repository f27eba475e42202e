// A program for containers of the tests: makes the system calls that it is told to, and says what
// became of each.
//
//   sekisho_victim NAME…       of calls.cc; "all" for every one. One line each, on standard output:
//                              "NAME ok", "NAME EPERM" (the errno), "NAME killed 31" (the signal),
//                              "NAME absent" (not of this architecture)
//   sekisho_victim --compute   threads that count and write files; "computed N"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "e2e/victim/calls.h"

namespace sekisho::victim {
namespace {

// What the child says of its call.
struct Answer {
  bool returned = false;
  int error = 0;
};

long Enter(const Call& call) {
  const auto& a = call.arguments;
#ifdef __x86_64__
  if (call.entry == Call::Entry::kInt80) {
    long result = call.number;
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    errno = result < 0 ? static_cast<int>(-result) : 0;
    return result < 0 ? -1 : result;
  }
  if (call.entry == Call::Entry::kX32) {
    return ::syscall(call.number | 0x40000000L, a[0], a[1], a[2], a[3], a[4], a[5]);
  }
#endif
  return ::syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// In a process of its own: what a call does to its caller ends with it, and a signal kills only it.
std::string ResultOf(const Call& call) {
  if (call.number < 0) {
    return "absent";
  }
  void* const shared =
      ::mmap(nullptr, sizeof(Answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    return "no memory";
  }
  auto* const answer = new (shared) Answer;
  const pid_t child = ::fork();
  if (child == 0) {
    errno = 0;
    const long result = Enter(call);
    *answer = {.returned = true, .error = result == -1 ? errno : 0};
    ::_exit(0);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) {
    return "no process";
  }
  const Answer said = *answer;
  (void)::munmap(shared, sizeof(Answer));
  if (!said.returned) {
    return "killed " + std::to_string(WTERMSIG(status));
  }
  if (said.error == 0) {
    return "ok";
  }
  const char* const name = ::strerrorname_np(said.error);
  return name != nullptr ? name : "errno " + std::to_string(said.error);
}

int Make(std::string_view name) {
  bool known = false;
  for (const Call& call : Calls()) {
    if (name == "all" || name == call.name) {
      known = true;
      std::printf("%.*s %s\n", static_cast<int>(call.name.size()), call.name.data(),
                  ResultOf(call).c_str());
    }
  }
  if (!known) {
    std::fprintf(stderr, "sekisho_victim: no call \"%s\"\n", std::string(name).c_str());
  }
  return known ? 0 : 2;
}

struct Work {
  pthread_t thread = 0;
  int number = 0;
  uint64_t sum = 0;
};

// Writes numbers to a file of its own, and adds up what it reads back.
void* Count(void* argument) {
  auto* const work = static_cast<Work*>(argument);
  const std::string path = "/tmp/work-" + std::to_string(work->number);
  FILE* const file = std::fopen(path.c_str(), "w+");
  if (file == nullptr) {
    return nullptr;
  }
  for (uint64_t i = 1; i <= 1000; ++i) {
    (void)std::fprintf(file, "%lu\n", static_cast<unsigned long>(i));
  }
  std::rewind(file);
  unsigned long value = 0;
  while (std::fscanf(file, "%lu", &value) == 1) {
    work->sum += value;
  }
  (void)std::fclose(file);
  (void)::unlink(path.c_str());
  return nullptr;
}

int Compute() {
  std::array<Work, 4> works;
  uint64_t sum = 0;
  for (Work& work : works) {
    work.number = static_cast<int>(&work - works.data());
    if (const int error = ::pthread_create(&work.thread, nullptr, Count, &work); error != 0) {
      std::printf("no thread: %s\n", std::strerror(error));
      return 1;
    }
  }
  for (Work& work : works) {
    (void)::pthread_join(work.thread, nullptr);
    sum += work.sum;
  }
  std::printf("computed %lu\n", static_cast<unsigned long>(sum));
  return 0;
}

}  // namespace
}  // namespace sekisho::victim

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--compute") {
    return sekisho::victim::Compute();
  }
  // The children inherit what is in the buffer.
  (void)std::setvbuf(stdout, nullptr, _IONBF, 0);
  int result = argc < 2 ? 2 : 0;
  for (int i = 1; i < argc; ++i) {
    result |= sekisho::victim::Make(argv[i]);
  }
  return result;
}

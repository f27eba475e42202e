#include "app/acceptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <vector>

#include "support/temp_dir.h"
#include "support/unix_socket.h"

namespace sekisho::app {
namespace {

using testing::ConnectUnix;

// The connections that an acceptor gave away.
class Served {
 public:
  void Add(base::UniqueFd connection) {
    const std::lock_guard lock(mu_);
    connections_.push_back(std::move(connection));
    changed_.notify_all();
  }
  // Waits for that many; how many there are.
  size_t WaitFor(size_t count) {
    std::unique_lock lock(mu_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return connections_.size() >= count; });
    return connections_.size();
  }
  int fd(size_t i) {
    const std::lock_guard lock(mu_);
    return connections_.at(i).get();
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  std::vector<base::UniqueFd> connections_;
};

class AcceptorTest : public ::testing::Test {
 protected:
  AcceptorTest() { EXPECT_EQ(::fcntl(listening_.get(), F_SETFL, O_NONBLOCK), 0); }

  const testing::TempDir dir_;
  const std::string path_ = dir_.File("s");
  const base::UniqueFd listening_ = testing::ListenUnix(path_);
  Served served_;
};

TEST_F(AcceptorTest, HandsOverEveryConnectionReadyForUse) {
  const Acceptor acceptor(listening_.get(),
                          [this](base::UniqueFd each) { served_.Add(std::move(each)); });
  std::vector<base::UniqueFd> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(ConnectUnix(path_));
    ASSERT_TRUE(clients.back().valid());
  }
  ASSERT_EQ(served_.WaitFor(50), 50u);
  for (size_t i = 0; i < 50; ++i) {
    // gRPC expects the one, and a process that we start must not inherit it.
    EXPECT_NE(::fcntl(served_.fd(i), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(served_.fd(i), F_GETFD) & FD_CLOEXEC, 0);
  }
  char byte = 'x';
  ASSERT_EQ(::write(served_.fd(0), &byte, 1), 1);
  EXPECT_EQ(::read(clients[0].get(), &byte, 1), 1);
}

TEST_F(AcceptorTest, TakesWhatWaitedBeforeItWasMadeAndNothingAfterItsEnd) {
  const base::UniqueFd early = ConnectUnix(path_);
  {
    const Acceptor acceptor(listening_.get(),
                            [this](base::UniqueFd each) { served_.Add(std::move(each)); });
    EXPECT_EQ(served_.WaitFor(1), 1u);
  }
  const base::UniqueFd late = ConnectUnix(path_);
  EXPECT_TRUE(late.valid());  // the socket is not the acceptor's to close
  EXPECT_EQ(served_.WaitFor(1), 1u);
  EXPECT_TRUE(base::UniqueFd(::accept(listening_.get(), nullptr, nullptr)).valid());
}

// Every number below the limit is taken, so that no descriptor is left.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    int highest = 0;
    for (int i = 0; i < 64; ++i) {
      fill_.emplace_back(::dup(STDERR_FILENO));
      highest = std::max(highest, fill_.back().get());
    }
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(highest) + 1;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  }
  ~NoDescriptorsLeft() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
  std::vector<base::UniqueFd> fill_;
};

TEST_F(AcceptorTest, OutOfDescriptorsItWaitsWithoutSpinningAndGoesOn) {
  const Acceptor acceptor(listening_.get(),
                          [this](base::UniqueFd each) { served_.Add(std::move(each)); });
  const base::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = testing::UnixAddress(path_);
  {
    const NoDescriptorsLeft none;
    ASSERT_EQ(::dup(STDERR_FILENO), -1);
    const std::clock_t cpu_before = std::clock();
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    // Long enough for some tries. Nobody hangs up on the caller meanwhile, and the processor is
    // left alone: a thread that spun would have used it all the time.
    pollfd hung_up{client.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&hung_up, 1, 400), 0);
    const double cpu_seconds = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
    EXPECT_LT(cpu_seconds, 0.15);
    EXPECT_EQ(served_.WaitFor(0), 0u);
  }
  EXPECT_EQ(served_.WaitFor(1), 1u);
}

}  // namespace
}  // namespace sekisho::app

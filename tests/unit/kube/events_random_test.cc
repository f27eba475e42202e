// A server that answers at random, and notices that come at random: whatever happens, each notice
// is told or counted as dropped, the rate holds, and there is an end.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "base/str_cat.h"
#include "kube/events.h"
#include "unit/kube/fake_loop.h"

namespace sekisho::kube {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr double kBurst = 5;
constexpr double kPerSecond = 2;

// Does what it says: an Event that is answered with an error was not written.
class RandomServer {
 public:
  RandomServer(FakeLoop& loop, std::mt19937& random) : loop_(loop), random_(random) {}

  // Answers whatever is open. With `fails` of 100 in one of many ways.
  void Answer(unsigned fails) {
    while (!loop_.open().empty()) {
      ASSERT_EQ(loop_.open().size(), 1u);
      const Loop::Id id = loop_.open().front();
      if (random_() % 100 < fails) {
        Fail(id);
      } else {
        Write(id);
      }
    }
  }
  // By all Events that there are, and those that are gone and have no follower yet.
  uint64_t counted() const {
    uint64_t sum = 0;
    for (const auto& [path, count] : counts_) {
      sum += count;
    }
    for (const auto& [event, count] : gone_) {
      sum += count;
    }
    return sum;
  }

 private:
  void Fail(Loop::Id id) {
    constexpr std::array<int, 9> kCodes = {0, 0, 400, 401, 403, 422, 429, 500, 503};
    const int code = kCodes.at(random_() % kCodes.size());
    if (loop_.request(id).method == "POST") {
      tried_.insert(NameIn(loop_.request(id)));
    }
    std::optional<std::chrono::seconds> retry_after;
    if (random_() % 4 == 0) {
      retry_after = std::chrono::seconds(random_() % 5);
    }
    loop_.Finish(id, {.status = code == 0 ? absl::UnavailableError("nobody") : absl::OkStatus(),
                      .code = code,
                      .retry_after = retry_after});
  }

  void Write(Loop::Id id) {
    const Request request = loop_.request(id);
    if (request.method == "POST") {
      Post(id, request);
    } else {
      Patch(id, request);
    }
  }

  void Post(Loop::Id id, const Request& request) {
    const std::string name = NameIn(request);
    // What a POST that failed may have written is not somebody else's.
    if (random_() % 10 == 0 && !tried_.contains(name)) {
      loop_.Answer(id, 409, "{}");
      return;
    }
    const Json body = Json::parse(request.body, nullptr, false);
    const std::string path = base::StrCat(request.path, "/", name);
    EXPECT_FALSE(counts_.contains(path)) << "no name is used twice";
    counts_[path] = body.at("count");
    const std::string about = body.at("involvedObject").at("name");
    abouts_[path] = about;
    if (const auto before = gone_.extract(about); !before.empty()) {
      EXPECT_GT(counts_[path], before.mapped()) << "the count goes on";
    }
    loop_.Answer(id, 201, request.body);
  }

  void Patch(Loop::Id id, const Request& request) {
    ASSERT_TRUE(counts_.contains(request.path)) << request.path;
    if (random_() % 10 == 0) {  // it has expired
      gone_[abouts_[request.path]] = counts_[request.path];
      counts_.erase(request.path);
      loop_.Answer(id, 404, "{}");
      return;
    }
    const uint64_t count = Json::parse(request.body, nullptr, false).at("count");
    EXPECT_GT(count, counts_[request.path]) << "an update has something to tell";
    counts_[request.path] = count;
    loop_.Answer(id, 200, request.body);
  }

  static std::string NameIn(const Request& request) {
    return Json::parse(request.body, nullptr, false).at("metadata").at("name");
  }

  FakeLoop& loop_;
  std::mt19937& random_;
  std::map<std::string, uint64_t> counts_;     // by path
  std::map<std::string, std::string> abouts_;  // the pods, by path
  std::map<std::string, uint64_t> gone_;       // by pod
  std::set<std::string> tried_;                // names
};

// What the rate allows from the start on, and one for the rounding.
double Allowed(milliseconds since_start) {
  return kBurst + 1 + kPerSecond * std::chrono::duration<double>(since_start).count();
}

void RunFrom(unsigned seed) {
  std::mt19937 random(seed);
  FakeLoop loop;
  RandomServer server(loop, random);
  EventOptions options;
  options.node = "worker-1";
  options.burst = kBurst;
  options.per_second = kPerSecond;
  options.remember = std::chrono::hours(100);
  EventRecorder recorder(options, loop);
  uint64_t added = 0;
  milliseconds passed{0};
  const auto step = [&](milliseconds time, unsigned fails) {
    loop.SetRandom(static_cast<double>(random() % 1000) / 1000);
    loop.Pass(time);
    passed += time;
    server.Answer(fails);
    ASSERT_LE(static_cast<double>(loop.all().size()), Allowed(passed));
  };
  for (int round = 0; round < 300; ++round) {
    const unsigned count = random() % 4;
    for (unsigned i = 0; i < count; ++i) {
      const std::string pod = base::StrCat("web-", random() % 12);
      recorder.Add({{.reason = EventReason::kDenied,
                     .namespace_ = "shop",
                     .pod = pod,
                     .pod_uid = pod,
                     .container = std::to_string(random() % 3),
                     .text = "violates",
                     .time = {}}});
      ++added;
    }
    step(milliseconds(random() % 3'000), round % 50 < 25 ? 90 : 10);
  }
  for (int i = 0; i < 2'000 && loop.timers() > 0; ++i) {
    step(milliseconds(500), 0);
  }
  EXPECT_EQ(loop.timers(), 0u) << "there is an end";
  EXPECT_TRUE(loop.open().empty());
  EXPECT_EQ(server.counted() + recorder.stats().dropped, added);
  EXPECT_GT(recorder.stats().dropped, 0u);
  EXPECT_GT(recorder.stats().updated, 0u);
  EXPECT_EQ(recorder.stats().last_error.empty(), true);
}

TEST(EventRecorderAtRandom, EachNoticeIsToldOrCountedAsDropped) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    RunFrom(seed);
    if (::testing::Test::HasFailure()) {
      break;
    }
  }
}

}  // namespace
}  // namespace sekisho::kube

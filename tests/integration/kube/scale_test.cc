// 10,000 namespaces over the real list and watch: what they cost in time and memory. The figures go
// into docs/kubernetes.md; the bounds here are wide, since a test machine is busy.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "kube/http_loop.h"
#include "kube/namespace_cache.h"
#include "kube/namespace_store.h"
#include "kube/reflector.h"
#include "support/api_server.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;
using testing::Eventually;
using Clock = std::chrono::steady_clock;

constexpr int kNamespaces = 10'000;
constexpr size_t kPadding = 600;  // annotations and managedFields of each
constexpr std::chrono::seconds kLong{60};

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double ThreadCpuMilliseconds() {
  rusage usage{};
  (void)::getrusage(RUSAGE_THREAD, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

std::map<std::string, testing::Labels> ManyNamespaces() {
  const std::vector<std::string> levels = {"privileged", "baseline", "restricted"};
  std::map<std::string, testing::Labels> namespaces;
  for (int i = 0; i < kNamespaces; ++i) {
    const std::string number = std::to_string(i);
    namespaces["team-" + number + "-of-a-large-cluster"] = {
        {"team", "team-" + number},
        {"pod-security.kubernetes.io/enforce", levels[static_cast<size_t>(i) % levels.size()]},
        {"pod-security.kubernetes.io/enforce-version", "v1." + std::to_string(24 + i % 12)}};
  }
  return namespaces;
}

class Figures {
 public:
  void Print(const char* name, double value, const char* unit) const {
    std::printf("%s: %.2f %s\n", name, value, unit);
    ::testing::Test::RecordProperty(name, std::to_string(value));
  }
};

TEST(KubeScale, TenThousandNamespacesAreListedWatchedAndKept) {
  const testing::TempDir dir;
  const testing::TestPki pki("test authority");
  testing::WriteText(dir.File("ca.crt"), pki.ca_pem());
  testing::WriteText(dir.File("token"), "token");
  testing::ApiServer api({.certificate = pki.ForServer({"127.0.0.1"}), .tokens = {"token"}});
  api.SetNamespaces(ManyNamespaces(), kPadding);

  const Figures figures;
  NamespaceStore store;
  HttpLoop loop({.credentials = {.kubeconfig = {},
                                 .service_account_directory = dir.path(),
                                 .server = api.url()},
                 .user_agent = "test"});
  std::atomic<double> cpu = 0;
  std::atomic<uint64_t> bytes = 0;
  std::atomic<bool> told = false;
  const auto start = Clock::now();
  std::thread thread([&] {
    ReflectorOptions options;
    options.what = "namespaces";
    options.path = "/api/v1/namespaces";
    Reflector reflector(options, loop, store);
    reflector.Start();
    loop.Run([&] {
      cpu = ThreadCpuMilliseconds();
      bytes = reflector.stats().bytes;
      told = true;
    });
  });
  EXPECT_TRUE(Eventually([&] { return store.View().synced; }, kLong));
  figures.Print("list_ms", MillisecondsSince(start), "ms until all are known");
  loop.Wake();
  EXPECT_TRUE(Eventually([&] { return told.load(); }, kLong));
  figures.Print("list_cpu_ms", cpu, "ms of CPU");
  figures.Print("list_bytes", static_cast<double>(bytes), "bytes, inflated");
  EXPECT_EQ(store.View().table->namespaces().size(), static_cast<size_t>(kNamespaces));
  EXPECT_LT(MillisecondsSince(start), 30'000);

  const auto changed = Clock::now();
  api.SetNamespace("team-7-of-a-large-cluster",
                   {{"pod-security.kubernetes.io/enforce", "restricted"}});
  EXPECT_TRUE(Eventually(
      [&] {
        const policy::NamespaceView view = store.View();
        return !view.table->Find("team-7-of-a-large-cluster")->enforce_version.has_value();
      },
      kLong));
  figures.Print("change_ms", MillisecondsSince(changed), "ms until a change is known");
  EXPECT_LT(MillisecondsSince(changed), 1000);
  loop.Stop();
  thread.join();

  const NamespaceCache cache(dir.File("namespaces.json"), api.url());
  const auto writing = Clock::now();
  ASSERT_TRUE(cache.Write(store.Copy()).ok());
  figures.Print("write_ms", MillisecondsSince(writing), "ms to write the copy on disk");
  figures.Print("cache_bytes", static_cast<double>(testing::ReadText(cache.file()).size()),
                "bytes on disk");
  const auto reading = Clock::now();
  const absl::StatusOr<NamespaceCopy> copy = cache.Read();
  ASSERT_TRUE(copy.ok()) << copy.status();
  figures.Print("read_ms", MillisecondsSince(reading), "ms to read it");
  EXPECT_EQ(copy->table->namespaces().size(), static_cast<size_t>(kNamespaces));
}

}  // namespace
}  // namespace sekisho::kube

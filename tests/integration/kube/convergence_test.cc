// The real list and watch over real TLS and HTTP/2, against an API server that fails in every way:
// what was known keeps being known, no thread spins, and in the end everything is known again.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <functional>
#include <thread>

#include "kube/http_loop.h"
#include "kube/namespace_store.h"
#include "kube/reflector.h"
#include "support/api_server.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ApiServer;
using testing::Labels;
using testing::RequestFilter;

constexpr char kEnforce[] = "pod-security.kubernetes.io/enforce";
// Nobody waits that long for what works; a busy machine under a sanitizer may.
constexpr seconds kLong{60};

bool Eventually(const std::function<bool()>& done, milliseconds timeout = kLong) {
  return testing::Eventually(done, timeout);
}

// A reflector on its thread, with times that a test can wait for.
class Copy {
 public:
  explicit Copy(const CredentialsOptions& credentials, std::string resource_version = {})
      : loop_({.credentials = credentials,
               .user_agent = "test",
               .connect_timeout = milliseconds(500),
               .silence = milliseconds(1000)}),
        thread_([this, version = std::move(resource_version)] { Run(version); }) {}
  ~Copy() {
    loop_.Stop();
    thread_.join();
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  policy::NamespaceView View() const { return store_.View(); }
  std::optional<std::string> Enforced(const std::string& name) const {
    const policy::NamespaceView view = View();  // the labels live as long as it does
    const policy::PodSecurityLabels* labels = view.table->Find(name);
    return labels == nullptr ? std::nullopt : labels->enforce;
  }
  uint64_t rounds() const { return loop_.rounds(); }
  // CPU time of the loop's thread so far; asked for there.
  milliseconds Cpu() {
    cpu_ = milliseconds(-1);
    loop_.Wake();
    (void)Eventually([this] { return cpu_.load() >= milliseconds(0); });
    return cpu_;
  }

 private:
  void Run(const std::string& version) {
    ReflectorOptions options;
    options.what = "namespaces";
    options.path = "/api/v1/namespaces";
    options.resource_version = version;
    options.page_size = 50;
    options.object_bytes_max = size_t{256} << 10;
    options.list_timeout = seconds(3);
    options.watch_idle_timeout = milliseconds(1500);
    options.backoff = {.first = milliseconds(50), .most = milliseconds(400)};
    Reflector reflector(options, loop_, store_);
    reflector.Start();
    loop_.Run([this] {
      rusage usage{};
      (void)::getrusage(RUSAGE_THREAD, &usage);
      const auto of = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
      cpu_ = milliseconds(of(usage.ru_utime) + of(usage.ru_stime));
    });
  }

  HttpLoop loop_;
  NamespaceStore store_;
  std::atomic<milliseconds> cpu_{milliseconds(0)};
  std::thread thread_;
};

class Convergence : public ::testing::Test {
 protected:
  Convergence() {
    testing::WriteText(dir_.File("ca.crt"), pki_.ca_pem());
    testing::WriteText(dir_.File("token"), "first");
    Restart();
  }

  void Restart() {
    api_.reset();
    api_ = std::make_unique<ApiServer>(
        testing::ApiServerOptions{.certificate = pki_.ForServer({"127.0.0.1"}),
                                  .tokens = {"first"},
                                  .bookmark_interval = milliseconds(300),
                                  .port = port_});
    port_ = api_->port();
  }
  CredentialsOptions Credentials() const {
    return {.kubeconfig = {}, .service_account_directory = dir_.path(), .server = api_->url()};
  }

  // A change that is heard of proves that the copy follows.
  void ExpectFollows(const Copy& copy, const std::string& why) {
    const std::string level = "level-" + std::to_string(++changes_);
    api_->SetNamespace("proof", {{kEnforce, level}});
    EXPECT_TRUE(Eventually([&] { return copy.Enforced("proof") == level; })) << why;
  }

  const testing::TempDir dir_;
  const testing::TestPki pki_{"test authority"};
  uint16_t port_ = 0;
  std::unique_ptr<ApiServer> api_;
  int changes_ = 0;
};

struct Fault {
  std::string name;
  // Runs while a copy follows; what was changed meanwhile must be known in the end.
  std::function<void(ApiServer&)> begin;
  std::function<void(ApiServer&)> end = [](ApiServer&) {};
};

std::vector<Fault> Faults() {
  const RequestFilter watches{.watch = true};
  const RequestFilter lists{.watch = false};
  const auto fail = [](const RequestFilter& filter, int code, std::optional<int> after = {}) {
    return [=](ApiServer& api) {
      api.Fail(filter, code, 3, after);
      api.EndWatches();
    };
  };
  return {
      {"watches end", [](ApiServer& api) { api.EndWatches(); }},
      {"410 when a watch is opened",
       [](ApiServer& api) {
         api.Compact();
         api.EndWatches();
       }},
      {"410 in the stream",
       [](ApiServer& api) {
         api.Compact(true);
         api.EndWatches();
       }},
      {"an ERROR event of 410", [](ApiServer& api) { api.EndWatchesWithError(410); }},
      {"an ERROR event of 500", [](ApiServer& api) { api.EndWatchesWithError(500); }},
      {"429 with Retry-After", fail(watches, 429, 1)},
      {"429 without", fail({}, 429)},
      {"500 on watches", fail(watches, 500)},
      {"503 on everything", fail({}, 503)},
      {"401 on everything", fail({}, 401)},
      {"403 on everything", fail({}, 403)},
      {"410, and then lists fail",
       [lists](ApiServer& api) {
         api.Fail(lists, 500, 3);
         api.EndWatchesWithError(410);
       }},
      {"malformed JSON in the watch", [](ApiServer& api) { api.SendToWatchers("{\"type\":\n"); }},
      {"a message of an unknown type",
       [](ApiServer& api) {
         api.SendToWatchers("{\"type\":\"SURPRISE\",\"object\":{\"metadata\":{}}}\n");
       }},
      {"a namespace without a name",
       [](ApiServer& api) {
         api.SendToWatchers(
             "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}\n");
       }},
      {"an oversized message",
       [](ApiServer& api) { api.SendToWatchers(std::string(1 << 20, 'x')); }},
      {"a body that is no list",
       [lists](ApiServer& api) {
         api.AnswerWith(lists, "<html>a proxy was here</html>", 2);
         api.EndWatchesWithError(410);
       }},
      {"half a list",
       [lists](ApiServer& api) {
         api.AnswerWith(lists, R"({"kind":"NamespaceList","items":[{"metadata":{"name":"ha)", 2);
         api.EndWatchesWithError(410);
       }},
      {"an object larger than any",
       [lists](ApiServer& api) {
         api.AnswerWith(lists,
                        R"({"kind":"NamespaceList","items":[{"metadata":{"name":")" +
                            std::string(1 << 20, 'x') + R"("}}]})",
                        2);
         api.EndWatchesWithError(410);
       }},
      {"connections are reset", [](ApiServer& api) { api.ResetConnections(); }},
      {"half-open", [](ApiServer& api) { api.Freeze(); }, [](ApiServer& api) { api.Thaw(); }},
      {"nobody listens", [](ApiServer& api) { api.Stop(); }, [](ApiServer& api) { api.Start(); }},
      {"silent watches", [](ApiServer& api) { api.PauseWatches(); },
       [](ApiServer& api) { api.ResumeWatches(); }},
      {"answers trickle",
       [](ApiServer& api) {
         api.Drip({}, 1, milliseconds(100));
         api.EndWatchesWithError(410);
       },
       [](ApiServer& api) { api.ClearDrip(); }},
  };
}

TEST_F(Convergence, EveryFaultIsOvercomeAndNothingSpins) {
  api_->SetNamespace("keep", {{kEnforce, "restricted"}});
  for (int i = 0; i < 120; ++i) {  // more than two pages
    api_->SetNamespace("n" + std::to_string(i), {});
  }
  for (const Fault& fault : Faults()) {
    SCOPED_TRACE(fault.name);
    Copy copy(Credentials());
    ASSERT_TRUE(Eventually([&] { return copy.View().synced; }));
    ExpectFollows(copy, "before");
    const milliseconds cpu = copy.Cpu();
    const uint64_t rounds = copy.rounds();
    const auto began = std::chrono::steady_clock::now();

    fault.begin(*api_);
    api_->SetNamespace("during", {{kEnforce, "baseline"}});
    api_->DeleteNamespace("n1");
    // What was known is known all the time. As long as an idle watch may stay unnoticed, and more.
    (void)Eventually(
        [&] {
          EXPECT_EQ(copy.Enforced("keep"), "restricted");
          return copy.Enforced("keep") != "restricted";
        },
        milliseconds(2000));
    fault.end(*api_);
    ExpectFollows(copy, "after");
    EXPECT_TRUE(Eventually([&] {
      return copy.Enforced("during") == "baseline" && copy.View().table->Find("n1") == nullptr;
    }));
    EXPECT_EQ(copy.View().table->namespaces().size(), 122u);

    const auto took =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    EXPECT_LT(copy.Cpu() - cpu, std::max(took / 2, milliseconds(300)));
    EXPECT_LT(copy.rounds() - rounds, 400 + static_cast<uint64_t>(took.count()) / 5);
    api_->DeleteNamespace("during");
    api_->SetNamespace("n1", {});
  }
}

// A list that is older than what is known is refused by the rules; after a restore it is all there
// is.
TEST_F(Convergence, AServerThatWasRestoredFromABackupIsBelieved) {
  api_->SetNamespace("keep", {{kEnforce, "restricted"}});
  Copy copy(Credentials());
  ASSERT_TRUE(Eventually([&] { return copy.View().synced; }));
  api_->RewindTo(1);
  api_->SetNamespace("keep", {{kEnforce, "baseline"}});
  api_->ResetConnections();
  EXPECT_TRUE(Eventually([&] { return copy.Enforced("keep") == "baseline"; }));
  ExpectFollows(copy, "after");
}

TEST_F(Convergence, ANewTokenIsUsedAndAnOldOneWaitedOut) {
  Copy copy(Credentials());
  ASSERT_TRUE(Eventually([&] { return copy.View().synced; }));
  api_->SetTokens({"second"});
  api_->EndWatches();
  ASSERT_TRUE(Eventually([&] { return api_->CountRequests({.watch = true}) >= 3; }))
      << "it is refused, and asks again";
  testing::WriteText(dir_.File("token"), "second");
  ExpectFollows(copy, "with the new token");
  EXPECT_EQ(api_->Requests().back().headers.at("authorization"), "Bearer second");
}

TEST_F(Convergence, ACertificateOfAnotherAuthorityIsNotTrustedUntilItsBundleIs) {
  Copy copy(Credentials());
  ASSERT_TRUE(Eventually([&] { return copy.View().synced; }));
  const testing::TestPki other("another authority");
  api_->SetCertificate(other.ForServer({"127.0.0.1"}));
  const size_t before = api_->Requests().size();
  const int connections = api_->Connections();
  api_->ResetConnections();
  ASSERT_TRUE(Eventually([&] { return api_->Connections() > connections + 2; })) << "it tries";
  EXPECT_EQ(api_->Requests().size(), before) << "a request went to a server that is not trusted";
  testing::WriteText(dir_.File("ca.crt"), pki_.ca_pem() + other.ca_pem());
  ExpectFollows(copy, "with both authorities");
}

TEST_F(Convergence, FromAKnownVersionNothingIsListed) {
  api_->SetNamespace("keep", {{kEnforce, "restricted"}});
  const std::string version = std::to_string(api_->resource_version());
  Copy copy(Credentials(), version);
  ASSERT_TRUE(Eventually([&] { return copy.View().synced; }));
  ExpectFollows(copy, "by the watch alone");
  EXPECT_EQ(api_->CountRequests({.watch = false}), 0u);
}

TEST_F(Convergence, AConnectionServesEverything) {
  Copy copy(Credentials());
  ASSERT_TRUE(Eventually([&] { return copy.View().synced; }));
  for (int i = 0; i < 5; ++i) {
    api_->EndWatches();
    ExpectFollows(copy, "again");
  }
  EXPECT_EQ(api_->Connections(), 1);
  for (const testing::SeenRequest& request : api_->Requests()) {
    EXPECT_EQ(request.protocol, "h2");
  }
}

}  // namespace
}  // namespace sekisho::kube

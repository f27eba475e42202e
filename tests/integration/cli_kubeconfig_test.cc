// `sekisho kubeconfig`, as the DaemonSet's container runs it: a folder that the kubelet keeps, and
// one file for the agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "kube/credentials.h"
#include "support/child_process.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr char kServer[] = "https://10.96.0.1:443";
constexpr seconds kSoon{20};

class CliKubeconfigTest : public ::testing::Test {
 protected:
  CliKubeconfigTest() {
    fs::create_directories(dir_.File("api"));
    Mount("first", "-----BEGIN CERTIFICATE-----\none\n-----END CERTIFICATE-----\n");
  }

  // As the kubelet's atomic writer does: a new folder, and then the link to it.
  void Mount(const std::string& token, const std::string& authority) {
    const std::string generation = "..generation-" + std::to_string(++generation_);
    fs::create_directories(dir_.File("mounted/" + generation));
    WriteText(dir_.File("mounted/" + generation + "/token"), token);
    WriteText(dir_.File("mounted/" + generation + "/ca.crt"), authority);
    fs::create_symlink(generation, dir_.File("mounted/..new"));
    fs::rename(dir_.File("mounted/..new"), dir_.File("mounted/..data"));
    for (const char* name : {"token", "ca.crt"}) {
      if (!fs::is_symlink(dir_.File("mounted/" + std::string(name)))) {
        fs::create_symlink(fs::path("..data") / name, dir_.File("mounted/" + std::string(name)));
      }
    }
  }

  std::string To() const { return dir_.File("api/kubeconfig"); }
  std::vector<std::string> Argv(const std::string& option) const {
    return {SEKISHO_BINARY, "kubeconfig", "--from=" + dir_.File("mounted"), "--to=" + To(), option};
  }
  // As the agent reads it.
  absl::StatusOr<kube::Credentials> Written() const {
    kube::CredentialsReader reader(
        {.kubeconfig = To(), .service_account_directory = {}, .server = {}});
    const auto read = reader.Read();
    return read.ok() ? absl::StatusOr<kube::Credentials>(**read) : read.status();
  }
  bool HasToken(const std::string& token) const {
    const absl::StatusOr<kube::Credentials> written = Written();
    return written.ok() && written->token == token;
  }

  const TempDir dir_;
  int generation_ = 0;
};

TEST_F(CliKubeconfigTest, WritesWhatTheAgentReads) {
  const Finished finished = RunToEnd(Argv(std::string("--server=") + kServer));
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  const absl::StatusOr<kube::Credentials> written = Written();
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->server, kServer);
  EXPECT_EQ(written->token, "first");
  EXPECT_THAT(written->ca_pem, HasSubstr("one"));
  struct stat info {};
  ASSERT_EQ(::stat(To().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_EQ(finished.output.find("first"), std::string::npos) << "a token in a pod's log";
}

TEST_F(CliKubeconfigTest, WhatCannotBeReadOrWrittenIsSaid) {
  const std::string from = "--from=" + dir_.File("mounted");
  const std::string to = "--to=" + To();
  const std::string server = std::string("--server=") + kServer;
  const struct {
    const char* why;
    std::vector<std::string> options;
    const char* said;
  } rows[] = {
      {"no environment of a pod",
       {from, to},
       "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT"},
      {"no TLS", {from, to, "--server=http://10.96.0.1"}, "https"},
      {"no such folder", {"--from=/nowhere", to, server}, "/nowhere/ca.crt"},
      {"nowhere to write", {from, "--to=/nowhere/kubeconfig", server}, "/nowhere/kubeconfig"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.why);
    std::vector<std::string> argv = {SEKISHO_BINARY, "kubeconfig"};
    argv.insert(argv.end(), row.options.begin(), row.options.end());
    const Finished finished = RunToEnd(argv);
    EXPECT_EQ(finished.exit_code, 1) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr(row.said));
    EXPECT_FALSE(fs::exists(To()));
  }
}

TEST_F(CliKubeconfigTest, WatchingItCarriesEachNewTokenAndKeepsTheLastGoodOne) {
  const std::string log = dir_.File("log");
  ChildProcess process({.argv = Argv("--watch"),
                        .environment = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                        {"KUBERNETES_SERVICE_PORT", "443"}},
                        .output_file = log});
  ASSERT_TRUE(Eventually([&] { return HasToken("first"); }, kSoon)) << ReadText(log);
  EXPECT_EQ(Written()->server, kServer);

  Mount("second", "-----BEGIN CERTIFICATE-----\ntwo\n-----END CERTIFICATE-----\n");
  ASSERT_TRUE(Eventually([&] { return HasToken("second"); }, kSoon)) << ReadText(log);
  EXPECT_THAT(Written()->ca_pem, HasSubstr("two"));

  // From here on it is told to look, for the test's sake.
  Mount("third", "no certificate");
  process.Signal(SIGHUP);
  ASSERT_TRUE(Eventually(
      [&] { return ReadText(log).find("ca.crt: holds no certificate") != std::string::npos; },
      kSoon))
      << ReadText(log);
  EXPECT_TRUE(HasToken("second"));

  // Somebody clears the folder away; and the source is good again.
  Mount("fourth", "-----BEGIN CERTIFICATE-----\nfour\n-----END CERTIFICATE-----\n");
  process.Signal(SIGHUP);
  ASSERT_TRUE(Eventually([&] { return HasToken("fourth"); }, kSoon)) << ReadText(log);
  fs::remove(To());
  process.Signal(SIGHUP);
  ASSERT_TRUE(Eventually([&] { return HasToken("fourth"); }, kSoon)) << ReadText(log);

  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(seconds(10)), 0);
  EXPECT_TRUE(fs::exists(To())) << "the next pod's copy would be taken away as well";
}

}  // namespace
}  // namespace sekisho::testing

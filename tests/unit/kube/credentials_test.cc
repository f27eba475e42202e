#include "kube/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::kube {
namespace {

using base::StrCat;
using sekisho::testing::TempDir;
using sekisho::testing::WriteText;
using ::testing::HasSubstr;

// Whether these are really certificates and keys is libcurl's to say.
std::string Certificate(std::string_view which) {
  return StrCat("-----BEGIN CERTIFICATE-----\n", which, "\n-----END CERTIFICATE-----\n");
}
std::string Key(std::string_view which) {
  return StrCat("-----BEGIN EC PRIVATE KEY-----\n", which, "\n-----END EC PRIVATE KEY-----\n");
}

std::string Config(std::string_view user) {
  return StrCat(R"(current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://10.0.0.10:6443", certificate-authority: ca.pem}}]
users:
- name: u
  user:
    )",
                user, "\n");
}

class Kubeconfigs : public ::testing::Test {
 protected:
  Kubeconfigs() {
    WriteText(dir_.File("ca.pem"), Certificate("ca"));
    WriteText(dir_.File("both.pem"), Certificate("one") + Key("one"));
    WriteText(dir_.File("token"), "  abc.def\n");
  }

  void Write(std::string_view user) { WriteText(dir_.File("config"), Config(user)); }
  std::string Error() { return std::string(reader_.Read().status().message()); }

  TempDir dir_;
  CredentialsReader reader_{
      {.kubeconfig = dir_.File("config"), .service_account_directory = {}, .server = {}}};
};

TEST_F(Kubeconfigs, CertificateAndKeyMayBeOneFile) {
  Write("{client-certificate: both.pem, client-key: both.pem}");
  const auto read = reader_.Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)->server, "https://10.0.0.10:6443");
  EXPECT_EQ((*read)->ca_pem, Certificate("ca"));
  EXPECT_EQ((*read)->client_certificate_pem, Certificate("one") + Key("one"));
  EXPECT_EQ((*read)->client_key_pem, (*read)->client_certificate_pem);
  EXPECT_EQ((*read)->token, "");
}

TEST_F(Kubeconfigs, ATokenHasNoSpaceAroundIt) {
  Write("{tokenFile: token, token: other}");
  const auto read = reader_.Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)->token, "abc.def");
}

TEST_F(Kubeconfigs, AnUnchangedSetOfFilesIsTheSamePointer) {
  Write("{client-certificate: both.pem, client-key: both.pem, tokenFile: token}");
  const auto first = reader_.Read();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*reader_.Read(), *first);
  // Another file with the same content says the same.
  std::filesystem::copy_file(dir_.File("token"), dir_.File("token.new"));
  std::filesystem::rename(dir_.File("token.new"), dir_.File("token"));
  EXPECT_EQ(*reader_.Read(), *first);
}

// As the kubelet replaces its certificate.
TEST_F(Kubeconfigs, ALinkThatPointsElsewhereIsNoticed) {
  std::filesystem::create_symlink("both.pem", dir_.File("current.pem"));
  Write("{client-certificate: current.pem, client-key: current.pem}");
  const auto first = reader_.Read();
  ASSERT_TRUE(first.ok()) << first.status();

  WriteText(dir_.File("two.pem"), Certificate("two") + Key("two"));
  std::filesystem::create_symlink("two.pem", dir_.File("current.new"));
  std::filesystem::rename(dir_.File("current.new"), dir_.File("current.pem"));
  const auto second = reader_.Read();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->client_certificate_pem, Certificate("two") + Key("two"));
  EXPECT_EQ((*second)->client_key_pem, (*second)->client_certificate_pem);
  EXPECT_EQ((*first)->client_certificate_pem, Certificate("one") + Key("one"));
}

// Within one tick of the kernel's clock the times and the size stay the same.
TEST_F(Kubeconfigs, AFileThatIsWrittenTwiceInATickIsNoticed) {
  Write("{tokenFile: token}");
  for (int i = 0; i < 50; ++i) {
    const std::string token = StrCat("token-", 100 + i);
    WriteText(dir_.File("token"), token);
    const auto read = reader_.Read();
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ((*read)->token, token);
  }
}

TEST_F(Kubeconfigs, AnErrorIsNotRemembered) {
  Write("{tokenFile: token}");
  ASSERT_TRUE(reader_.Read().ok());
  std::filesystem::rename(dir_.File("token"), dir_.File("away"));
  EXPECT_THAT(Error(), HasSubstr("users[0].user.tokenFile: "));
  EXPECT_THAT(Error(), HasSubstr("cannot open"));
  std::filesystem::rename(dir_.File("away"), dir_.File("token"));
  EXPECT_TRUE(reader_.Read().ok());
}

TEST_F(Kubeconfigs, WhatIsNotPemOrNoTokenIsRefused) {
  struct Row {
    std::string user;
    std::string message;
  };
  WriteText(dir_.File("empty"), "");
  WriteText(dir_.File("two-lines"), "abc\nX-Evil: yes\n");
  WriteText(dir_.File("key.pem"), Key("k"));
  WriteText(dir_.File("encrypted.pem"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n");
  WriteText(dir_.File("old.pem"), "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n");
  const std::vector<Row> rows = {
      {"{client-certificate: key.pem, client-key: key.pem}",
       StrCat("config:7:6: users[0].user.client-certificate: ", dir_.File("key.pem"),
              " holds no certificate in PEM")},
      {"{client-certificate: ca.pem, client-key: ca.pem}", " holds no private key in PEM"},
      {"{client-certificate: ca.pem, client-key-data: aGVsbG8=}",
       "user.client-key-data: holds no private key in PEM"},
      {"{client-certificate: ca.pem, client-key: encrypted.pem}", "openssl pkey"},
      {"{client-certificate: ca.pem, client-key: old.pem}", "holds an encrypted key"},
      {"{tokenFile: empty}", "empty holds no token"},
      {"{tokenFile: two-lines}", "two-lines holds characters that no bearer token has"},
      {"{token: \"geheim geheim\"}", "users[0].user.token: holds characters"},
      {"{tokenFile: .}", "not a regular file"},
      {"{tokenFile: missing}", "cannot open"},
  };
  for (const auto& [user, message] : rows) {
    SCOPED_TRACE(user);
    Write(user);
    EXPECT_EQ(reader_.Read().status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(Error(), HasSubstr(message));
    EXPECT_EQ(Error().find("geheim"), std::string::npos);
  }
}

TEST_F(Kubeconfigs, AFileThatOthersMayChangeIsRefused) {
  Write("{client-certificate: both.pem, client-key: both.pem, tokenFile: token}");
  for (const std::string name : {"config", "ca.pem", "both.pem", "token"}) {
    SCOPED_TRACE(name);
    const std::string file = dir_.File(name);
    ASSERT_EQ(::chmod(file.c_str(), 0620), 0);
    EXPECT_THAT(Error(), HasSubstr(StrCat("is writable by group or others (chmod go-w ", file)));
    ASSERT_EQ(::chmod(file.c_str(), 0602), 0);
    EXPECT_THAT(Error(), HasSubstr(StrCat("is writable by group or others (chmod go-w ", file)));
    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
    EXPECT_TRUE(reader_.Read().ok()) << reader_.Read().status();
    if (::geteuid() == 0) {
      ASSERT_EQ(::chown(file.c_str(), 65534, 0), 0);
      EXPECT_THAT(Error(), HasSubstr(StrCat("belongs to user 65534, who could change it "
                                            "(chown root ",
                                            file)));
      ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
    }
  }
}

TEST_F(Kubeconfigs, AFileIsAMebibyteAtMost) {
  Write("{tokenFile: token}");
  WriteText(dir_.File("ca.pem"), Certificate(std::string(size_t{1} << 20, 'x')));
  EXPECT_THAT(Error(), HasSubstr("longer than the 1048576 bytes allowed"));
}

class ServiceAccount : public ::testing::Test {
 protected:
  ServiceAccount() {
    // As Kubernetes lays it out: what is seen are links into a folder that is exchanged.
    Put("..first", "token-1", Certificate("ca-1"));
    std::filesystem::create_symlink("..first", dir_.File("..data"));
    std::filesystem::create_symlink("..data/token", dir_.File("token"));
    std::filesystem::create_symlink("..data/ca.crt", dir_.File("ca.crt"));
    ::unsetenv("KUBERNETES_SERVICE_HOST");
    ::unsetenv("KUBERNETES_SERVICE_PORT");
  }
  ~ServiceAccount() override {
    ::unsetenv("KUBERNETES_SERVICE_HOST");
    ::unsetenv("KUBERNETES_SERVICE_PORT");
  }

  void Put(const std::string& folder, const std::string& token, const std::string& ca) {
    std::filesystem::create_directory(dir_.File(folder));
    WriteText(dir_.File(folder) + "/token", token);
    WriteText(dir_.File(folder) + "/ca.crt", ca);
  }
  CredentialsReader Reader(const std::string& server) {
    return CredentialsReader(
        {.kubeconfig = {}, .service_account_directory = dir_.path(), .server = server});
  }
  static void Environment(const char* host, const char* port) {
    ::setenv("KUBERNETES_SERVICE_HOST", host, 1);
    ::setenv("KUBERNETES_SERVICE_PORT", port, 1);
  }

  TempDir dir_;
};

TEST_F(ServiceAccount, IsReadAgainWhenItsFolderIsExchanged) {
  CredentialsReader reader = Reader("https://10.96.0.1");
  const auto first = reader.Read();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)->server, "https://10.96.0.1:443");
  EXPECT_EQ((*first)->token, "token-1");
  EXPECT_EQ((*first)->ca_pem, Certificate("ca-1"));

  Put("..second", "token-2", Certificate("ca-2"));
  std::filesystem::create_symlink("..second", dir_.File("..data.new"));
  std::filesystem::rename(dir_.File("..data.new"), dir_.File("..data"));
  const auto second = reader.Read();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->token, "token-2");
  EXPECT_EQ((*second)->ca_pem, Certificate("ca-2"));
}

TEST_F(ServiceAccount, TheServerIsThatOfThePodsEnvironment) {
  Environment("10.96.0.1", "6443");
  EXPECT_EQ((*Reader("").Read())->server, "https://10.96.0.1:6443");
  Environment("fd00::1", "443");
  EXPECT_EQ((*Reader("").Read())->server, "https://[fd00::1]:443");
  EXPECT_EQ((*Reader("https://a:1").Read())->server, "https://a:1");
  Environment("fd00::1", "tcp");
  EXPECT_THAT(Reader("").Read().status().message(),
              HasSubstr("KUBERNETES_SERVICE_HOST and _PORT has no valid port"));
}

TEST_F(ServiceAccount, IsRefusedWhereSomethingIsMissing) {
  EXPECT_THAT(Reader("").Read().status().message(),
              HasSubstr("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"));
  EXPECT_EQ(Reader("http://a").Read().status().message(),
            "the API server's URL is not encrypted (write https://HOST:PORT)");
  std::filesystem::remove(dir_.File("ca.crt"));
  EXPECT_THAT(Reader("https://a").Read().status().message(),
              HasSubstr(StrCat(dir_.File("ca.crt"), ": cannot open")));
  WriteText(dir_.File("ca.crt"), "nothing");
  EXPECT_THAT(Reader("https://a").Read().status().message(),
              HasSubstr(StrCat(dir_.File("ca.crt"), ": holds no certificate in PEM")));
  WriteText(dir_.File("ca.crt"), Certificate("ca"));
  std::filesystem::remove(dir_.File("token"));
  WriteText(dir_.File("token"), "\n");
  EXPECT_THAT(Reader("https://a").Read().status().message(),
              HasSubstr(StrCat(dir_.File("token"), ": holds no token")));
}

}  // namespace
}  // namespace sekisho::kube

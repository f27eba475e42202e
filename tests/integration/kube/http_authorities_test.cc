// Whom the machine trusts, and whom the agent does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sched.h>
#include <sys/mount.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "http_fixture.h"

namespace sekisho::kube {
namespace {

constexpr const char* kSystem = "/etc/ssl/certs";

// As OpenSSL finds a certificate in a directory.
std::string HashedName(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  std::array<char, 16> name{};
  (void)std::snprintf(name.data(), name.size(), "%08lx.0",
                      X509_subject_name_hash(certificate.get()));
  return name.data();
}

class HttpAuthoritiesTest : public HttpTest {
 protected:
  // Runs `what` on a thread for which the machine trusts this authority. False when that cannot be
  // arranged.
  bool WithSystemAuthority(const TestPki& authority, const std::function<void()>& what) {
    WriteFile("system/ca-certificates.crt", authority.ca_pem());
    WriteFile("system/" + HashedName(authority.ca_pem()), authority.ca_pem());
    bool arranged = false;
    std::thread([&] {
      // The mounts of this thread alone: they are gone with it.
      arranged = ::unshare(CLONE_NEWNS) == 0 &&
                 ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                 ::mount(dir_.File("system").c_str(), kSystem, nullptr, MS_BIND, nullptr) == 0;
      if (arranged) {
        what();
      }
    }).join();
    return arranged;
  }
};

TEST_F(HttpAuthoritiesTest, TheSystemsCountOnlyWhereNoneIsGiven) {
  if (::geteuid() != 0 || !std::filesystem::is_directory(kSystem)) {
    GTEST_SKIP() << "needs root and " << kSystem;
  }
  const TestPki system("an authority that the machine trusts");
  StartServer({.certificate = system.ForServer({"127.0.0.1"})});
  const bool arranged = WithSystemAuthority(system, [&] {
    StartLoop(ServiceAccount());
    EXPECT_EQ(Get().response.status.code(), absl::StatusCode::kUnauthenticated);

    WriteFile("config", StrCat("current-context: c\n",
                               "contexts: [{name: c, context: {cluster: k, user: u}}]\n",
                               "clusters: [{name: k, cluster: {server: \"", server_->url(),
                               "\"}}]\nusers: [{name: u, user: {token: abc}}]\n"));
    StartLoop({.credentials = {.kubeconfig = dir_.File("config"),
                               .service_account_directory = {},
                               .server = {}},
               .user_agent = "sekisho/test"});
    const Exchange got = Get();
    EXPECT_EQ(got.response.code, 200) << got.response.status;
  });
  if (!arranged) {
    GTEST_SKIP() << "needs a mount namespace";
  }
}

}  // namespace
}  // namespace sekisho::kube

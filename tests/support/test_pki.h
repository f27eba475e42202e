// A certificate authority that lives as long as a test: elliptic-curve keys, made with libcrypto.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sekisho::testing {

struct CertificateAndKey {
  std::string certificate_pem;
  std::string key_pem;
};

class TestPki {
 public:
  explicit TestPki(const std::string& common_name);
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  std::string ca_pem() const;
  // `names` are DNS names or IP addresses, for subjectAltName.
  CertificateAndKey ForServer(const std::vector<std::string>& names) const;
  // One whose time is over.
  CertificateAndKey Expired(const std::vector<std::string>& names) const;
  CertificateAndKey ForClient(const std::string& common_name,
                              const std::string& organization) const;

 private:
  struct Authority;
  std::unique_ptr<Authority> authority_;
};

}  // namespace sekisho::testing

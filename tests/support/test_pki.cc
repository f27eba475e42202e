#include "support/test_pki.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

#include "base/str_cat.h"

namespace sekisho::testing {
namespace {

constexpr long kHour = 3600;
constexpr long kDay = 24 * kHour;

template <auto kFree>
struct Freer {
  template <typename Thing>
  void operator()(Thing* thing) const {
    kFree(thing);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

void Check(bool good, const char* what) {
  if (good) {
    return;
  }
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  throw std::runtime_error(base::StrCat(what, ": ", text.data()));
}

Key MakeKey() {
  Key key(EVP_EC_gen("P-256"));
  Check(key != nullptr, "cannot make a key");
  return key;
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_X509(bio.get(), certificate) == 1, "cannot write a certificate");
  return TextOf(bio.get());
}

std::string PemOf(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "cannot write a key");
  return TextOf(bio.get());
}

void AddName(X509_NAME* name, const char* field, const std::string& value) {
  if (!value.empty()) {
    Check(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(value.data()),
                                     static_cast<int>(value.size()), -1, 0) == 1,
          "cannot name a certificate");
  }
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Check(extension != nullptr, "cannot make an extension");
  Check(X509_add_ext(certificate, extension.get(), -1) == 1, "cannot add an extension");
}

// What is the same in every certificate: version 3, a random serial number, the key.
Certificate Begin(EVP_PKEY* key, long starts_in, long ends_in) {
  Certificate certificate(X509_new());
  Check(certificate != nullptr, "cannot make a certificate");
  Check(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "cannot set the version");
  std::array<unsigned char, 8> serial{};
  Check(RAND_bytes(serial.data(), static_cast<int>(serial.size())) == 1, "no random bytes");
  uint64_t number = 0;
  for (const unsigned char byte : serial) {
    number = (number << 8) | byte;
  }
  Check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), number >> 1) == 1,
        "cannot set the serial number");
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), starts_in);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends_in);
  Check(X509_set_pubkey(certificate.get(), key) == 1, "cannot set the key");
  return certificate;
}

void Sign(X509* certificate, EVP_PKEY* key) {
  Check(X509_sign(certificate, key, EVP_sha256()) > 0, "cannot sign a certificate");
}

bool IsIpAddress(const std::string& name) {
  in6_addr address;  // large enough for both
  return ::inet_pton(AF_INET, name.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), &address) == 1;
}

std::string AlternativeNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += base::StrCat(text.empty() ? "" : ",", IsIpAddress(name) ? "IP:" : "DNS:", name);
  }
  return text;
}

}  // namespace

struct TestPki::Authority {
  Key key;
  Certificate certificate;

  // A certificate of this authority for `common_name`; `usage` is serverAuth or clientAuth.
  struct Request {
    std::string common_name;
    std::string organization = {};
    std::string alternative_names = {};
    std::string usage;
    long starts_in = -kHour;
    long ends_in = kDay;
  };
  CertificateAndKey Issue(const Request& request) const {
    const Key own = MakeKey();
    const Certificate made = Begin(own.get(), request.starts_in, request.ends_in);
    AddName(X509_get_subject_name(made.get()), "O", request.organization);
    AddName(X509_get_subject_name(made.get()), "CN", request.common_name);
    Check(X509_set_issuer_name(made.get(), X509_get_subject_name(certificate.get())) == 1,
          "cannot set the issuer");
    AddExtension(made.get(), certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    AddExtension(made.get(), certificate.get(), NID_key_usage, "critical,digitalSignature");
    AddExtension(made.get(), certificate.get(), NID_ext_key_usage, request.usage);
    AddExtension(made.get(), certificate.get(), NID_authority_key_identifier, "keyid");
    if (!request.alternative_names.empty()) {
      AddExtension(made.get(), certificate.get(), NID_subject_alt_name, request.alternative_names);
    }
    Sign(made.get(), key.get());
    return {PemOf(made.get()), PemOf(own.get())};
  }
};

TestPki::TestPki(const std::string& common_name) : authority_(std::make_unique<Authority>()) {
  authority_->key = MakeKey();
  // It was there before everything that it signs, the expired ones included.
  authority_->certificate = Begin(authority_->key.get(), -10 * kDay, 10 * kDay);
  X509* const certificate = authority_->certificate.get();
  AddName(X509_get_subject_name(certificate), "CN", common_name);
  Check(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1,
        "cannot set the issuer");
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  Sign(certificate, authority_->key.get());
}

TestPki::~TestPki() = default;

std::string TestPki::ca_pem() const {
  return PemOf(authority_->certificate.get());
}

CertificateAndKey TestPki::ForServer(const std::vector<std::string>& names) const {
  return authority_->Issue({.common_name = "kube-apiserver",
                            .alternative_names = AlternativeNames(names),
                            .usage = "serverAuth"});
}

CertificateAndKey TestPki::Expired(const std::vector<std::string>& names) const {
  return authority_->Issue({.common_name = "kube-apiserver",
                            .alternative_names = AlternativeNames(names),
                            .usage = "serverAuth",
                            .starts_in = -2 * kDay,
                            .ends_in = -kDay});
}

CertificateAndKey TestPki::ForClient(const std::string& common_name,
                                     const std::string& organization) const {
  return authority_->Issue(
      {.common_name = common_name, .organization = organization, .usage = "clientAuth"});
}

}  // namespace sekisho::testing

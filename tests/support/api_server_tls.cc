#include "support/api_server_tls.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace sekisho::testing::api {
namespace {

constexpr std::string_view kHttp2 = "h2";

struct BioFreer {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct X509Freer {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyFreer {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, BioFreer>;
using Certificate = std::unique_ptr<X509, X509Freer>;
using Key = std::unique_ptr<EVP_PKEY, KeyFreer>;

void Check(bool good, const char* what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

Bio Reading(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate ReadCertificate(BIO* bio) {
  return Certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

int ChooseHttp2(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                const unsigned char* in, unsigned int in_size, void* /*arg*/) {
  std::string_view offered(reinterpret_cast<const char*>(in), in_size);
  while (!offered.empty()) {
    const auto size = static_cast<unsigned char>(offered.front());
    const std::string_view protocol = offered.substr(1, size);
    if (protocol == kHttp2) {
      *out = reinterpret_cast<const unsigned char*>(protocol.data());
      *out_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
    offered.remove_prefix(std::min<size_t>(offered.size(), size_t{1} + size));
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void AskForClients(SSL_CTX* context, const std::string& ca_pem) {
  const Bio bio = Reading(ca_pem);
  bool any = false;
  while (const Certificate ca = ReadCertificate(bio.get())) {
    any = true;
    Check(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) == 1,
          "cannot use the clients' authority");
    Check(SSL_CTX_add_client_CA(context, ca.get()) == 1, "cannot name the clients' authority");
  }
  Check(any, "the clients' authority is no certificate");
  // The handshake goes on whatever is found; SSL_get_verify_result keeps it.
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER,
                     [](int /*good*/, X509_STORE_CTX* /*store*/) { return 1; });
}

}  // namespace

SslContext MakeServerContext(const CertificateAndKey& certificate,
                             const std::string& client_ca_pem) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  Check(context != nullptr, "cannot make a TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseHttp2, nullptr);

  const Bio chain = Reading(certificate.certificate_pem);
  const Certificate own = ReadCertificate(chain.get());
  Check(own != nullptr, "the server's certificate is none");
  Check(SSL_CTX_use_certificate(context.get(), own.get()) == 1, "cannot use the certificate");
  while (Certificate more = ReadCertificate(chain.get())) {
    Check(SSL_CTX_add1_chain_cert(context.get(), more.get()) == 1, "cannot use the chain");
  }
  const Bio key_bio = Reading(certificate.key_pem);
  const Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  Check(key != nullptr, "the server's key is none");
  Check(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, "the key is another's");
  if (!client_ca_pem.empty()) {
    AskForClients(context.get(), client_ca_pem);
  }
  return context;
}

TlsClient ClientOf(const SSL& ssl) {
  TlsClient client;
  const X509* const certificate = SSL_get0_peer_certificate(&ssl);
  if (certificate == nullptr) {
    return client;
  }
  std::array<char, 256> name{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             name.data(), static_cast<int>(name.size()));
  client.common_name.assign(name.data(), size > 0 ? static_cast<size_t>(size) : 0);
  client.verified = SSL_get_verify_result(&ssl) == X509_V_OK;
  return client;
}

bool SpeaksHttp2(const SSL& ssl) {
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(&ssl, &protocol, &size);
  return std::string_view(reinterpret_cast<const char*>(protocol), size) == kHttp2;
}

}  // namespace sekisho::testing::api

// The server's side of TLS, with libssl.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "support/test_pki.h"

namespace sekisho::testing::api {

struct SslContextFreer {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslFreer {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextFreer>;
using Ssl = std::unique_ptr<SSL, SslFreer>;

// TLS 1.2 and 1.3, ALPN h2 and nothing else, no resumption (each connection shows the certificate
// of its time). A client certificate is asked for when `client_ca_pem` is not empty. As with a real
// API server a bad one does not fail the handshake: who sends it is nobody, see ClientOf.
// Throws std::runtime_error.
SslContext MakeServerContext(const CertificateAndKey& certificate,
                             const std::string& client_ca_pem);

struct TlsClient {
  std::string common_name;  // empty: no certificate
  bool verified = false;
};
TlsClient ClientOf(const SSL& ssl);

// Whether ALPN chose h2.
bool SpeaksHttp2(const SSL& ssl);

}  // namespace sekisho::testing::api

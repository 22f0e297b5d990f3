#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "carillon/net/describe_peer.h"
#include "carillon/web/server.h"

namespace carillon::web {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> Reader(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// An encrypted key is refused rather than asked for on a terminal.
int NoPassword(char*, int, int, void*) { return -1; }

bool UseCertificates(SSL_CTX* context, const std::string& pem) {
  const Owned<BIO> reader = Reader(pem);
  const Owned<X509> own(PEM_read_bio_X509_AUX(reader.get(), nullptr, NoPassword, nullptr));
  if (own == nullptr || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (X509* const next = PEM_read_bio_X509(reader.get(), nullptr, NoPassword, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return false;
    }
  }
  ERR_clear_error();  // the end of the text
  return true;
}

/// `argument` is the protocol, with its length in front, ended by a zero.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int offered_size, void* argument) {
  const auto* const ours = static_cast<const unsigned char*>(argument);
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours, ours[0] + 1u, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void Offer(SSL_CTX* context, TlsProtocol protocol) {
  static constexpr char kHttp11[] = "\x08http/1.1";
  static constexpr char kHttp2[] = "\x02h2";
  const char* const ours = protocol == TlsProtocol::kHttp2 ? kHttp2 : kHttp11;
  SSL_CTX_set_alpn_select_cb(context, SelectProtocol, const_cast<char*>(ours));
}

/// Connections without a certificate of one of these authorities fail.
bool RequireClients(SSL_CTX* context, const std::string& pem) {
  const Owned<BIO> reader = Reader(pem);
  size_t authorities = 0;
  while (X509* const each = PEM_read_bio_X509_AUX(reader.get(), nullptr, NoPassword, nullptr)) {
    const Owned<X509> authority(each);
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), each) != 1 ||
        SSL_CTX_add_client_CA(context, each) != 1) {
      return false;
    }
    ++authorities;
  }
  ERR_clear_error();  // the end of the text
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // A ticket is for this context alone: its keys are, too.
  static constexpr unsigned char kContext[] = "carillon";
  return SSL_CTX_set_session_id_context(context, kContext, sizeof(kContext) - 1) == 1 &&
         authorities > 0;
}

}  // namespace

base::PeerCertificatePtr PeerCertificateOf(const SSL& connection) {
  const X509* const shown = SSL_get0_peer_certificate(&connection);
  const bool is_verified = SSL_get_verify_result(&connection) == X509_V_OK &&
                           SSL_get_verify_mode(&connection) != SSL_VERIFY_NONE;
  if (shown == nullptr || !is_verified) return nullptr;
  return std::make_shared<const base::PeerCertificate>(net::DescribePeer(*shown));
}

absl::StatusOr<ServerTlsPtr> MakeServerTls(const std::string& certificate_pem,
                                           const base::Secret& key_pem,
                                           const ServerTlsOptions& options) {
  const ServerTlsPtr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets cost no memory
  Offer(context.get(), options.protocol);
  if (!UseCertificates(context.get(), certificate_pem)) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the certificate is no PEM with a certificate in it");
  }
  const Owned<BIO> reader = Reader(key_pem.Reveal());
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(reader.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        "the key is no PEM without a password with a private key in it, or belongs to another "
        "certificate");
  }
  if (!options.client_ca_pem.empty() && !RequireClients(context.get(), options.client_ca_pem)) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        "the clients' authorities are no PEM with a certificate in it");
  }
  return context;
}

}  // namespace carillon::web

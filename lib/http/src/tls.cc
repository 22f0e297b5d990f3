#include "carillon/http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "absl/status/status.h"
#include "tls_session.h"

namespace carillon::http {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

int SinkIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// OpenSSL's call-back: answering 1 takes the reference over.
int KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* sink = static_cast<TlsSessionSink*>(SSL_get_ex_data(ssl, SinkIndex()));
  if (sink == nullptr) return 0;
  sink->sessions->Put(sink->endpoint, SslSessionPtr(session));
  return 1;
}

class OpenSslClient final : public TlsClient {
 public:
  explicit OpenSslClient(ContextPtr context) : context_(std::move(context)) {}
  SSL_CTX* context() override { return context_.get(); }

 private:
  ContextPtr context_;
};

absl::StatusOr<ContextPtr> MakeContext() {
  ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return absl::InternalError("cannot make a TLS context");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections are many: their record buffers are given back.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), &KeepSession);
  return context;
}

/// How many certificates of `pem` are trusted from now on.
int TrustAll(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  int added = 0;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    added += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    X509_free(certificate);
  }
  ERR_clear_error();
  return added;
}

}  // namespace

void TlsSessions::Put(uint32_t endpoint, SslSessionPtr session) {
  Erase(endpoint);
  order_.emplace_front(endpoint, std::move(session));
  places_[endpoint] = order_.begin();
  if (order_.size() > max_sessions_) Erase(order_.back().first);
}

SSL_SESSION* TlsSessions::Find(uint32_t endpoint) {
  const auto place = places_.find(endpoint);
  if (place == places_.end()) return nullptr;
  order_.splice(order_.begin(), order_, place->second);
  return order_.front().second.get();
}

void TlsSessions::Erase(uint32_t endpoint) {
  const auto place = places_.find(endpoint);
  if (place == places_.end()) return;
  order_.erase(place->second);
  places_.erase(place);
}

void AttachSessionSink(SSL* ssl, TlsSessionSink* sink) { SSL_set_ex_data(ssl, SinkIndex(), sink); }

absl::StatusOr<std::unique_ptr<TlsClient>> TlsClient::Create() {
  auto context = MakeContext();
  if (!context.ok()) return context.status();
  if (SSL_CTX_set_default_verify_paths(context->get()) != 1) {
    return absl::InternalError("cannot load the system's certificate authorities");
  }
  return std::make_unique<OpenSslClient>(*std::move(context));
}

absl::StatusOr<std::unique_ptr<TlsClient>> TlsClient::CreateTrusting(const std::string& ca_pem) {
  auto context = MakeContext();
  if (!context.ok()) return context.status();
  if (TrustAll(context->get(), ca_pem) == 0) {
    return absl::InvalidArgumentError("holds no PEM certificate");
  }
  return std::make_unique<OpenSslClient>(*std::move(context));
}

}  // namespace carillon::http

#include "carillon/http/tls.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "carillon/base/mutex.h"
#include "tls_context.h"

namespace carillon::http {
namespace {

TlsContextPtr SharedContext(SslContext context) { return {context.release(), &SSL_CTX_free}; }

std::string Sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

/// Tells settings apart without keeping their key: SHA-256 over their parts. Bundles can be long
/// and many destinations share one, so the last one's own digest is remembered.
class Digests {
 public:
  std::string Of(const model::TlsSettings& settings) {
    if (bundle_digest_.empty() || !settings.ca_bundle.shares(bundle_)) {
      bundle_ = settings.ca_bundle;
      bundle_digest_ = Sha256(bundle_.str());
    }
    std::string parts = settings.verify ? "1" : "0";
    for (const std::string_view part :
         {std::string_view(bundle_digest_), std::string_view(settings.client_certificate.str()),
          settings.client_key.Reveal()}) {
      parts.append(std::to_string(part.size())).append(":").append(part);
    }
    std::string digest = Sha256(parts);
    base::Wipe(parts);
    return digest;
  }

 private:
  base::SharedText bundle_;
  std::string bundle_digest_;
};

class OpenSslClient final : public TlsClient {
 public:
  explicit OpenSslClient(SslContext context) : context_(SharedContext(std::move(context))) {}

  SSL_CTX* context() override { return context_.get(); }

  absl::StatusOr<TlsContextPtr> ContextFor(const model::TlsSettings& settings) override {
    if (settings == model::TlsSettings{}) return context_;
    const base::MutexLock lock(mutex_);
    const std::string digest = digests_.Of(settings);
    if (TlsContextPtr found = made_[digest].lock()) return found;
    absl::StatusOr<SslContext> context = Make(settings);
    if (!context.ok()) return context.status();
    TlsContextPtr shared = SharedContext(*std::move(context));
    made_[digest] = shared;
    Sweep();
    return shared;
  }

 private:
  /// Forgets contexts that nobody holds any more; not each time, since it looks at all of them.
  void Sweep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (made_.size() < sweep_at_) return;
    std::erase_if(made_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max(kFirstSweep, 2 * made_.size());
  }

  absl::StatusOr<SslContext> Make(const model::TlsSettings& settings) const {
    absl::StatusOr<SslContext> made = NewClientContext();
    if (!made.ok()) return made;
    SSL_CTX* context = made->get();
    absl::Status status;
    if (settings.ca_bundle.empty()) {
      SSL_CTX_set1_cert_store(context, SSL_CTX_get_cert_store(context_.get()));
    } else {
      status = TrustAll(context, settings.ca_bundle.str());
    }
    if (status.ok() && !settings.client_certificate.empty()) {
      status = UseCertificate(context, settings.client_certificate.str());
      if (status.ok()) status = UseKey(context, settings.client_key);
    }
    if (!status.ok()) return status;
    if (!settings.verify) SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    return made;
  }

  static constexpr size_t kFirstSweep = 64;

  const TlsContextPtr context_;
  base::Mutex mutex_;
  Digests digests_ ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = kFirstSweep;
  std::map<std::string, std::weak_ptr<SSL_CTX>> made_ ABSL_GUARDED_BY(mutex_);  // by digest
};

}  // namespace

absl::StatusOr<std::unique_ptr<TlsClient>> TlsClient::Create() {
  auto context = NewClientContext();
  if (!context.ok()) return context.status();
  if (SSL_CTX_set_default_verify_paths(context->get()) != 1) {
    return absl::InternalError("cannot load the system's certificate authorities");
  }
  return std::make_unique<OpenSslClient>(*std::move(context));
}

absl::StatusOr<std::unique_ptr<TlsClient>> TlsClient::CreateTrusting(const std::string& ca_pem) {
  auto context = NewClientContext();
  if (!context.ok()) return context.status();
  if (absl::Status status = TrustAll(context->get(), ca_pem); !status.ok()) return status;
  return std::make_unique<OpenSslClient>(*std::move(context));
}

}  // namespace carillon::http

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "carillon/access/jwt.h"
#include "carillon/access/login_throttle.h"
#include "carillon/access/principal.h"
#include "carillon/access/publish_quota.h"
#include "carillon/access/token_secret.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/base/peer_certificate.h"

namespace carillon::access {

class CertificateCallers;  // src/certificate_callers.h
class JwtCallers;          // src/jwt_callers.h

/// Finds out who calls: by its token, or without one by its client certificate. Thread-safe; a call
/// with a token costs one hash, one without any being configured a look at a flag. A JSON Web Token
/// costs the verification of its signature when it is shown first, then one hash.
class Authenticator {
 public:
  /// A token, and whose it is.
  struct Grant {
    TokenHash hash{};
    Principal principal;
  };

  /// Who the holder of a client certificate is.
  struct CertificateGrant {
    std::string subject;  ///< one of the names of base::PeerCertificate
    Principal principal;
  };

  /// Who calls, for as long as a call lasts.
  class Caller {
   public:
    explicit Caller(Principal principal);
    const Principal& principal() const { return principal_; }
    /// Its token was taken away since.
    bool revoked() const { return revoked_.load(std::memory_order_relaxed); }
    /// What it may publish, in all its calls together; null: as much as it likes.
    PublishQuota* quota() const { return quota_.get(); }
    /// When it last showed its token, in whole seconds.
    std::optional<base::WallTime> last_use() const;

   private:
    friend class Authenticator;
    const Principal principal_;
    const std::unique_ptr<PublishQuota> quota_;
    std::atomic<bool> revoked_{false};
    std::atomic<int64_t> last_use_{0};  ///< seconds since 1970; 0: never
  };
  using CallerPtr = std::shared_ptr<const Caller>;

  /// `clock` outlives it.
  explicit Authenticator(const base::Clock& clock, const LoginThrottle::Limits& limits = {});
  ~Authenticator();

  /// From now on these are the tokens of the configuration file; hashes differ. Callers whose token
  /// is no more, or is another's now, are revoked. Without any, here and of the API, everybody may
  /// publish: see `Authenticate`.
  void SetTokens(std::vector<Grant> grants);
  /// The same for those that the API has made. One whose hash the file has, too, is the file's.
  void SetTokensOfApi(std::vector<Grant> grants);
  /// The same for those of portal sessions.
  void SetTokensOfPortals(std::vector<Grant> grants);
  /// From now on holders of these certificates are known; subjects differ. Who is no more, or is
  /// another now, is revoked.
  void SetCertificates(std::vector<CertificateGrant> grants);
  /// From now on JSON Web Tokens of these are taken, too. If they are others than before, whoever
  /// called by one is revoked, and shows it again.
  void SetIssuers(std::vector<JwtIssuer> issuers);
  /// Keys were fetched from there, for the issuers whose `keys_url` it is. Who has shown a token of
  /// an issuer that has a key no more is revoked, and shows it again.
  void SetKeys(const std::string& url, const JwkSet& keys);
  /// Called when a token names a key that its issuer's set does not have, with where that is
  /// fetched; must not wait. Once, before the first call.
  void SetKeyWanted(std::function<void(const std::string& url)> wanted) {
    key_wanted_ = std::move(wanted);
  }
  /// Whether the file has a token of that hash, or of a principal of that name.
  bool IsOfFile(const TokenHash& hash, std::string_view principal) const;
  /// When the token was last shown, since it is known here; nullopt: not yet, or it is not known.
  std::optional<base::WallTime> LastUse(const TokenHash& hash) const;

  /// `authorization`: the header, or metadata, empty when there is none. `address` says where the
  /// call comes from; it is asked when the credential is wrong, or has to be verified.
  /// `certificate` says what the client's certificate does, null when it has shown none; it is
  /// asked when there is no header. While there are no tokens, issuers and certificates this is a
  /// principal that may publish whatever it likes. Otherwise CREDENTIALS_MISSING,
  /// CREDENTIALS_INVALID, CREDENTIALS_EXPIRED, or, after too many wrong ones from that address,
  /// LOGIN_THROTTLED with how long to wait.
  absl::StatusOr<CallerPtr> Authenticate(
      std::string_view authorization, absl::FunctionRef<std::string()> address,
      absl::FunctionRef<base::PeerCertificatePtr()> certificate = base::NoPeerCertificate);
  /// For credentials that are looked up elsewhere. LOGIN_THROTTLED: those from that address have to
  /// wait.
  absl::Status MayLogIn(const std::string& address) const;
  /// One from there was wrong: `status`, or LOGIN_THROTTLED.
  absl::Status LoginFailed(const std::string& address, absl::Status status);
  /// Whether a caller still is who it was when its call began: of long ones it is asked now and
  /// then. CREDENTIALS_INVALID, CREDENTIALS_EXPIRED.
  absl::Status Check(const Caller& caller) const;

  /// Whether there are tokens, issuers or certificates.
  bool asks() const { return asks_.load(std::memory_order_acquire); }

 private:
  using Table = absl::flat_hash_map<TokenHash, std::shared_ptr<Caller>>;
  enum Source : uint8_t { kFile, kApi, kPortals };  ///< of tokens; the first counts

  std::shared_ptr<const Table> table() const {
    const base::MutexLock lock(mutex_);
    return table_;
  }
  /// A token was not believed: `status`, how long to wait, or, where its key is fetched, when to
  /// try again.
  absl::Status JwtRefused(const std::vector<JwtIssuer>& issuers, std::string_view token,
                          const std::string& from, absl::Status status);
  absl::StatusOr<CallerPtr> AuthenticateJwt(std::string_view token,
                                            absl::FunctionRef<std::string()> address);
  absl::StatusOr<CallerPtr> AuthenticateCertificate(const base::PeerCertificate* certificate) const;
  /// Puts the source's tokens in force.
  void Renew(Source source, std::vector<Grant> grants);
  /// Finds out whether anybody is asked.
  void RenewAsks() ABSL_EXCLUSIVE_LOCKS_REQUIRED(setting_);

  const base::Clock& clock_;
  LoginThrottle throttle_;
  const std::unique_ptr<JwtCallers> jwt_callers_;
  const std::unique_ptr<CertificateCallers> certificate_callers_;
  const CallerPtr anybody_;
  std::function<void(const std::string& url)> key_wanted_;
  std::atomic<bool> asks_{false};
  mutable base::Mutex setting_;
  std::array<std::vector<Grant>, 3> grants_ ABSL_GUARDED_BY(setting_);  ///< by source
  mutable base::Mutex mutex_;
  std::shared_ptr<const Table> table_ ABSL_GUARDED_BY(mutex_) = std::make_shared<const Table>();
};

}  // namespace carillon::access

#include "carillon/sealing/envelope.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/sealing/aead.h"

namespace carillon::sealing {
namespace {

constexpr char kVersion = 1;
constexpr size_t kWrappedBytes = kOverhead + kKeyBytes;
constexpr size_t kIdAt = 1;
constexpr size_t kWrappedAt = kIdAt + MasterKey::kIdBytes;
constexpr size_t kSecretAt = kWrappedAt + kWrappedBytes;

std::string WrapContext(std::string_view owner) {
  return absl::StrCat("key of ", base::ToAbsl(owner));
}

std::string Assemble(const MasterKey& master, const base::Secret& key, std::string_view owner,
                     std::string_view sealed) {
  return absl::StrCat(std::string(1, kVersion), master.id(),
                      Seal(master.key(), key.Reveal(), WrapContext(owner)), base::ToAbsl(sealed));
}

/// The key of one secret.
absl::StatusOr<base::Secret> Unwrap(const MasterKeys& keys, std::string_view envelope,
                                    std::string_view owner) {
  if (envelope.size() < kSecretAt + kOverhead || envelope.front() != kVersion) {
    return absl::DataLossError("not a sealed secret");
  }
  const MasterKey* master = keys.Find(envelope.substr(kIdAt, MasterKey::kIdBytes));
  if (master == nullptr) {
    return absl::FailedPreconditionError(
        keys.empty() ? "stored secrets need the master key, and none is configured"
                     : "stored secrets need a master key other than the configured one");
  }
  return Open(master->key(), envelope.substr(kWrappedAt, kWrappedBytes), WrapContext(owner));
}

}  // namespace

std::string SealSecret(const MasterKeys& keys, const base::Secret& secret, std::string_view owner) {
  const base::Secret key = MakeKey();
  return Assemble(keys.current(), key, owner, Seal(key, secret.Reveal(), owner));
}

absl::StatusOr<base::Secret> OpenSecret(const MasterKeys& keys, std::string_view sealed,
                                        std::string_view owner) {
  const absl::StatusOr<base::Secret> key = Unwrap(keys, sealed, owner);
  if (!key.ok()) return key.status();
  return Open(*key, sealed.substr(kSecretAt), owner);
}

bool IsCurrent(const MasterKeys& keys, std::string_view sealed) {
  return !keys.empty() && sealed.size() >= kWrappedAt &&
         sealed.substr(kIdAt, MasterKey::kIdBytes) == keys.current().id();
}

absl::StatusOr<std::string> Rewrap(const MasterKeys& keys, std::string_view sealed,
                                   std::string_view owner) {
  const absl::StatusOr<base::Secret> key = Unwrap(keys, sealed, owner);
  if (!key.ok()) return key.status();
  return Assemble(keys.current(), *key, owner, sealed.substr(kSecretAt));
}

}  // namespace carillon::sealing

#include "read_signing.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/signing/signer.h"
#include "member_rules.h"
#include "request_headers.h"
#include "secret_source.h"

namespace carillon::resource {
namespace {

constexpr int kMaxKeys = 8;
constexpr size_t kMaxPrefixBytes = 64;
constexpr int64_t kYear2262 = 9'214'646'400;  // a WallTime ends in that year

std::optional<base::WallTime> ReadEnd(const v1::Key& key, const Path& path, Errors& errors) {
  if (!key.has_expire_time()) return std::nullopt;
  const auto& time = key.expire_time();
  if (time.nanos() != 0 || time.seconds() < 0 || time.seconds() >= kYear2262) {
    errors.Add(path, "must be in whole seconds and in the years 1970 to 2261");
    return std::nullopt;
  }
  return base::WallTime(std::chrono::seconds(time.seconds()));
}

/// The last part of a key's name, which is whole or that part alone.
std::string IdOf(const v1::Key& key, const v1::Destination& destination) {
  const std::string prefix = destination.name() + "/keys/";
  return key.name().starts_with(prefix) ? key.name().substr(prefix.size()) : key.name();
}

void CheckAlgorithm(const v1::Key& key, model::KeyScheme scheme, const Path& path, Errors& errors) {
  if (key.algorithm() == v1::Key::ALGORITHM_UNSPECIFIED) return;
  const bool hmac = key.algorithm() == v1::Key::HMAC_SHA256;
  if (hmac == (scheme == model::KeyScheme::kV1)) return;
  errors.Add(path, hmac ? "needs a whsec_ secret" : "needs a whsk_ secret");
}

void ReadKeys(const v1::Destination& given, model::Destination& to, const Path& path,
              Errors& errors) {
  if (given.keys_size() > kMaxKeys) {
    errors.Add(path, absl::StrCat("must be at most ", kMaxKeys));
    return;
  }
  absl::flat_hash_set<std::string> names;
  to.keys.reserve(static_cast<size_t>(given.keys_size()));
  for (int i = 0; i < given.keys_size(); ++i) {
    const v1::Key& key = given.keys(i);
    const Path key_path = path.At(i);
    const std::string name = IdOf(key, given);
    if (!IsLabel(name)) {
      errors.Add(key_path.Member("name"), "must be 1-63 characters of [a-z0-9-]");
    } else if (!names.insert(name).second) {
      errors.Add(key_path.Member("name"), "is the name of another key of this destination");
    }
    const auto end = ReadEnd(key, key_path.Member("expire_time"), errors);
    if (auto secret = ReadSecret(key, key_path, errors)) {
      CheckAlgorithm(key, secret->scheme, key_path.Member("algorithm"), errors);
      to.keys.push_back({name, std::move(secret->bytes), secret->scheme, end});
    }
  }
  if (given.keys_size() > 0 &&
      std::ranges::all_of(given.keys(), [](const auto& key) { return key.has_expire_time(); })) {
    errors.Add(path, "needs a key without expire_time, so that requests never go unsigned");
  }
}

bool IsPrefix(std::string_view s) {
  return s.size() <= kMaxPrefixBytes && !s.starts_with(' ') &&
         std::ranges::all_of(s, [](char c) { return c >= 0x20 && c < 0x7F && c != ','; });
}

void CheckHeader(const std::string& name, const model::Destination& to, const Path& path,
                 Errors& errors) {
  CheckHeaderName(name, path, errors);
  for (const model::Header& header : to.headers) {
    if (absl::EqualsIgnoreCase(header.name, name)) errors.Add(path, "is one of headers");
  }
}

/// What the signature needs of the keys. With a key that was refused there is nothing to add.
void CheckKeys(const v1::Destination& given, const model::Destination& to, const Path& path,
               Errors& errors) {
  if (to.keys.size() != static_cast<size_t>(given.keys_size())) return;
  using model::KeyScheme;
  const auto hmac = [](const auto& key) { return key.scheme == KeyScheme::kV1 && !key.expires_at; };
  if (std::ranges::none_of(to.keys, hmac)) {
    errors.Add(path, "needs a whsec_ key without expire_time");
  }
  const auto ed25519 = [](const auto& key) { return key.scheme == KeyScheme::kV1a; };
  if (!to.signature->webhook_signature && std::ranges::any_of(to.keys, ed25519)) {
    errors.Add(path.Member("webhook_signature"),
               "must be true where there is a whsk_ key, which signs nothing else");
  }
}

void ReadSignature(const v1::Destination& given, model::Destination& to, const Path& path,
                   Errors& errors) {
  const v1::Signature& signature = given.signature();
  model::HmacSignature hmac{.header = signature.header()};
  CheckHeader(hmac.header, to, path.Member("header"), errors);
  if (signature.algorithm() == v1::HASH_SHA512) hmac.algorithm = model::HashAlgorithm::kSha512;
  if (signature.encoding() == v1::ENCODING_BASE64) hmac.encoding = model::DigestEncoding::kBase64;
  hmac.prefix = signature.prefix();
  if (!IsPrefix(hmac.prefix)) {
    errors.Add(path.Member("prefix"),
               "must be at most 64 printable ASCII characters, without commas and not beginning "
               "with a space");
  }
  if (signature.has_template_()) hmac.content = signature.template_();
  if (const absl::Status status = signing::CheckTemplate(hmac.content); !status.ok()) {
    errors.Add(path.Member("template"), base::ToStd(status.message()));
  }
  if (signature.has_webhook_signature()) hmac.webhook_signature = signature.webhook_signature();
  to.signature = std::move(hmac);
  CheckKeys(given, to, path, errors);
}

}  // namespace

void ReadSigning(const v1::Destination& given, model::Destination& to, const Path& path,
                 Errors& errors) {
  ReadKeys(given, to, path.Member("keys"), errors);
  to.unsigned_requests = given.unsigned_requests();
  if (given.unsigned_requests() && given.keys_size() > 0) {
    errors.Add(path.Member("unsigned_requests"), "must be false where there are keys");
  }
  if (given.has_signature()) ReadSignature(given, to, path.Member("signature"), errors);
}

}  // namespace carillon::resource

#include "carillon/net/describe_peer.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/net/pem.h"

namespace carillon::net {
namespace {

constexpr size_t kSha256Bytes = 32;
constexpr int64_t kLastSecond = 9'214'646'400;  // the year 2262, in which a WallTime ends

/// Names, as far as there is room for them.
class PeerNames {
 public:
  void Add(std::string name) {
    const bool is_plain = std::ranges::none_of(
        name, [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
    if (!is_plain || name.empty() || name.size() > base::PeerCertificate::kMaxNameBytes) return;
    bytes_ += name.size() + 1;
    if (bytes_ <= base::PeerCertificate::kMaxNamesBytes) names_.push_back(std::move(name));
  }
  std::vector<std::string> Take() { return std::move(names_); }

 private:
  size_t bytes_ = 0;
  std::vector<std::string> names_;
};

void AddFingerprint(const X509& certificate, PeerNames& names) {
  std::array<unsigned char, kSha256Bytes> digest{};
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) return;
  const std::string bytes(digest.begin(), digest.end());
  names.Add(absl::StrCat("sha256:", absl::BytesToHexString(bytes)));
}

/// Of the subject alternative names, those of one kind.
void AddAlternatives(const GENERAL_NAMES& all, int kind, PeerNames& names) {
  for (int i = 0; i < sk_GENERAL_NAME_num(&all); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(&all, i);
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(name, &type);
    if (type != kind || value == nullptr) continue;
    const auto* const text = static_cast<const ASN1_STRING*>(value);
    names.Add(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                          static_cast<size_t>(ASN1_STRING_length(text))));
  }
}

void AddCommonNames(const X509& certificate, PeerNames& names) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    const ASN1_STRING* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, value);
    if (size < 0) continue;
    std::string name = "CN=";
    if (size > 0) {
      names.Add(name.append(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size)));
    }
    OPENSSL_free(utf8);
  }
}

}  // namespace

base::PeerCertificate DescribePeer(const X509& certificate) {
  PeerNames names;
  AddFingerprint(certificate, names);
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> alternatives(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  if (alternatives != nullptr) {
    for (const int kind : {GEN_URI, GEN_DNS, GEN_EMAIL}) {
      AddAlternatives(*alternatives, kind, names);
    }
  }
  AddCommonNames(certificate, names);
  const int64_t end = EndOf(certificate).value_or(0);
  return {.names = names.Take(),
          .end = end >= kLastSecond ? base::WallTime::max()
                                    : base::WallTime(std::chrono::seconds(end))};
}

}  // namespace carillon::net

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/peer_certificate.h"
#include "carillon/resource/read_access.h"
#include "read_principal.h"

namespace carillon::resource {
namespace {

constexpr int kMaxCertificates = 1000;
constexpr std::string_view kFingerprint = "sha256:";

bool IsCertificateName(std::string_view subject) {
  if (subject.empty() || subject.size() > base::PeerCertificate::kMaxNameBytes) return false;
  return std::ranges::none_of(
      subject, [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

void CheckSubject(const std::string& subject, const Path& path, Errors& errors) {
  if (!IsCertificateName(subject)) {
    return errors.Add(path, "must be 1-256 bytes without control characters");
  }
  if (subject.starts_with(kFingerprint) && !ReadTokenHash(subject.substr(kFingerprint.size()))) {
    errors.Add(path, "must have 64 digits of [0-9a-f] behind sha256:");
  }
  if (subject == "CN=") errors.Add(path, "must have the common name behind CN=");
}

}  // namespace

std::vector<access::Authenticator::CertificateGrant> ReadCertificates(
    const v1::AccessSettings& given, const Path& path, Errors& errors) {
  std::vector<access::Authenticator::CertificateGrant> grants;
  const Path all = path.Member("certificates");
  if (given.certificates_size() > kMaxCertificates) {
    errors.Add(all, absl::StrCat("must be at most ", kMaxCertificates));
    return grants;
  }
  std::set<std::string> subjects;
  for (int i = 0; i < given.certificates_size(); ++i) {
    const v1::CertificateIdentity& one = given.certificates(i);
    const Path at = all.At(i);
    CheckSubject(one.subject(), at.Member("subject"), errors);
    if (!subjects.insert(one.subject()).second) {
      errors.Add(at.Member("subject"), "is there already");
    }
    v1::AccessToken like_token;
    like_token.set_role(one.role());
    *like_token.mutable_tenants() = one.tenants();
    *like_token.mutable_event_types() = one.event_types();
    if (one.has_quota()) *like_token.mutable_quota() = one.quota();
    access::Principal principal = ReadPrincipal(like_token, one.subject(), at, errors);
    principal.kind = access::PrincipalKind::kCertificate;
    principal.name = absl::StrCat("certificate:", one.subject());
    grants.push_back({one.subject(), std::move(principal)});
  }
  return grants;
}

}  // namespace carillon::resource

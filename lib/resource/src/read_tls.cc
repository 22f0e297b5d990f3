#include "read_tls.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/net/pem.h"
#include "secret_source.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxPemBytes = 256 * 1024;
constexpr size_t kMaxKeyBytes = 32 * 1024;

using Check = absl::Status (*)(const std::string&);

/// For who gave the path of a file where its text belongs: what to do; empty for what may be PEM.
std::string FileHint(std::string_view text) {
  if (text.find("-----BEGIN") != text.npos || text.find('\n') != text.npos) return "";
  return "; the path of a file is given as `{file: PATH}`";
}

absl::StatusOr<std::string> PemOf(const v1::Pem& pem, Errors& errors) {
  if (!pem.has_file()) {
    if (pem.value().size() <= kMaxPemBytes) return pem.value();
    return absl::InvalidArgumentError("must be at most 256 KiB");
  }
  absl::StatusOr<std::string> text = errors.references().ReadFile(pem.file(), kMaxPemBytes);
  if (text.ok()) return text;
  return absl::Status(text.status().code(),
                      absl::StrCat(text.status().message(), ShownFile(pem.file())));
}

/// The text; empty when files are not read, or when it is wrong, which is an error then. `path` is
/// its own.
base::SharedText ReadPem(const v1::Pem& pem, Check check, const Path& path, Errors& errors) {
  if (pem.value().empty() && pem.file().empty()) {
    errors.Add(path, "needs exactly one of value, file");
    return "";
  }
  if (pem.has_file() && !errors.references().Reads()) {
    errors.references().Skip();
    return "";
  }
  absl::StatusOr<std::string> text = PemOf(pem, errors);
  const absl::StatusOr<base::SharedText> checked =
      text.ok() ? errors.pem_texts().Checked(*std::move(text), check)
                : absl::StatusOr<base::SharedText>(text.status());
  if (checked.ok()) return *checked;
  errors.Add(path.Member(pem.has_file() ? "file" : "value"),
             absl::StrCat(checked.status().message(), pem.has_file() ? "" : FileHint(pem.value())));
  return "";
}

/// The key of `certificate`; empty as above.
base::Secret ReadKey(const v1::Secret& given, const base::SharedText& certificate, const Path& path,
                     Errors& errors) {
  auto found = FindSecret(given, path, errors, kMaxKeyBytes);
  if (!found || certificate.empty()) return {};
  const absl::Status status = net::CheckClientKey(certificate, found->secret);
  if (status.ok()) return std::move(found->secret);
  errors.Add(path.Member(found->member),
             absl::StrCat(status.message(), given.has_value() ? FileHint(given.value()) : ""));
  return {};
}

}  // namespace

model::TlsSettings ReadTls(const v1::Tls& given, bool is_plain, const Path& path, Errors& errors) {
  model::TlsSettings to;
  if (is_plain) {
    errors.Add(path, "needs an https:// URL");
    return to;
  }
  to.verify = !given.insecure_skip_verify();
  if (given.has_ca_bundle()) {
    to.ca_bundle =
        ReadPem(given.ca_bundle(), &net::CheckCaBundle, path.Member("ca_bundle"), errors);
  }
  if (!to.verify && given.has_ca_bundle()) {
    errors.Add(path.Member("insecure_skip_verify"), "must be false where there is a CA bundle");
  }
  if (given.has_client_certificate() != given.has_client_key()) {
    errors.Add(path, given.has_client_key() ? "needs a client_certificate for the client_key"
                                            : "needs a client_key for the client_certificate");
    return to;
  }
  if (!given.has_client_certificate()) return to;
  to.client_certificate = ReadPem(given.client_certificate(), &net::CheckClientCertificate,
                                  path.Member("client_certificate"), errors);
  if (!to.client_certificate.empty() || !errors.references().Reads()) {
    to.client_key =
        ReadKey(given.client_key(), to.client_certificate, path.Member("client_key"), errors);
  }
  return to;
}

ServerTls ReadServerTls(v1::ServerTls& given, const Path& path, Errors& errors) {
  ServerTls to;
  to.wanted = true;
  if (given.has_certificate() && given.has_key()) {
    to.certificate = ReadPem(given.certificate(), &net::CheckClientCertificate,
                             path.Member("certificate"), errors);
    if (!to.certificate.empty() || !errors.references().Reads()) {
      to.key = ReadKey(given.key(), to.certificate, path.Member("key"), errors);
    }
  } else {
    errors.Add(path, given.has_key() ? "needs a certificate for the key"
                                     : "needs a certificate and its key");
  }
  if (given.has_client_ca()) {
    to.client_ca =
        ReadPem(given.client_ca(), &net::CheckCaBundle, path.Member("client_ca"), errors);
  }
  given.Clear();
  return to;
}

}  // namespace carillon::resource

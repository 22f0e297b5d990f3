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

/// PEM text that is given as a member or by NAME_file.
struct PemSource {
  std::string_view name;
  const std::string& text;
  const std::string& file;
  absl::Status (*check)(const std::string&);
};

/// For who gave the path of a file where its text belongs: what to do; empty for what may be PEM.
std::string FileHint(std::string_view name, std::string_view text) {
  if (text.find("-----BEGIN") != text.npos || text.find('\n') != text.npos) return "";
  return absl::StrCat("; the path of a file belongs in ", std::string(name), "_file");
}

/// The text; empty when none is given, when files are not read, or when it is wrong, which is an
/// error then.
base::SharedText ReadPem(const PemSource& source, const Path& path, Errors& errors) {
  if (source.text.empty() && source.file.empty()) return "";
  const std::string name(source.name);
  if (!source.text.empty() && !source.file.empty()) {
    errors.Add(path, absl::StrCat("must have at most one of ", name, ", ", name, "_file"));
    return "";
  }
  if (!source.file.empty() && !errors.references().Reads()) {
    errors.references().Skip();
    return "";
  }
  const std::string member = source.file.empty() ? name : name + "_file";
  absl::StatusOr<std::string> pem = source.text;
  if (!source.file.empty()) pem = errors.references().ReadFile(source.file, kMaxPemBytes);
  absl::Status status = pem.status();
  if (!status.ok()) {
    status = absl::Status(status.code(), absl::StrCat(status.message(), ShownFile(source.file)));
  }
  if (pem.ok() && pem->size() > kMaxPemBytes) {
    status = absl::InvalidArgumentError("must be at most 256 KiB");
  }
  const absl::StatusOr<base::SharedText> checked =
      status.ok() ? errors.pem_texts().Checked(*std::move(pem), source.check)
                  : absl::StatusOr<base::SharedText>(status);
  if (checked.ok()) return *checked;
  errors.Add(path.Member(member),
             absl::StrCat(checked.status().message(),
                          source.file.empty() ? FileHint(name, source.text) : ""));
  return "";
}

void ReadClientKey(const SecretSource& source, model::TlsSettings& to, const Path& path,
                   Errors& errors) {
  auto found = FindSecret(source, path, errors);
  if (!found || to.client_certificate.empty()) return;
  const absl::Status status = net::CheckClientKey(to.client_certificate, found->secret);
  if (!status.ok()) {
    const bool inline_text = found->member == source.name;
    return errors.Add(
        path.Member(found->member),
        absl::StrCat(status.message(),
                     inline_text ? FileHint(source.name, found->secret.Reveal()) : ""));
  }
  to.client_key = std::move(found->secret);
}

}  // namespace

model::TlsSettings ReadTls(const v1::Tls& given, bool is_plain, const Path& path, Errors& errors) {
  model::TlsSettings to;
  if (is_plain) {
    errors.Add(path, "needs an https:// URL");
    return to;
  }
  to.verify = !given.insecure_skip_verify();
  to.ca_bundle = ReadPem(
      {"ca_bundle", given.ca_bundle(), given.ca_bundle_file(), &net::CheckCaBundle}, path, errors);
  if (!to.verify && (!given.ca_bundle().empty() || !given.ca_bundle_file().empty())) {
    errors.Add(path.Member("insecure_skip_verify"), "must be false where there is a CA bundle");
  }
  const bool has_certificate =
      !given.client_certificate().empty() || !given.client_certificate_file().empty();
  const SecretSource key = {"client_key", given.client_key(), given.client_key_file(),
                            given.client_key_env(), kMaxKeyBytes};
  if (!has_certificate) {
    if (key.given()) errors.Add(path, "needs a client_certificate for the client_key");
    return to;
  }
  to.client_certificate = ReadPem({"client_certificate", given.client_certificate(),
                                   given.client_certificate_file(), &net::CheckClientCertificate},
                                  path, errors);
  if (!to.client_certificate.empty() || !errors.references().Reads()) {
    ReadClientKey(key, to, path, errors);
  }
  return to;
}

}  // namespace carillon::resource

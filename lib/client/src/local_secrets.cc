#include "carillon/client/local_secrets.h"

#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/resource/visit_secrets.h"
#include "carillon/v1/resource.pb.h"

namespace carillon::client {
namespace {

using google::protobuf::Message;

constexpr std::streamsize kMaxSecretBytes = 64 << 10;  // a chain of certificates is one, too

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the file '", base::Printable(path, 512), "' cannot be read"));
  }
  std::string text(static_cast<size_t>(kMaxSecretBytes) + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || text.size() > static_cast<size_t>(kMaxSecretBytes)) {
    return absl::InvalidArgumentError("its file cannot be read, or has more than 64 KiB");
  }
  return text;
}

absl::Status ReadLocalSecret(const Environment& environment, v1::Secret& secret) {
  std::string text;
  if (secret.source_case() == v1::Secret::kFile) {
    absl::StatusOr<std::string> read = ReadSecretFile(secret.file());
    if (!read.ok()) return read.status();
    text = *std::move(read);
  } else if (secret.source_case() == v1::Secret::kEnv) {
    auto value = environment(secret.env().c_str());
    if (!value) {
      return absl::InvalidArgumentError(
          absl::StrCat("the variable ", base::Printable(secret.env()), " is not set"));
    }
    text = *std::move(value);
  } else {
    return absl::OkStatus();
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return absl::InvalidArgumentError("is empty");
  secret.set_value(std::move(text));
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadLocalSecrets(const Environment& environment, Message& message) {
  return resource::VisitSecrets(message, [&](v1::Secret& secret, const std::string& path) {
    const absl::Status status = ReadLocalSecret(environment, secret);
    if (status.ok()) return status;
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
  });
}

}  // namespace carillon::client

#include "connection_flags.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "commands.h"

namespace carillon::cli {
namespace {

constexpr char kGroup[] = "Connection";
constexpr std::streamsize kMaxTokenFileBytes = 4096;

void AddTlsFlags(CLI::App& app, client::Context& context) {
  app.add_flag("--tls", context.tls,
               "Connect with TLS; the system's authorities vouch for the server")
      ->envname("CARILLON_TLS")
      ->group(kGroup);
  app.add_option("--ca-file", context.ca_file, "PEM: these authorities do, instead (implies --tls)")
      ->envname("CARILLON_CA_FILE")
      ->group(kGroup);
  auto* const certificate =
      app.add_option("--certificate-file", context.certificate_file,
                     "PEM: a client certificate, its chain after it (implies --tls)")
          ->envname("CARILLON_CERTIFICATE_FILE")
          ->group(kGroup);
  auto* const key = app.add_option("--key-file", context.key_file, "PEM: its private key")
                        ->envname("CARILLON_KEY_FILE")
                        ->group(kGroup);
  certificate->needs(key);
  key->needs(certificate);
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(static_cast<size_t>(kMaxTokenFileBytes), '\0');
  file.read(text.data(), kMaxTokenFileBytes);
  text.resize(static_cast<size_t>(file.gcount()));
  std::string token(absl::StripAsciiWhitespace(text));
  if (!token.empty()) return token;
  return absl::InvalidArgumentError(
      absl::StrCat("--token-file ", path, ": cannot be read, or is empty"));
}

}  // namespace

client::Environment ProcessEnvironment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

void AddConnectionFlags(CLI::App& app, ConnectionFlags& flags) {
  client::Context& context = flags.context;
  app.add_option("--server,--address", context.server,
                 absl::StrCat("carillond's publish address; if unset, that of the context, or ",
                              kDefaultAddress))
      ->envname("CARILLON_SERVER")
      ->group(kGroup);
  app.add_option("--context", context.name, "A context of `carillon context list`")
      ->envname("CARILLON_CONTEXT")
      ->group(kGroup);
  app.add_option("--deadline", flags.deadline, "How long one call may take")
      ->capture_default_str()
      ->group(kGroup);
  auto* const token =
      app.add_option("--token", context.token,
                     "Says who calls: car_... (better in CARILLON_TOKEN: others see arguments)")
          ->envname("CARILLON_TOKEN")
          ->group(kGroup);
  app.add_option("--token-file", context.token_file, "A file that holds it")
      ->envname("CARILLON_TOKEN_FILE")
      ->excludes(token)
      ->group(kGroup);
  AddTlsFlags(app, context);
}

void AddTenantFlag(CLI::App& app, ConnectionFlags& flags) {
  app.add_option("--tenant", flags.context.tenant,
                 "The tenant that is meant; if unset, that of the context, or default")
      ->envname("CARILLON_TENANT")
      ->group(kGroup);
}

absl::StatusOr<Target> Resolve(const ConnectionFlags& flags) {
  client::Context context = flags.context;
  const client::Environment environment = ProcessEnvironment();
  // What CARILLON_SERVER was called before.
  if (context.server.empty()) context.server = environment("CARILLON_ADDRESS").value_or("");
  // Publishing has a flag of its own for it.
  if (context.tenant.empty()) context.tenant = environment("CARILLON_TENANT").value_or("");
  const auto file = client::LoadContexts(client::ContextPath(environment));
  if (!file.ok()) return file.status();
  if (absl::Status status = client::FillFrom(*file, context); !status.ok()) return status;
  const auto deadline = ParseDurationFlag("--deadline", flags.deadline);
  if (!deadline.ok()) return deadline.status();
  Target target{.tenant = context.tenant, .deadline = *deadline};
  if (!context.server.empty()) target.connection.address = context.server;
  target.connection.token = context.token;
  if (!context.token_file.empty() && context.token.empty()) {
    absl::StatusOr<std::string> token = ReadToken(context.token_file);
    if (!token.ok()) return token.status();
    target.connection.token = *std::move(token);
  }
  ClientTls& tls = target.connection.tls;
  tls.ca_file = context.ca_file;
  tls.certificate_file = context.certificate_file;
  tls.key_file = context.key_file;
  tls.on = context.tls || !tls.ca_file.empty() || !tls.certificate_file.empty();
  return target;
}

}  // namespace carillon::cli

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "../common/arguments.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "commands.h"
#include "exit_codes.h"
#include "publish_client.h"

namespace carillon::cli {

void Say(const std::string& message) { std::fprintf(stderr, "carillon: %s\n", message.c_str()); }

int Fail(const std::string& message, int code) {
  Say(message);
  return code;
}

void AddConnectionFlags(CLI::App& app, Connection& connection, std::string& deadline) {
  app.add_option("--address", connection.address, "carillond's publish address")
      ->envname("CARILLON_ADDRESS")
      ->capture_default_str();
  app.add_option("--deadline", deadline, "How long one call may take")->capture_default_str();
  app.add_option("--token", connection.token,
                 "What says who calls: car_... (better in CARILLON_TOKEN: others see arguments)")
      ->envname("CARILLON_TOKEN");
  const std::string group = "TLS";
  ClientTls& tls = connection.tls;
  app.add_flag("--tls", tls.on, "Connect with TLS; the system's authorities vouch for the server")
      ->envname("CARILLON_TLS")
      ->group(group);
  const auto needs_tls = [&tls](const std::string&) { tls.on = true; };
  app.add_option("--ca-file", tls.ca_file, "PEM: these authorities do, instead (implies --tls)")
      ->envname("CARILLON_CA_FILE")
      ->each(needs_tls)
      ->group(group);
  auto* const certificate =
      app.add_option("--certificate-file", tls.certificate_file,
                     "PEM: a client certificate, its chain after it (implies --tls)")
          ->envname("CARILLON_CERTIFICATE_FILE")
          ->each(needs_tls)
          ->group(group);
  auto* const key = app.add_option("--key-file", tls.key_file, "PEM: its private key")
                        ->envname("CARILLON_KEY_FILE")
                        ->group(group);
  certificate->needs(key);
  key->needs(certificate);
}

absl::StatusOr<std::chrono::milliseconds> ParseDurationFlag(const std::string& flag,
                                                            const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration <= absl::ZeroDuration() ||
      duration > absl::Hours(24 * 365)) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " must be a time such as 500ms or 30s"));
  }
  return absl::ToChronoMilliseconds(duration);
}

namespace {

int Run(int argc, char** argv) {
  CLI::App app("Talks to carillond: publishes events, checks configurations, makes keys.",
               "carillon");
  app.footer(kExitCodeHelp);
  app.set_version_flag("--version", "carillon " CARILLON_VERSION);
  app.require_subcommand(1);
  Command chosen;
  AddPublishCommand(app, chosen);
  AddConfigCommand(app, chosen);
  AddHealthCommand(app, chosen);
  AddKeysCommand(app, chosen);
  AddTokensCommand(app, chosen);
  AddStoreCommand(app, chosen);
  app.add_subcommand("version", "Print the version")->callback([&chosen] {
    chosen = [] {
      std::puts("carillon " CARILLON_VERSION);
      return static_cast<int>(kExitDone);
    };
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return arguments::Explain(app, error, argc, argv) ? kExitDone : kExitWrongInput;
  }
  return chosen();
}

}  // namespace
}  // namespace carillon::cli

int main(int argc, char** argv) {
  int code = carillon::cli::kExitWrongInput;
  try {
    code = carillon::cli::Run(argc, argv);
  } catch (const std::exception& error) {
    carillon::cli::Say(error.what());
  }
  // All is said and done; gRPC's threads (see client.cc) are not waited for.
  std::fflush(nullptr);
  _exit(code);
}

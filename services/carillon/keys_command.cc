#include <cstdio>
#include <memory>

#include "carillon/signing/generate.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

int Generate(model::KeyScheme scheme) {
  const base::Secret secret = signing::GenerateSecret(scheme);
  const std::string line = std::string(secret.Reveal()) + "\n";
  if (std::fputs(line.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    return Fail("the key could not be written; do not use what came of it", kExitRefused);
  }
  return kExitDone;
}

}  // namespace

void AddGenerateKeyCommand(CLI::App& group, Command& chosen) {
  CLI::App* generate = group.add_subcommand("generate", "Print a new secret, kept nowhere else");
  generate->footer(
      "From 32 bytes of the system's random source. Write it to a file that only carillond reads "
      "(`secret: {file: PATH}`), and give the receiver the same.\n"
      "Exit codes: 0 printed; 1 could not be written; 2 wrong arguments.");
  const auto v1a = std::make_shared<bool>(false);
  generate->add_flag(
      "--v1a", *v1a,
      "An ed25519 key (whsk_: seed and public key) in place of an HMAC key (whsec_); "
      "the receiver gets the public key alone, the last 32 bytes");
  generate->callback([&chosen, v1a] {
    chosen = [v1a] { return Generate(*v1a ? model::KeyScheme::kV1a : model::KeyScheme::kV1); };
  });
}

}  // namespace carillon::cli

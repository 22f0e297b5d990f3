#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/access/token_secret.h"
#include "carillon/base/text.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

std::string Hex(const access::TokenHash& hash) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

int GenerateToken() {
  const base::Secret token = access::NewToken();
  std::string line(token.Reveal());
  line += '\n';
  const bool written = std::fputs(line.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  base::Wipe(line);
  if (!written)
    return Fail("the token could not be written; do not use what came of it", kExitRefused);
  std::fprintf(stderr, "sha256: %s\n", Hex(*access::HashToken(token.Reveal())).c_str());
  return kExitDone;
}

}  // namespace

void AddGenerateTokenCommand(CLI::App& group, Command& chosen) {
  CLI::App* generate = group.add_subcommand(
      "generate", "Print a new token, kept nowhere else, and on stderr its SHA-256");
  generate->footer(
      "From 32 bytes of the system's random source. The token is for who calls (CARILLON_TOKEN), "
      "its "
      "hash for the server's configuration (access.tokens[].sha256).\n"
      "Exit codes: 0 printed; 1 could not be written; 2 wrong arguments.");
  generate->callback([&chosen] { chosen = [] { return GenerateToken(); }; });
}

}  // namespace carillon::cli

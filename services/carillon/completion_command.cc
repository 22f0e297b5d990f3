#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/contexts.h"
#include "commands.h"
#include "completion.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

/// While somebody waits at the keyboard.
constexpr char kDeadline[] = "2s";
constexpr uint64_t kMostNames = 500;

std::vector<std::string> NamesFromServer(const client::Kind& kind, const std::string& outer,
                                         const std::map<std::string, std::string>& options) {
  ApiFlags flags;
  flags.connection.deadline = kDeadline;
  client::Context& context = flags.connection.context;
  const client::Environment environment = ProcessEnvironment();
  for (const auto& [option, variable, member] :
       {std::tuple("server", "CARILLON_SERVER", &context.server),
        std::tuple("context", "CARILLON_CONTEXT", &context.name),
        std::tuple("tenant", "CARILLON_TENANT", &context.tenant),
        std::tuple("token", "CARILLON_TOKEN", &context.token),
        std::tuple("token-file", "CARILLON_TOKEN_FILE", &context.token_file),
        std::tuple("ca-file", "CARILLON_CA_FILE", &context.ca_file),
        std::tuple("certificate-file", "CARILLON_CERTIFICATE_FILE", &context.certificate_file),
        std::tuple("key-file", "CARILLON_KEY_FILE", &context.key_file)}) {
    const auto given = options.find(option);
    *member = given != options.end() ? given->second : environment(variable).value_or("");
  }
  std::vector<std::string> names;
  const auto session = ApiSession::Open(flags);
  if (!session.ok()) return names;
  const auto parent = client::ParentName(kind, outer, (*session)->tenant());
  if (!parent.ok()) return names;
  (*session)
      ->resources()
      .List(kind, {.parent = *parent, .limit = kMostNames},
            [&](const google::protobuf::Message& resource) {
              names.push_back(client::ShortName(kind, client::TextOf(resource, "name")));
            })
      .IgnoreError();
  return names;
}

std::vector<std::string> ContextNames() {
  std::vector<std::string> names;
  const auto file = client::LoadContexts(client::ContextPath(ProcessEnvironment()));
  if (!file.ok()) return names;
  for (const client::Context& context : file->contexts) names.push_back(context.name);
  return names;
}

}  // namespace

int PrintCandidates(const CLI::App& app, std::vector<std::string> words) {
  const CompletionSource source{.names = &NamesFromServer, .contexts = &ContextNames};
  for (const Candidate& each : Complete(app, std::move(words), source)) {
    std::printf("%s\t%s\n", base::Printable(each.text, 1024).c_str(), each.help.c_str());
  }
  return kExitDone;
}

void AddCompletionCommand(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("completion", "Print the script that completes commands in a shell");
  command->footer(
      "It completes commands, flags, and names that the server is asked for.\n"
      "Example: source <(carillon completion bash)");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&chosen, shell] {
    chosen = [shell]() -> int {
      std::fputs(CompletionScript(*shell)->c_str(), stdout);
      return kExitDone;
    };
  });
}

}  // namespace carillon::cli

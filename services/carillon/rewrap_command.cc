#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/client/explain.h"
#include "carillon/client/render.h"
#include "carillon/config/to_yaml.h"
#include "carillon/v1/server_service.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

struct RewrapFlags {
  ApiFlags api;
  bool dry_run = false;
};

int Rewrap(const RewrapFlags& flags) {
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    v1::RewrapSecretsRequest request;
    request.set_validate_only(flags.dry_run);
    const auto& file = *request.GetDescriptor()->file();
    const auto answer = session.resources().Call(
        *file.FindServiceByName("ServerService")->FindMethodByName("RewrapSecrets"), request);
    if (!answer.ok()) return session.Fail(answer.status());
    if (session.form() == client::OutputForm::kJson) {
      ApiSession::Print(client::ToJson(**answer));
    } else if (session.form() == client::OutputForm::kYaml) {
      ApiSession::Print(config::ToYaml(**answer));
    } else {
      const auto& found = static_cast<const v1::RewrapSecretsResponse&>(**answer);
      ApiSession::Print(absl::StrCat(found.rewrapped_count(), " of ", found.sealed_count(),
                                     flags.dry_run ? " would be" : " were",
                                     " put under the current master key\n"));
    }
    if (flags.dry_run) Say("a dry run: nothing was changed");
    return client::kEndDone;
  });
}

}  // namespace

void AddRewrapCommand(CLI::App& group, Command& chosen) {
  CLI::App* command = group.add_subcommand(
      "rewrap", "Put secrets that are stored under the previous master key under the current one");
  command->footer(std::string("Then secrets.previous_master_key can be taken out of the "
                              "configuration file. Safe to repeat, also after a crash.\n") +
                  kApiExitCodeHelp);
  const auto flags = std::make_shared<RewrapFlags>();
  command->add_flag("--dry-run", flags->dry_run, "Count them, and change nothing");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Rewrap(*flags); }; });
}

}  // namespace carillon::cli

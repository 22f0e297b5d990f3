#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/sample_event.h"
#include "carillon/config/set_member.h"
#include "carillon/v1/publisher.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

struct TriggerFlags {
  ApiFlags api;
  std::string type;
  std::string json;
  std::string id;
  std::vector<std::string> settings;
};

absl::StatusOr<v1::PublishRequest> MakeTriggerRequest(const TriggerFlags& flags,
                                                      const std::string& tenant) {
  v1::PublishRequest request;
  v1::Event& event = *request.add_events();
  event = client::MakeSample(flags.type, flags.json);
  event.set_tenant(tenant);
  event.set_id(flags.id);
  for (const std::string& setting : flags.settings) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--set '", base::Printable(setting), "': must be NAME=VALUE"));
    }
    const absl::Status status = config::SetMember(
        setting.substr(0, equals), setting.substr(equals + 1), config::ValueForm::kYaml, event);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--set: ", status.message()));
    }
  }
  return request;
}

int Trigger(const TriggerFlags& flags) {
  return WithSession(flags.api, [&flags](ApiSession& session) -> int {
    const auto request = MakeTriggerRequest(flags, session.tenant());
    if (!request.ok()) return FailBefore(request.status());
    const auto& method = *v1::PublishRequest::descriptor()
                              ->file()
                              ->FindServiceByName("EventPublisher")
                              ->FindMethodByName("Publish");
    const auto answer = session.resources().Call(method, *request);
    if (!answer.ok()) return session.Fail(answer.status());
    if (session.form() == client::OutputForm::kJson) {
      ApiSession::Print(client::ToJson(**answer));
      return client::kEndDone;
    }
    for (const auto& result : static_cast<const v1::PublishResponse&>(**answer).results()) {
      ApiSession::Print(absl::StrCat(flags.type, " published: id ", result.id(), "\n"));
    }
    return client::kEndDone;
  });
}

}  // namespace

void AddTriggerCommand(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("trigger", "Publish a sample event of a type");
  command->footer(
      std::string(
          "Of a built-in type all members are set; of another one the payload is --json.\n"
          "Example: carillon trigger session.create --set 'session.location=Kamen Test'\n") +
      kApiExitCodeHelp);
  const auto flags = std::make_shared<TriggerFlags>();
  command->add_option("TYPE", flags->type, "session.create, order.paid, ...")->required();
  command->add_option("--json", flags->json, "The payload, instead of the sample: any JSON");
  command->add_option("--id", flags->id, "The event's id (default: the server makes one)");
  command
      ->add_option("--set", flags->settings,
                   "A member of the event: PATH=VALUE, as session.stations=3; may be given again")
      ->allow_extra_args(false);
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Trigger(*flags); }; });
}

}  // namespace carillon::cli

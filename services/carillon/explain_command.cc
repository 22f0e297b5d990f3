#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/v1/event_service.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

struct ExplainFlags {
  ApiFlags api;
  std::string name;
};

/// The last part of a name alone.
std::string LastPart(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::string RoutesText(const v1::ExplainEventResponse& answer, bool color) {
  using Route = v1::ExplainEventResponse::Route;
  client::Table table({"DESTINATION", "REASON", "SUBSCRIPTION", "FAILS AT", "FOUND", "DELIVERY"});
  for (const Route& each : answer.routes()) {
    const bool goes = each.reason() == Route::MATCHED;
    table.Add(
        {{LastPart(each.destination())},
         {client::CellText(each, "reason"), goes ? client::Tone::kGood : client::Tone::kPlain},
         {LastPart(each.subscription())},
         {each.failed_condition()},
         {each.found_value()},
         {LastPart(each.delivery())}});
  }
  return table.Format(color);
}

int Explain(const ExplainFlags& flags) {
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const client::Kind& kind = *client::FindKind("events");
    const auto name = client::WholeName(kind, flags.name, session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    v1::ExplainEventRequest request;
    request.set_name(*name);
    const auto answer = session.resources().Call(*kind.Method("Explain"), request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& told = static_cast<const v1::ExplainEventResponse&>(**answer);
    if (session.PrintAsData(told)) return client::kEndDone;
    if (told.routes().empty()) {
      Say(absl::StrCat("the tenant of ", told.event(), " has no destinations"));
    } else {
      ApiSession::Print(RoutesText(told, session.color()));
    }
    return client::kEndDone;
  });
}

}  // namespace

void AddExplainCommand(CLI::App& group, Command& chosen) {
  CLI::App* command =
      group.add_subcommand("explain", "Show why it goes, or does not go, to each destination");
  command->footer(std::string("Example: carillon events explain order-17\n") + kApiExitCodeHelp);
  const auto flags = std::make_shared<ExplainFlags>();
  command
      ->add_option("NAME", flags->name,
                   "Its id, ID@POSITION, or the whole name; by the id alone, the newest")
      ->required();
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Explain(*flags); }; });
}

}  // namespace carillon::cli

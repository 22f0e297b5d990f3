#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/config/to_yaml.h"
#include "carillon/v1/access_service.pb.h"
#include "carillon/v1/server_service.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

using client::Answer;
using google::protobuf::Message;

/// Calls a method that takes nothing.
absl::StatusOr<Answer> Ask(ApiSession& session, const Message& request, const char* service,
                           const char* method) {
  const auto& file = *request.GetDescriptor()->file();
  return session.resources().Call(*file.FindServiceByName(service)->FindMethodByName(method),
                                  request);
}

absl::StatusOr<Answer> AskForCaller(ApiSession& session) {
  return Ask(session, v1::GetCallerRequest(), "TokenService", "GetCaller");
}

void PrintMessage(const ApiSession& session, const Message& message) {
  const bool json = session.form() == client::OutputForm::kJson;
  ApiSession::Print(json ? client::ToJson(message) : config::ToYaml(message));
}

int WhoAmI(ApiSession& session) {
  const absl::StatusOr<Answer> caller = AskForCaller(session);
  if (!caller.ok()) return session.Fail(caller.status());
  PrintMessage(session, **caller);
  return client::kEndDone;
}

/// `3 (2 active, 1 paused)`; empty where the caller may not list them.
std::string CountOf(ApiSession& session, const client::Kind& kind) {
  std::map<std::string, int> states;
  int count = 0;
  const absl::Status status = session.resources().List(
      kind, {.parent = absl::StrCat("tenants/", session.tenant())}, [&](const Message& resource) {
        ++count;
        const std::string state = client::CellText(resource, "state");
        if (!state.empty()) ++states[state];
      });
  if (!status.ok()) return "";
  std::string text = absl::StrCat(count);
  for (const auto& [state, number] : states) {
    absl::StrAppend(&text, state == states.begin()->first ? " (" : ", ", number, " ", state);
  }
  return states.empty() ? text : text + ")";
}

int Status(ApiSession& session) {
  const absl::StatusOr<Answer> info =
      Ask(session, v1::GetServerInfoRequest(), "ServerService", "GetServerInfo");
  if (!info.ok()) return session.Fail(info.status());
  if (session.form() == client::OutputForm::kJson || session.form() == client::OutputForm::kYaml) {
    PrintMessage(session, **info);
    return client::kEndDone;
  }
  const absl::StatusOr<Answer> caller = AskForCaller(session);
  if (!caller.ok()) return session.Fail(caller.status());
  client::Table table({"FACT", "VALUE"});
  table.Add({{"server"}, {session.target().connection.address}});
  table.Add({{"version"}, {client::TextOf(**info, "version")}});
  table.Add({{"running since"}, {client::CellText(**info, "start_time")}});
  table.Add({{"you are"}, {client::TextOf(**caller, "principal")}});
  table.Add({{"role"}, {client::CellText(**caller, "role")}});
  table.Add({{"tenant"}, {session.tenant()}});
  for (const client::Kind& kind : client::Kinds()) {
    const std::string count = !kind.declared || kind.IsNested() ? "" : CountOf(session, kind);
    if (!count.empty()) table.Add({{std::string(kind.plural)}, {count}});
  }
  ApiSession::Print(table.Format(session.color()));
  return client::kEndDone;
}

void AddAsking(CLI::App& app, Command& chosen, const char* name, const char* help,
               int (*run)(ApiSession&)) {
  CLI::App* command = app.add_subcommand(name, help);
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<ApiFlags>();
  AddApiFlags(*command, *flags);
  command->callback(
      [&chosen, flags, run] { chosen = [flags, run] { return WithSession(*flags, run); }; });
}

}  // namespace

void AddStatusCommands(CLI::App& app, Command& chosen) {
  AddAsking(app, chosen, "status", "Show the server, who calls, and how much there is", &Status);
  AddAsking(app, chosen, "whoami", "Show who calls, and which methods it may call", &WhoAmI);
  AddSettingsCommand(app, chosen);
}

}  // namespace carillon::cli

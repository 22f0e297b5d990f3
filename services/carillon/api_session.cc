#include "api_session.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "carillon/client/explain.h"
#include "carillon/config/to_yaml.h"
#include "commands.h"
#include "grpc_caller.h"

namespace carillon::cli {
namespace {

bool WantsColor() {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return isatty(STDOUT_FILENO) == 1;
}

}  // namespace

void AddApiFlags(CLI::App& app, ApiFlags& flags) {
  app.add_option("-o,--output", flags.output, "table, wide, json, yaml or name")
      ->check(CLI::IsMember({"table", "wide", "json", "yaml", "name"}))
      ->capture_default_str();
  AddTenantFlag(app, flags.connection);
  AddConnectionFlags(app, flags.connection);
}

absl::StatusOr<std::unique_ptr<ApiSession>> ApiSession::Open(const ApiFlags& flags) {
  absl::StatusOr<Target> target = Resolve(flags.connection);
  if (!target.ok()) return target.status();
  if (target->tenant.empty()) target->tenant = "default";
  auto channel = Channel::Open(target->connection, target->deadline);
  if (!channel.ok()) return channel.status();
  const auto form = client::ParseOutputForm(flags.output).value_or(client::OutputForm::kTable);
  return std::unique_ptr<ApiSession>(
      new ApiSession(*std::move(target), form, MakeCaller(*std::move(channel))));
}

ApiSession::ApiSession(Target target, client::OutputForm form,
                       std::unique_ptr<client::Caller> caller)
    : target_(std::move(target)),
      form_(form),
      color_(WantsColor()),
      caller_(std::move(caller)),
      resources_(*caller_) {}

void ApiSession::Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

bool ApiSession::PrintAsData(const google::protobuf::Message& message) const {
  if (form_ != client::OutputForm::kJson && form_ != client::OutputForm::kYaml) return false;
  Print(form_ == client::OutputForm::kJson ? client::ToJson(message) : config::ToYaml(message));
  return true;
}

int ApiSession::Fail(const absl::Status& status) const {
  return cli::Fail(client::Explain(status, target_.connection.address), client::EndingOf(status));
}

int FailBefore(const absl::Status& status) {
  return Fail(std::string(status.message()), client::kEndWrongInput);
}

}  // namespace carillon::cli

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "api_session.h"
#include "carillon/aip/field_path.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/config/to_yaml.h"
#include "carillon/v1/server_service.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

constexpr size_t kMaxSettingShown = 60;

struct SettingsFlags {
  ApiFlags api;
  bool sources = false;
};

absl::StatusOr<client::Answer> AskServer(ApiSession& session,
                                         const google::protobuf::Message& request,
                                         const char* method) {
  const auto& service =
      *v1::GetSettingsRequest::descriptor()->file()->FindServiceByName("ServerService");
  return session.resources().Call(*service.FindMethodByName(method), request);
}

int ShowSettings(ApiSession& session) {
  const absl::StatusOr<client::Answer> settings =
      AskServer(session, v1::GetSettingsRequest(), "GetSettings");
  if (!settings.ok()) return session.Fail(settings.status());
  const bool json = session.form() == client::OutputForm::kJson;
  ApiSession::Print(json ? client::ToJson(**settings) : config::ToYaml(**settings));
  return client::kEndDone;
}

/// `carillon.yaml:12`, `environment CARILLON_LOG_LEVEL, not carillon.yaml:12`.
std::string SourceText(const v1::SettingSource& source, const std::string& file) {
  const std::string place = source.line() == 0 ? "" : absl::StrCat(file, ":", source.line());
  if (source.variable().empty()) return place;
  const std::string variable = absl::StrCat("environment ", source.variable());
  return place.empty() ? variable : absl::StrCat(variable, ", not ", place);
}

/// Whether the member has members of its own: they fit no cell.
bool HasMembers(const v1::SettingSource& source) {
  const std::vector<std::string> path = absl::StrSplit(source.path(), '.');
  const auto member = aip::FieldPath::Resolve(*v1::Config::descriptor(), path);
  if (!member.ok() || member->leaf().message_type() == nullptr) return false;
  return member->leaf().message_type()->file()->package() != "google.protobuf";
}

/// Of what is never shown, where it is read from.
std::string SettingText(const v1::SettingSource& source, const v1::Config& settings) {
  if (!source.reference().empty()) return base::Printable(source.reference(), kMaxSettingShown);
  if (HasMembers(source)) return "(set)";
  const std::string text = client::CellText(settings, source.path());
  return text.empty() ? "(set)" : base::Printable(text, kMaxSettingShown);
}

int ShowSources(ApiSession& session) {
  const absl::StatusOr<client::Answer> answer =
      AskServer(session, v1::GetSettingSourcesRequest(), "GetSettingSources");
  if (!answer.ok()) return session.Fail(answer.status());
  if (session.PrintAsData(**answer)) return client::kEndDone;
  const absl::StatusOr<client::Answer> settings =
      AskServer(session, v1::GetSettingsRequest(), "GetSettings");
  if (!settings.ok()) return session.Fail(settings.status());
  const auto& sources = static_cast<const v1::SettingSources&>(**answer);
  client::Table table({"SETTING", "VALUE", "SOURCE"});
  for (const v1::SettingSource& source : sources.sources()) {
    table.Add({{source.path()},
               {SettingText(source, static_cast<const v1::Config&>(**settings))},
               {SourceText(source, sources.file())}});
  }
  ApiSession::Print(table.Format(session.color()));
  return client::kEndDone;
}

}  // namespace

void AddSettingsCommand(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("settings", "Show under which settings the server runs");
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<SettingsFlags>();
  command->add_flag("--sources", flags->sources,
                    "Only those that are set, and where each comes from: a line of the "
                    "file, or an environment variable");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] {
    chosen = [flags] {
      return WithSession(flags->api, flags->sources ? &ShowSources : &ShowSettings);
    };
  });
}

}  // namespace carillon::cli

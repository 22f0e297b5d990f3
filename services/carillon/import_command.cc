#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/v1/event_type_service.pb.h"
#include "commands.h"
#include "exit_codes.h"
#include "resource_flags.h"

namespace carillon::cli {
namespace {

struct ImportFlags {
  ApiFlags api;
  std::string file;
  std::vector<std::string> mappings;
  v1::ImportEventTypesRequest request;
};

/// `MESSAGE=EVENT_TYPE`.
absl::Status AddMappings(const ImportFlags& flags, v1::ImportEventTypesRequest& request) {
  for (const std::string& text : flags.mappings) {
    const size_t sign = text.find('=');
    if (sign == std::string::npos || sign == 0 || sign + 1 == text.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--map must be MESSAGE=EVENT_TYPE, not '", base::Printable(text), "'"));
    }
    auto& mapping = *request.add_mappings();
    mapping.set_message(text.substr(0, sign));
    mapping.set_event_type(text.substr(sign + 1));
  }
  return absl::OkStatus();
}

void TellImported(const ApiSession& session, const v1::ImportEventTypesResponse& done,
                  bool dry_run) {
  if (session.form() == client::OutputForm::kJson) return ApiSession::Print(client::ToJson(done));
  std::string text;
  const auto tell = [&](const auto& names, const char* word) {
    for (const std::string& name : names) {
      if (session.form() == client::OutputForm::kName) {
        absl::StrAppend(&text, name, "\n");
      } else {
        absl::StrAppend(&text, "event-type ", name, dry_run ? " would be " : " ", word, "\n");
      }
    }
  };
  tell(done.created(), "created");
  tell(done.updated(), "changed");
  ApiSession::Print(text);
  if (done.unchanged_count() > 0) Say(absl::StrCat(done.unchanged_count(), " unchanged"));
  if (dry_run) Say("a dry run: nothing was changed");
}

int ImportTypes(const ImportFlags& flags) {
  v1::ImportEventTypesRequest request = flags.request;
  if (absl::Status status = AddMappings(flags, request); !status.ok()) return FailBefore(status);
  absl::StatusOr<std::string> set = ReadInput(flags.file);
  if (!set.ok()) return FailBefore(set.status());
  request.set_descriptor_set(*std::move(set));
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const auto& service = *client::FindKind("event-types")->service;
    const auto answer =
        session.resources().Call(*service.FindMethodByName("ImportEventTypes"), request);
    if (!answer.ok()) return session.Fail(answer.status());
    TellImported(session, static_cast<const v1::ImportEventTypesResponse&>(**answer),
                 request.validate_only());
    return client::kEndDone;
  });
}

}  // namespace

void AddImportCommand(CLI::App& group, Command& chosen) {
  CLI::App* command = group.add_subcommand(
      "import", "Make messages of a protobuf descriptor set the schemas of event types");
  command->footer(absl::StrCat(
      "Messages with the option carillon.v1.event_type, and those that --map names. All are "
      "imported, or none.\n"
      "Example: protoc --include_imports --descriptor_set_out=orders.binpb orders.proto && "
      "carillon event-types import orders.binpb --map acme.orders.v1.OrderPaid=order.paid\n",
      kApiExitCodeHelp));
  const auto flags = std::make_shared<ImportFlags>();
  command
      ->add_option("FILE", flags->file, "What protoc or buf build writes, or - for standard input")
      ->required();
  command
      ->add_option("--map", flags->mappings,
                   "MESSAGE=EVENT_TYPE, for a message without the option; may be given again")
      ->allow_extra_args(false);
  command->add_flag_callback(
      "--force", [flags] { flags->request.set_force(true); },
      "Also where a schema breaks with the one that the event type has");
  command->add_flag_callback(
      "--dry-run", [flags] { flags->request.set_validate_only(true); },
      "Let the server check it, and change nothing");
  command->add_option_function<std::string>(
      "--request-id", [flags](const std::string& id) { flags->request.set_request_id(id); },
      "Makes the call safe to repeat for 24 hours: 1-64 characters of [A-Za-z0-9_-]");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return ImportTypes(*flags); }; });
}

}  // namespace carillon::cli

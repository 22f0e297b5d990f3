#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/apply.h"
#include "carillon/client/explain.h"
#include "carillon/client/local_secrets.h"
#include "carillon/config/resource_documents.h"
#include "carillon/config/to_yaml.h"
#include "carillon/v1/config_service.pb.h"
#include "change_commands.h"
#include "commands.h"
#include "exit_codes.h"
#include "resource_flags.h"

namespace carillon::cli {
namespace {

using client::Answer;
using client::OutputForm;

struct ApplyFlags {
  ApiFlags api;
  std::vector<std::string> files;
  client::ApplyOptions options;
};

using Change = v1::ApplyConfigResponse::Change;

const char* WordOf(Change::Kind kind) {
  switch (kind) {
    case Change::CREATE:
      return "created";
    case Change::UPDATE:
      return "changed";
    case Change::DELETE:
      return "deleted";
    default:
      return "unchanged";
  }
}

/// All documents of all files, secrets read.
absl::StatusOr<std::vector<Answer>> ReadDocuments(const ApplyFlags& flags,
                                                  const std::string& tenant) {
  std::vector<Answer> documents;
  for (const std::string& file : flags.files) {
    const auto fail = [&file](const absl::Status& status) {
      return absl::InvalidArgumentError(absl::StrCat(file, ": ", status.message()));
    };
    const auto text = ReadInput(file);
    if (!text.ok()) return text.status();
    auto resources = config::ReadResources(*text, tenant);
    if (!resources.ok()) return fail(resources.status());
    for (Answer& resource : *resources) {
      absl::Status status = client::ReadLocalSecrets(ProcessEnvironment(), *resource);
      if (!status.ok()) {
        return fail(absl::InvalidArgumentError(
            absl::StrCat(client::TextOf(*resource, "name"), ".", status.message())));
      }
      documents.push_back(std::move(resource));
    }
  }
  if (documents.empty()) {
    return absl::InvalidArgumentError("the files hold no resource; nothing was done");
  }
  return documents;
}

/// Tells what was done, in the form that is wanted.
class Reporter {
 public:
  Reporter(const ApiSession& session, bool dry_run) : session_(session), dry_run_(dry_run) {}

  void Tell(const Change& change) {
    if (session_.form() == OutputForm::kName) return ApiSession::Print(change.resource() + "\n");
    if (for_programs()) return Collect(change);
    const bool would = dry_run_ && change.kind() != Change::KIND_UNSPECIFIED;
    std::string text =
        absl::StrCat(base::ToAbsl(client::KindOfName(change.resource())->singular), " ",
                     change.resource(), would ? " would be " : " ", WordOf(change.kind()), "\n");
    if (dry_run_) absl::StrAppend(&text, client::FormatDifferences(change, session_.color()));
    ApiSession::Print(text);
    *made_.mutable_keys() = change.created_keys();
    PrintSecrets(session_, made_);
  }

  void Finish() const {
    if (for_programs()) ApiSession::Print(results_.dump(1) + "\n");
  }

 private:
  bool for_programs() const {
    return session_.form() == OutputForm::kJson || session_.form() == OutputForm::kYaml;
  }

  void Collect(const Change& change) {
    const client::Kind& kind = *client::KindOfName(change.resource());
    nlohmann::ordered_json result = {{"kind", std::string(kind.singular)},
                                     {"name", change.resource()},
                                     {"action", WordOf(change.kind())}};
    for (const auto& each : change.differences()) {
      result["differences"].push_back(
          {{"path", each.path()}, {"before", each.before()}, {"after", each.after()}});
    }
    for (const v1::Key& key : change.created_keys()) {
      result["keys"].push_back({{"name", key.name()}, {"secret", key.secret().value()}});
    }
    results_["results"].push_back(std::move(result));
  }

  const ApiSession& session_;
  const bool dry_run_;
  v1::Destination made_;  // of whose keys the secrets are shown
  nlohmann::ordered_json results_ = {{"results", nlohmann::ordered_json::array()}};
};

/// Tells of all resources that were given, also of those that are as they were.
void Report(const v1::ApplyConfigRequest& request, const v1::ApplyConfigResponse& response,
            Reporter& reporter) {
  std::map<std::string, const Change*> changes;
  for (const Change& change : response.changes()) changes[change.resource()] = &change;
  for (const std::string& name : client::NamesIn(request)) {
    Change unchanged;
    unchanged.set_resource(name);
    const auto found = changes.find(name);
    reporter.Tell(found == changes.end() ? unchanged : *found->second);
  }
  for (const Change& change : response.changes()) {
    if (change.kind() == Change::DELETE) reporter.Tell(change);
  }
  reporter.Finish();
}

/// A method of the service of configurations.
const google::protobuf::MethodDescriptor& ConfigMethod(const char* name) {
  return *v1::ApplyConfigRequest::descriptor()
              ->file()
              ->FindServiceByName("ConfigService")
              ->FindMethodByName(name);
}

int Apply(const ApplyFlags& flags) {
  if (flags.options.prune && flags.options.apply_set.empty()) {
    return Fail(
        "--prune deletes what has the label of --apply-set and stands in no file: name the set",
        client::kEndWrongInput);
  }
  return WithSession(flags.api, [&flags](ApiSession& session) -> int {
    auto documents = ReadDocuments(flags, session.tenant());
    if (!documents.ok()) return FailBefore(documents.status());
    const auto request = client::MakeApplyRequest(*std::move(documents), flags.options);
    if (!request.ok()) return FailBefore(request.status());
    const absl::StatusOr<Answer> answer =
        session.resources().Call(ConfigMethod("ApplyConfig"), *request);
    if (!answer.ok()) return session.Fail(client::InNamesOf(*request, answer.status()));
    Reporter reporter(session, flags.options.dry_run);
    Report(*request, static_cast<const v1::ApplyConfigResponse&>(**answer), reporter);
    if (flags.options.dry_run) Say("a dry run: nothing was changed");
    return client::kEndDone;
  });
}

struct ExportFlags {
  ApiFlags api;
  std::vector<std::string> kinds;
};

/// Adds the resources of a list as documents, if they are of one of the kinds.
template <typename List>
void AddDocuments(const List& list, const std::vector<const client::Kind*>& kinds,
                  std::string& yaml) {
  const client::Kind* const kind = client::KindOfType(*List::value_type::descriptor());
  if (!kinds.empty() && std::ranges::find(kinds, kind) == kinds.end()) return;
  for (const auto& resource : list) {
    absl::StrAppend(&yaml, "---\n", config::ToYaml(resource, config::YamlMembers::kInput));
  }
}

int Export(const ExportFlags& flags) {
  std::vector<const client::Kind*> kinds;
  for (const std::string& word : flags.kinds) {
    const client::Kind* kind = client::FindKind(word);
    if (kind == nullptr || kind->IsNested() || !kind->declared) {
      return Fail(
          absl::StrCat("no kind '", base::Printable(word), "' to export", client::KnownKinds(word)),
          client::kEndWrongInput);
    }
    kinds.push_back(kind);
  }
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    v1::ExportConfigRequest request;
    request.set_parent(absl::StrCat("tenants/", session.tenant()));
    ApiSession::Print("# For `carillon apply -f`. Secrets are in no answer, so none is here.\n");
    do {
      const absl::StatusOr<Answer> answer =
          session.resources().Call(ConfigMethod("ExportConfig"), request);
      if (!answer.ok()) return session.Fail(answer.status());
      const auto& page = static_cast<const v1::ExportConfigResponse&>(**answer);
      std::string yaml;
      AddDocuments(page.config().tenants(), kinds, yaml);
      AddDocuments(page.config().event_types(), kinds, yaml);
      AddDocuments(page.config().destinations(), kinds, yaml);
      AddDocuments(page.config().subscriptions(), kinds, yaml);
      ApiSession::Print(yaml);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return client::kEndDone;
  });
}

}  // namespace

void AddApplyCommand(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("apply", "Create and change resources so that they are as files say");
  command->footer(absl::StrCat(
      "A file holds YAML or JSON documents: destinations and subscriptions in the form of the "
      "configuration file, answers of get, or single resources with their whole name. Each is "
      "taken "
      "as a whole: what it does not say returns to its default. All are changed at once, or none: "
      "an error changes nothing. Secrets that are named by file or env are read here.\n"
      "Example: carillon apply -f destinations.yaml --dry-run\n",
      kApiExitCodeHelp));
  const auto flags = std::make_shared<ApplyFlags>();
  command
      ->add_option("-f,--file", flags->files, "A file, or - for standard input; may be given again")
      ->required()
      ->allow_extra_args(false);
  command->add_flag("--dry-run", flags->options.dry_run,
                    "Show what would change, and change nothing");
  command->add_option("--apply-set", flags->options.apply_set,
                      "Label each resource as of this set (carillon/apply-set)");
  command->add_flag("--prune", flags->options.prune,
                    "Delete what is of the set, in the tenant of the files, and in no file; with "
                    "files of several tenants or with event types in all tenants");
  command->add_option(
      "--request-id", flags->options.request_id,
      "Makes the call safe to repeat for 24 hours: 1-64 characters of [A-Za-z0-9_-]");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Apply(*flags); }; });
}

void AddExportCommand(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("export", "Print the resources of the API as files for apply");
  command->footer(absl::StrCat(
      "Those of the tenant; of all tenants, with event types, by --tenant -.\n", kApiExitCodeHelp));
  const auto flags = std::make_shared<ExportFlags>();
  command->add_option("KIND", flags->kinds,
                      "tenants, event-types, destinations, subscriptions (default: all)");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Export(*flags); }; });
}

}  // namespace carillon::cli

#include <algorithm>
#include <cstdio>
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
#include "change_commands.h"
#include "commands.h"
#include "exit_codes.h"
#include "resource_flags.h"

namespace carillon::cli {
namespace {

using client::Action;
using client::Answer;
using client::OutputForm;
using client::Step;

struct ApplyFlags {
  ApiFlags api;
  std::vector<std::string> files;
  std::string apply_set;
  bool prune = false;
  bool dry_run = false;
};

const char* WordOf(Action action) {
  switch (action) {
    case Action::kCreate:
      return "created";
    case Action::kUpdate:
      return "changed";
    case Action::kDelete:
      return "deleted";
    case Action::kUnchanged:
      break;
  }
  return "unchanged";
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

/// Tells what is done, in the form that is wanted: lines as it happens, or JSON at the end.
class Reporter {
 public:
  Reporter(const ApiSession& session, bool dry_run) : session_(session), dry_run_(dry_run) {}

  void Tell(const Step& step, const Answer& answer) {
    if (session_.form() == OutputForm::kName) return ApiSession::Print(step.name + "\n");
    if (for_programs()) return Collect(step, answer);
    const bool would = dry_run_ && step.action != Action::kUnchanged;
    std::string text = absl::StrCat(base::ToAbsl(step.kind->singular), " ", step.name,
                                    would ? " would be " : " ", WordOf(step.action), "\n");
    if (dry_run_) {
      absl::StrAppend(&text, client::FormatDifferences(step.differences, session_.color()));
      if (!step.checked)
        absl::StrAppend(&text, "  (not checked: it names what is not there yet)\n");
    }
    ApiSession::Print(text);
    std::fflush(stdout);
    if (answer != nullptr && step.action == Action::kCreate) PrintSecrets(session_, *answer);
  }

  void Finish() const {
    if (for_programs()) ApiSession::Print(results_.dump(1) + "\n");
  }

 private:
  bool for_programs() const {
    return session_.form() == OutputForm::kJson || session_.form() == OutputForm::kYaml;
  }

  void Collect(const Step& step, const Answer& answer) {
    nlohmann::ordered_json result = {{"kind", std::string(step.kind->singular)},
                                     {"name", step.name},
                                     {"action", WordOf(step.action)}};
    if (answer != nullptr && step.action != Action::kDelete) {
      result["resource"] = nlohmann::ordered_json::parse(client::ToJson(*answer));
    }
    results_["results"].push_back(std::move(result));
  }

  const ApiSession& session_;
  const bool dry_run_;
  nlohmann::ordered_json results_ = {{"results", nlohmann::ordered_json::array()}};
};

int Apply(const ApplyFlags& flags) {
  if (flags.prune && flags.apply_set.empty()) {
    return Fail(
        "--prune deletes what has the label of --apply-set and stands in no file: name the set",
        client::kEndWrongInput);
  }
  return WithSession(flags.api, [&flags](ApiSession& session) -> int {
    auto documents = ReadDocuments(flags, session.tenant());
    if (!documents.ok()) return FailBefore(documents.status());
    client::Applier applier(
        session.resources(),
        {.apply_set = flags.apply_set, .prune = flags.prune, .tenant = session.tenant()});
    const auto plan = applier.Plan(*std::move(documents));
    if (!plan.ok()) return session.Fail(plan.status());
    Reporter reporter(session, flags.dry_run);
    size_t done = 0;
    for (const Step& step : *plan) {
      absl::StatusOr<Answer> answer = Answer();
      if (!flags.dry_run) answer = applier.Take(step);
      if (!answer.ok()) {
        reporter.Finish();
        Say(absl::StrCat(done, " of ", plan->size(), " were done; apply again to go on"));
        return session.Fail(answer.status());
      }
      reporter.Tell(step, *answer);
      ++done;
    }
    reporter.Finish();
    if (flags.dry_run) Say("a dry run: nothing was changed");
    return client::kEndDone;
  });
}

struct ExportFlags {
  ApiFlags api;
  std::vector<std::string> kinds;
  std::string filter;
};

/// Without what cannot be given back: keys, whose secrets are in no answer.
void AddTo(const google::protobuf::Message& resource, std::string& yaml) {
  const Answer copy(resource.New());
  copy->CopyFrom(resource);
  if (const auto* keys = copy->GetDescriptor()->FindFieldByName("keys")) {
    copy->GetReflection()->ClearField(copy.get(), keys);
  }
  absl::StrAppend(&yaml, "---\n", config::ToYaml(*copy, config::YamlMembers::kInput));
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
    std::string yaml = "# For `carillon apply -f`. Secrets are in no answer, so none is here.\n";
    for (const client::Kind& kind : client::Kinds()) {
      const bool wanted = kinds.empty() || std::ranges::find(kinds, &kind) != kinds.end();
      if (!wanted || kind.IsNested() || !kind.declared) continue;
      const std::string both =
          flags.filter.empty() ? "" : absl::StrCat(" AND (", flags.filter, ")");
      const absl::Status status = session.resources().List(
          kind,
          {.parent = absl::StrCat("tenants/", session.tenant()),
           .filter = "origin.kind = API" + both},
          [&yaml](const google::protobuf::Message& resource) { AddTo(resource, yaml); });
      // Tenants are for operators: whoever did not ask for them gets the rest.
      if (kinds.empty() && kind.IsTopLevel() && absl::IsPermissionDenied(status)) continue;
      if (!status.ok()) return session.Fail(status);
    }
    ApiSession::Print(yaml);
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
      "as a whole: what it does not say returns to its default. All are checked before the first "
      "is "
      "changed; to apply again goes on where an error ended it. Secrets that are named by file or "
      "env are read here. A secret under 32 characters cannot be compared, and is written each "
      "time.\n"
      "Example: carillon apply -f destinations.yaml --dry-run\n",
      kApiExitCodeHelp));
  const auto flags = std::make_shared<ApplyFlags>();
  command
      ->add_option("-f,--file", flags->files, "A file, or - for standard input; may be given again")
      ->required()
      ->allow_extra_args(false);
  command->add_flag("--dry-run", flags->dry_run, "Show what would change, and change nothing");
  command->add_option("--apply-set", flags->apply_set,
                      "Label each resource as of this set (carillon/apply-set)");
  command->add_flag("--prune", flags->prune,
                    "Delete what is of the set, in the tenants of the files, and in no file");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Apply(*flags); }; });
}

void AddExportCommand(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("export", "Print the resources of the API as files for apply");
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<ExportFlags>();
  command->add_option("KIND", flags->kinds, "destinations, subscriptions (default: all)");
  command->add_option("--filter", flags->filter, "Only those that match (AIP-160)");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Export(*flags); }; });
}

}  // namespace carillon::cli

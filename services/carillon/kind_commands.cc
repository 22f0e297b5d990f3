#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "action_commands.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/kinds.h"
#include "change_commands.h"
#include "commands.h"
#include "exit_codes.h"
#include "get_command.h"
#include "purge_command.h"

namespace carillon::cli {
namespace {

using client::Kind;

std::string Words(std::string_view before, std::string_view word, std::string_view after = "") {
  return absl::StrCat(base::ToAbsl(before), base::ToAbsl(word), base::ToAbsl(after));
}

/// `destinations, keys, ..., or a whole name`.
std::string KindHelp() {
  std::string help;
  for (const Kind& kind : client::Kinds()) absl::StrAppend(&help, base::ToAbsl(kind.plural), ", ");
  return help + "or a whole name";
}

std::string NameHelp(const Kind& kind) {
  if (kind.IsNested()) return "OUTER/NAME, or the whole name";
  if (!kind.IsAlsoOfNoTenant()) return "Its last part alone, or the whole name";
  return absl::StrCat("Its last part alone, or the whole name: ", base::ToAbsl(kind.plural),
                      "/NAME is of no tenant");
}

void AddListAndGet(CLI::App& group, const Kind& kind, Command& chosen) {
  for (const bool list : {true, false}) {
    CLI::App* command = group.add_subcommand(
        list ? "list" : "get", list ? Words("List ", kind.plural) : Words("Show ", kind.plural));
    command->footer(kApiExitCodeHelp);
    const auto flags = std::make_shared<GetFlags>();
    if (list) {
      AddListFlags(*command, *flags);
      if (kind.IsNested()) {
        auto* const outer = command->add_option(
            "OUTER", flags->names,
            kind.declared ? "The resource that they are in" : "Only those that are in it");
        outer->expected(kind.declared ? 1 : 0, 1);
        if (kind.declared) outer->required();
      }
      if (kind.IsAlsoOfNoTenant()) {
        command->add_flag("--no-tenant", flags->no_tenant, "Those of no tenant: of operators");
      }
    } else {
      command->add_option("NAME", flags->names, NameHelp(kind))->required();
    }
    AddApiFlags(*command, flags->api);
    command->callback(
        [&chosen, &kind, flags] { chosen = [&kind, flags] { return RunGet(kind, *flags); }; });
  }
}

void AddDescribe(CLI::App& group, const Kind& kind, Command& chosen) {
  CLI::App* command =
      group.add_subcommand("describe", Words("Show all of a ", kind.singular, ", for people"));
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<GetFlags>();
  command->add_option("NAME", flags->names, NameHelp(kind))->required()->expected(1);
  AddApiFlags(*command, flags->api);
  command->callback(
      [&chosen, &kind, flags] { chosen = [&kind, flags] { return RunDescribe(kind, *flags); }; });
}

void AddCreate(CLI::App& group, const Kind& kind, Command& chosen) {
  CLI::App* command = group.add_subcommand("create", Words("Create a ", kind.singular));
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<ChangeFlags>();
  auto* const name = command->add_option(
      "NAME", flags->names,
      kind.IsNested() ? "OUTER/NAME, or OUTER: then the server makes the name"
      : kind.IsAlsoOfNoTenant()
          ? NameHelp(kind)
          : "Its last part; if left out, the file's, or one that the server makes");
  name->expected(kind.IsNested() ? 1 : 0, 1);
  if (kind.IsNested()) name->required();
  AddResourceFlags(*command, kind, flags->resource);
  if (kind.Method("Create")->input_type()->FindFieldByName("reuse_name") != nullptr) {
    command->add_flag("--reuse-name", flags->options.reuse_name,
                      "It is the same tenant again as one that was deleted, and sees what is kept "
                      "of that");
  }
  AddChangeFlags(*command, *flags);
  AddApiFlags(*command, flags->api);
  command->callback(
      [&chosen, &kind, flags] { chosen = [&kind, flags] { return RunCreate(kind, *flags); }; });
}

void AddUpdate(CLI::App& group, const Kind& kind, Command& chosen) {
  CLI::App* command =
      group.add_subcommand("update", Words("Change what is given of a ", kind.singular));
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<ChangeFlags>();
  command->add_option("NAME", flags->names, NameHelp(kind))->required()->expected(1);
  AddResourceFlags(*command, kind, flags->resource);
  AddClearFlag(*command, flags->resource);
  if (kind.Method("Update")->input_type()->FindFieldByName("allow_missing") != nullptr) {
    command->add_flag("--allow-missing", flags->options.allow_missing,
                      "Create it if it does not exist");
  }
  command->add_option("--etag", flags->options.etag, "Only if nobody changed it since");
  AddChangeFlags(*command, *flags);
  AddApiFlags(*command, flags->api);
  command->callback(
      [&chosen, &kind, flags] { chosen = [&kind, flags] { return RunUpdate(kind, *flags); }; });
}

void AddDeleteFlags(CLI::App& command, ChangeFlags& flags) {
  command.add_flag("--force", flags.options.force,
                   "Of destinations: also those that subscriptions name, which are changed; of "
                   "tenants: with all that they have");
  command.add_flag("--no-wait", flags.no_wait,
                   "Of tenants: end at once, and let the operation that deletes it go on");
  command.add_flag("--allow-missing", flags.options.allow_missing,
                   "What does not exist is no mistake");
  command.add_option("--etag", flags.options.etag, "Only if nobody changed it since");
  AddChangeFlags(command, flags);
  AddApiFlags(command, flags.api);
}

void AddDelete(CLI::App& group, const Kind& kind, Command& chosen) {
  CLI::App* command = group.add_subcommand("delete", Words("Delete ", kind.plural));
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<ChangeFlags>();
  command->add_option("NAME", flags->names, NameHelp(kind))->required();
  AddDeleteFlags(*command, *flags);
  command->callback(
      [&chosen, &kind, flags] { chosen = [&kind, flags] { return RunDelete(kind, *flags); }; });
}

void AddRotate(CLI::App& group, Command& chosen) {
  CLI::App* command =
      group.add_subcommand("rotate", "Replace a key; both sign until the overlap is over");
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<ChangeFlags>();
  command->add_option("NAME", flags->names, "DESTINATION/KEY, or the whole name")
      ->required()
      ->expected(1);
  command->add_option("--overlap", flags->overlap,
                      "How long the old one goes on signing: 0 to 30d (default: 24h)");
  command->add_option("--algorithm", flags->algorithm,
                      "Of the new one: hmac_sha256 or ed25519 (default: as the old one)");
  command->add_option("--etag", flags->options.etag, "Only if nobody changed it since");
  command->add_option("--request-id", flags->options.request_id,
                      "Makes the call safe to repeat for 24 hours");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return RunRotate(*flags); }; });
}

void AddGenericGet(CLI::App& app, Command& chosen, bool describe) {
  CLI::App* command = app.add_subcommand(
      describe ? "describe" : "get",
      describe ? "Show all of one resource, for people" : "Show or list resources of any kind");
  command->footer(std::string(describe ? "Example: carillon describe destination orders\n"
                                       : "Examples: carillon get destinations; carillon get "
                                         "destination orders -o yaml; carillon get keys orders\n") +
                  kApiExitCodeHelp);
  const auto flags = std::make_shared<GetFlags>();
  command->add_option("KIND", flags->kind, KindHelp())->required();
  command->add_option("NAME", flags->names, "Which; if left out, all are listed");
  if (!describe) AddListFlags(*command, *flags);
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags, describe] {
    chosen = [flags, describe]() -> int {
      const Kind* kind = KindOf(*flags);
      if (kind == nullptr) return client::kEndWrongInput;
      if (!describe) return RunGet(*kind, *flags);
      if (flags->names.size() == 1) return RunDescribe(*kind, *flags);
      return Fail("describe shows one resource: give its name", client::kEndWrongInput);
    };
  });
}

void AddGenericDelete(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("delete", "Delete resources of any kind");
  command->footer(std::string("Example: carillon delete destination orders --force\n") +
                  kApiExitCodeHelp);
  const auto which = std::make_shared<GetFlags>();
  const auto flags = std::make_shared<ChangeFlags>();
  command->add_option("KIND", which->kind, KindHelp())->required();
  command->add_option("NAME", which->names, "Which");
  AddDeleteFlags(*command, *flags);
  command->callback([&chosen, which, flags] {
    chosen = [which, flags]() -> int {
      const Kind* kind = KindOf(*which);
      if (kind == nullptr) return client::kEndWrongInput;
      if (which->names.empty()) return Fail("name what is deleted", client::kEndWrongInput);
      flags->names = which->names;
      return RunDelete(*kind, *flags);
    };
  });
}

}  // namespace

void AddGenericCommands(CLI::App& app, Command& chosen) {
  AddGenericGet(app, chosen, false);
  AddGenericGet(app, chosen, true);
  AddGenericDelete(app, chosen);
}

void AddKindCommands(CLI::App& app, Command& chosen) {
  for (const Kind& kind : client::Kinds()) {
    CLI::App* group = app.add_subcommand(std::string(kind.group.empty() ? kind.plural : kind.group),
                                         Words("Work with ", kind.plural));
    group->require_subcommand(1);
    AddListAndGet(*group, kind, chosen);
    AddDescribe(*group, kind, chosen);
    if (kind.Method("Create") != nullptr) AddCreate(*group, kind, chosen);
    if (kind.Method("Update") != nullptr) AddUpdate(*group, kind, chosen);
    if (kind.Method("Delete") != nullptr) AddDelete(*group, kind, chosen);
    AddActionCommands(*group, kind, chosen);
    if (kind.Method("Rotate") != nullptr) AddRotate(*group, chosen);
    if (kind.plural == "deliveries") {
      AddTailCommand(*group, chosen);
      AddPurgeDeliveriesCommand(*group, chosen);
    }
    if (kind.Method("Explain") != nullptr) AddExplainCommand(*group, chosen);
    if (kind.Method("Preview") != nullptr) AddPreviewCommand(*group, chosen);
    if (kind.plural == "destinations") AddCheckUrlCommand(*group, chosen);
    if (kind.singular == "event-type") {
      AddImportCommand(*group, chosen);
      AddMembersCommand(*group, chosen);
    }
    if (kind.plural == "keys") {
      AddGenerateKeyCommand(*group, chosen);
      AddRewrapCommand(*group, chosen);
    }
    if (kind.plural == "tokens") AddGenerateTokenCommand(*group, chosen);
  }
}

}  // namespace carillon::cli

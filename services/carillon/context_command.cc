#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/client/contexts.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "commands.h"
#include "connection_flags.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

using client::Context;
using client::ContextFile;

int FailWith(const absl::Status& status) {
  return Fail(std::string(status.message()), client::EndingOf(status));
}

std::string Path() { return client::ContextPath(ProcessEnvironment()); }

int ListContexts() {
  const auto file = client::LoadContexts(Path());
  if (!file.ok()) return FailWith(file.status());
  client::Table table({"CURRENT", "NAME", "SERVER", "TENANT", "TLS"});
  for (const Context& context : file->contexts) {
    const bool tls = context.tls || !context.ca_file.empty() || !context.certificate_file.empty();
    table.Add({{context.name == file->current ? "*" : ""},
               {context.name},
               {context.server},
               {context.tenant},
               {tls ? "true" : ""}});
  }
  if (table.empty()) {
    Say("no contexts; make one with: carillon context set NAME --server HOST:PORT --token-file "
        "FILE");
    return kExitDone;
  }
  std::fputs(table.Format(false).c_str(), stdout);
  return kExitDone;
}

/// Without the token, which is not for the eyes of who looks over a shoulder.
int ShowContext(const std::string& name) {
  const auto file = client::LoadContexts(Path());
  if (!file.ok()) return FailWith(file.status());
  Context context{.name = name};
  if (const absl::Status status = client::FillFrom(*file, context); !status.ok()) {
    return FailWith(status);
  }
  if (context.name.empty())
    return Fail("there is no current context; see carillon context use", client::kEndNotFound);
  if (!context.token.empty()) context.token = "***";
  std::fputs(client::FormatContexts({.contexts = {context}}).c_str(), stdout);
  return kExitDone;
}

int UseContext(const std::string& name) {
  auto file = client::LoadContexts(Path());
  if (!file.ok()) return FailWith(file.status());
  Context context{.name = name};
  if (const absl::Status status = client::FillFrom(*file, context); !status.ok()) {
    return FailWith(status);
  }
  file->current = name;
  if (const absl::Status status = client::SaveContexts(Path(), *file); !status.ok()) {
    return FailWith(status);
  }
  Say(absl::StrCat("the current context is ", name));
  return kExitDone;
}

/// Members that are empty stay as they are in the file.
void Overlay(const Context& given, Context& stored) {
  if (!given.token.empty()) stored.token_file.clear();
  if (!given.token_file.empty()) stored.token.clear();
  for (std::string Context::* member :
       {&Context::server, &Context::tenant, &Context::token, &Context::token_file,
        &Context::ca_file, &Context::certificate_file, &Context::key_file}) {
    if (!(given.*member).empty()) stored.*member = given.*member;
  }
  stored.tls |= given.tls;
}

int SetContext(const Context& given) {
  auto file = client::LoadContexts(Path());
  if (!file.ok()) return FailWith(file.status());
  const auto found = std::ranges::find(file->contexts, given.name, &Context::name);
  if (found != file->contexts.end()) {
    Overlay(given, *found);
  } else {
    file->contexts.push_back(given);
  }
  if (file->contexts.size() == 1) file->current = given.name;
  if (const absl::Status status = client::SaveContexts(Path(), *file); !status.ok()) {
    return FailWith(status);
  }
  Say(absl::StrCat(Path(), ": context ", given.name, " is set"));
  return kExitDone;
}

int DeleteContext(const std::string& name) {
  auto file = client::LoadContexts(Path());
  if (!file.ok()) return FailWith(file.status());
  Context context{.name = name};
  if (const absl::Status status = client::FillFrom(*file, context); !status.ok()) {
    return FailWith(status);
  }
  std::erase_if(file->contexts, [&name](const Context& each) { return each.name == name; });
  if (file->current == name) file->current.clear();
  if (const absl::Status status = client::SaveContexts(Path(), *file); !status.ok()) {
    return FailWith(status);
  }
  Say(absl::StrCat("context ", name, " is deleted"));
  return kExitDone;
}

void AddNamed(CLI::App& group, Command& chosen, const char* verb, const char* help, bool required,
              int (*run)(const std::string&)) {
  CLI::App* command = group.add_subcommand(verb, help);
  const auto name = std::make_shared<std::string>();
  auto* const option = command->add_option("NAME", *name, "Of the context");
  if (required) option->required();
  command->callback([&chosen, name, run] { chosen = [name, run] { return run(*name); }; });
}

void AddSet(CLI::App& group, Command& chosen) {
  CLI::App* command = group.add_subcommand("set", "Make a context, or change what is given of it");
  const auto given = std::make_shared<Context>();
  command->add_option("NAME", given->name, "Of the context")->required();
  command->add_option("--server", given->server, "HOST:PORT of carillond's publish address");
  command->add_option("--tenant", given->tenant, "The tenant that commands mean");
  auto* const token = command->add_option("--token", given->token,
                                          "Kept in the file as it is (better: --token-file)");
  command->add_option("--token-file", given->token_file, "A file that holds the token")
      ->excludes(token);
  command->add_flag("--tls", given->tls, "Connect with TLS");
  command->add_option("--ca-file", given->ca_file, "PEM: authorities that vouch for the server");
  command->add_option("--certificate-file", given->certificate_file, "PEM: a client certificate");
  command->add_option("--key-file", given->key_file, "PEM: its private key");
  command->callback([&chosen, given] { chosen = [given] { return SetContext(*given); }; });
}

}  // namespace

void AddContextCommand(CLI::App& app, Command& chosen) {
  CLI::App* group =
      app.add_subcommand("context", "Which server is called, as whom, in which tenant");
  group->require_subcommand(1);
  group->footer(
      "Contexts are kept in carillon/config.yaml in XDG_CONFIG_HOME or ~/.config, or in the file "
      "that "
      "CARILLON_CONTEXT_FILE names. A flag or a variable of the environment goes before them.");
  CLI::App* list = group->add_subcommand("list", "List contexts");
  list->callback([&chosen] { chosen = [] { return ListContexts(); }; });
  AddNamed(*group, chosen, "show", "Show a context, or the current one", false, &ShowContext);
  AddNamed(*group, chosen, "use", "Make a context the current one", true, &UseContext);
  AddNamed(*group, chosen, "delete", "Delete a context", true, &DeleteContext);
  AddSet(*group, chosen);
}

}  // namespace carillon::cli

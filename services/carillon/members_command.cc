#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/v1/event_type_service.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

constexpr size_t kMaxValueShown = 60;

struct MembersFlags {
  ApiFlags api;
  std::vector<std::string> types;
  std::string prefix;
  int32_t limit = 0;
};

/// What it can be: the values that are allowed, else what a sample has there.
std::string ExampleOf(const v1::SuggestMembersResponse::Member& member) {
  const std::string text =
      member.values().empty() ? member.sample() : absl::StrJoin(member.values(), " ");
  return base::Printable(text, kMaxValueShown);
}

std::string MembersText(const v1::SuggestMembersResponse& answer, bool color) {
  client::Table table({"MEMBER", "KIND", "TYPES", "VALUES", "DESCRIPTION"});
  for (const auto& each : answer.members()) {
    table.Add({{base::Printable(each.path(), 256)},
               {client::CellText(each, "kind")},
               {absl::StrCat(each.event_type_count())},
               {ExampleOf(each)},
               {base::Printable(each.description(), kMaxValueShown)}});
  }
  return table.Format(color);
}

int Members(const MembersFlags& flags) {
  v1::SuggestMembersRequest request;
  for (const std::string& type : flags.types) request.add_types(type);
  request.set_prefix(flags.prefix);
  request.set_page_size(flags.limit);
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const auto& method = *request.GetDescriptor()
                              ->file()
                              ->FindServiceByName("EventTypeService")
                              ->FindMethodByName("SuggestMembers");
    const auto answer = session.resources().Call(method, request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& found = static_cast<const v1::SuggestMembersResponse&>(**answer);
    if (session.PrintAsData(found)) return client::kEndDone;
    if (found.members().empty()) {
      Say("nothing is known of their payloads: give them a schema or a sample");
      return client::kEndDone;
    }
    ApiSession::Print(MembersText(found, session.color()));
    if (found.truncated()) Say("there are more: name types, or a --prefix");
    return client::kEndDone;
  });
}

}  // namespace

void AddMembersCommand(CLI::App& group, Command& chosen) {
  CLI::App* command = group.add_subcommand(
      "members", "Show which members of payloads filters of subscriptions can ask about");
  command->footer(
      std::string("Example: carillon event-types members 'order.*' --prefix customer.\n") +
      kApiExitCodeHelp);
  const auto flags = std::make_shared<MembersFlags>();
  command->add_option("TYPE", flags->types,
                      "order.paid, 'order.*', ... (default: all that are published by others)");
  command->add_option("--prefix", flags->prefix, "Only members that begin so: customer.");
  command->add_option("--limit", flags->limit, "At most so many, 1 to 500 (default: 100)");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Members(*flags); }; });
}

}  // namespace carillon::cli

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/v1/subscription_service.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

using client::Kind;

struct PreviewFlags {
  ApiFlags api;
  std::string name;
  int32_t max_events = 0;
};

std::string TableOf(const v1::PreviewSubscriptionResponse& answer, bool color) {
  client::Table table({"EVENT", "TYPE", "ACCEPTED", "MATCHES", "FAILS AT", "FOUND"});
  for (const auto& each : answer.results()) {
    table.Add({{each.event_id()},
               {each.type()},
               {client::CellText(each, "accept_time")},
               {each.matched() ? "yes" : "no",
                each.matched() ? client::Tone::kGood : client::Tone::kPlain},
               {each.failed_condition()},
               {each.found_value()}});
  }
  return table.Format(color);
}

int Preview(const PreviewFlags& flags) {
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const Kind& kind = *client::FindKind("subscriptions");
    const auto name = client::WholeName(kind, flags.name, session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    const auto stored = session.resources().Get(kind, *name);
    if (!stored.ok()) return session.Fail(stored.status());
    v1::PreviewSubscriptionRequest request;
    request.set_parent(client::ParentOf(*name));
    request.mutable_subscription()->CopyFrom(**stored);
    request.set_max_events(flags.max_events);
    const auto answer = session.resources().Call(*kind.Method("Preview"), request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& preview = static_cast<const v1::PreviewSubscriptionResponse&>(**answer);
    if (session.form() == client::OutputForm::kJson) {
      ApiSession::Print(client::ToJson(preview));
      return client::kEndDone;
    }
    ApiSession::Print(TableOf(preview, session.color()));
    Say(absl::StrCat(preview.matched_count(), " of the last ", preview.scanned_count(),
                     " events match"));
    return client::kEndDone;
  });
}

}  // namespace

void AddPreviewCommand(CLI::App& group, Command& chosen) {
  CLI::App* command =
      group.add_subcommand("preview", "Show which of the last events it would have matched");
  command->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<PreviewFlags>();
  command->add_option("NAME", flags->name, "Its last part alone, or the whole name")->required();
  command->add_option("--max-events", flags->max_events,
                      "How many are looked at, 1 to 10000 (default: 1000)");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Preview(*flags); }; });
}

}  // namespace carillon::cli

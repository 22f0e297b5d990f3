#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/config/set_member.h"
#include "carillon/v1/delivery_service.pb.h"
#include "carillon/v1/operation.pb.h"
#include "change_commands.h"
#include "commands.h"
#include "exit_codes.h"
#include "operation_progress.h"
#include "time_flags.h"

namespace carillon::cli {
namespace {

using client::Kind;

struct ReplayFlags {
  ApiFlags api;
  std::string destination;
  std::string from;
  std::string to;
  std::string filter;
  std::string selection;
  std::string max_rate;
  std::string request_id;
  bool dry_run = false;
  bool no_wait = false;
};

/// INVALID_ARGUMENT names the flag.
absl::StatusOr<v1::ReplayEventsRequest> RequestOf(const ReplayFlags& flags) {
  v1::ReplayEventsRequest request;
  const absl::Time now = absl::Now();
  for (const auto& [flag, member, value] :
       {std::tuple("--from", "start_time", TimeText(flags.from, now)),
        std::tuple("--to", "end_time", TimeText(flags.to, now)),
        std::tuple("--selection", "selection", flags.selection),
        std::tuple("--max-rate", "max_rate", flags.max_rate)}) {
    if (value.empty()) continue;
    const absl::Status status = config::SetMember(member, value, config::ValueForm::kYaml, request);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(flag, ": ", status.message()));
    }
  }
  request.set_filter(flags.filter);
  request.set_request_id(flags.request_id);
  request.set_validate_only(flags.dry_run);
  return request;
}

int Replay(const ReplayFlags& flags) {
  auto request = RequestOf(flags);
  if (!request.ok()) return FailBefore(request.status());
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const Kind& destinations = *client::FindKind("destinations");
    auto name = client::WholeName(destinations, flags.destination, session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    request->set_destination(*std::move(name));
    const auto& method = *client::FindKind("deliveries")->service->FindMethodByName("ReplayEvents");
    const auto answer = session.resources().Call(method, *request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& replay = static_cast<const v1::ReplayEventsResponse&>(**answer);
    if (flags.dry_run) {
      return PrintMatches(
          session, {replay, replay.matched_count(), replay.estimated(), replay.sample()}, "events");
    }
    if (!flags.no_wait) return FollowOperation(session, replay.operation());
    ApiSession::Print(RenderOne(*client::FindKind("operations"), replay.operation(), session.form(),
                                session.color()));
    return client::kEndDone;
  });
}

}  // namespace

void AddReplayCommand(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("replay", "Send events that are kept to a destination again");
  command->footer(
      std::string("Goes on when this command ends: carillon operations cancel NAME stops it.\n"
                  "Example: carillon replay orders --from 24h --selection missing\n") +
      kApiExitCodeHelp);
  const auto flags = std::make_shared<ReplayFlags>();
  command->add_option("DESTINATION", flags->destination, "Its last part alone, or the whole name")
      ->required();
  command->add_option("--from", flags->from,
                      "Events accepted from then on: 24h (ago) or 2027-01-31T12:00:00Z (default: "
                      "the oldest that is kept)");
  command->add_option("--to", flags->to, "Before then, in the same form (default: now)");
  command->add_option("--filter", flags->filter,
                      "Only those that match (AIP-160): type = \"order.paid\"");
  command->add_option("--selection", flags->selection,
                      "subscribed, missing (of those, what never arrived) or all of the tenant "
                      "(default: subscribed)");
  command->add_option("--max-rate", flags->max_rate,
                      "Deliveries a second at most (default: as many as the destination takes)");
  command->add_flag("--dry-run", flags->dry_run, "Count them, and send nothing");
  command->add_flag("--no-wait", flags->no_wait, "End at once, and let it go on");
  command->add_option("--request-id", flags->request_id,
                      "Makes the call safe to repeat for 24 hours");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Replay(*flags); }; });
}

}  // namespace carillon::cli

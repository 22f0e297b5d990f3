#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/client/explain.h"
#include "carillon/config/set_member.h"
#include "carillon/v1/delivery_service.pb.h"
#include "commands.h"
#include "exit_codes.h"
#include "get_command.h"
#include "operation_progress.h"
#include "purge_command.h"

namespace carillon::cli {
namespace {

constexpr char kDead[] = "state = DEAD";

struct DeadFlags {
  GetFlags get;
  std::string max_rate;
  std::string request_id;
  bool dry_run = false;
  bool no_wait = false;
};

int List(const DeadFlags& flags) {
  GetFlags get = flags.get;
  get.filter = DeadFilter(flags.get.filter);
  return RunGet(*client::FindKind("deliveries"), get);
}

int Resend(const DeadFlags& flags) {
  v1::ResendDeliveriesRequest request;
  request.set_filter(DeadFilter(flags.get.filter));
  request.set_request_id(flags.request_id);
  request.set_validate_only(flags.dry_run);
  if (!flags.max_rate.empty()) {
    const absl::Status status =
        config::SetMember("max_rate", flags.max_rate, config::ValueForm::kYaml, request);
    if (!status.ok()) return FailBefore(status);
  }
  return WithSession(flags.get.api, [&](ApiSession& session) -> int {
    const client::Kind& deliveries = *client::FindKind("deliveries");
    const std::string outer = flags.get.names.empty() ? "" : flags.get.names.front();
    const auto parent = client::ParentName(deliveries, outer, session.tenant());
    if (!parent.ok()) return FailBefore(parent.status());
    request.set_parent(*parent);
    const auto answer = session.resources().Call(
        *deliveries.service->FindMethodByName("ResendDeliveries"), request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& resent = static_cast<const v1::ResendDeliveriesResponse&>(**answer);
    if (flags.dry_run) {
      return PrintMatches(session,
                          {resent, resent.matched_count(), resent.estimated(), resent.sample()},
                          "dead letters");
    }
    if (!flags.no_wait) return FollowOperation(session, resent.operation());
    ApiSession::Print(RenderOne(*client::FindKind("operations"), resent.operation(), session.form(),
                                session.color()));
    return client::kEndDone;
  });
}

void AddResend(CLI::App& group, Command& chosen) {
  CLI::App* command = group.add_subcommand("resend", "Send dead letters again, the newest first");
  command->footer(std::string("Example: carillon dead resend orders --filter 'outcome = "
                              "OUTCOME_HTTP_5XX' --dry-run\n") +
                  kApiExitCodeHelp);
  const auto flags = std::make_shared<DeadFlags>();
  command->add_option("OUTER", flags->get.names, "Only those of a destination")->expected(0, 1);
  command->add_option("--filter", flags->get.filter, "Only those that match, too (AIP-160)");
  command->add_option("--max-rate", flags->max_rate,
                      "Deliveries a second at most (default: as many as the destination takes)");
  command->add_flag("--dry-run", flags->dry_run, "Count them, and send nothing");
  command->add_flag("--no-wait", flags->no_wait, "End at once, and let it go on");
  command->add_option("--request-id", flags->request_id,
                      "Makes the call safe to repeat for 24 hours");
  AddApiFlags(*command, flags->get.api);
  command->callback([&chosen, flags] { chosen = [flags] { return Resend(*flags); }; });
}

}  // namespace

std::string DeadFilter(const std::string& filter) {
  return filter.empty() ? kDead : absl::StrCat(kDead, " AND (", filter, ")");
}

void AddDeadCommand(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("dead", "Work with dead letters: deliveries given up");
  group->require_subcommand(1);
  CLI::App* list = group->add_subcommand("list", "List dead letters");
  list->footer(kApiExitCodeHelp);
  const auto flags = std::make_shared<DeadFlags>();
  list->add_option("OUTER", flags->get.names, "Only those of a destination")->expected(0, 1);
  AddListFlags(*list, flags->get);
  AddApiFlags(*list, flags->get.api);
  list->callback([&chosen, flags] { chosen = [flags] { return List(*flags); }; });
  AddResend(*group, chosen);
  AddPurgeDeadCommand(*group, chosen);
}

}  // namespace carillon::cli

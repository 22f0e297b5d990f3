#include "purge_command.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/client/explain.h"
#include "carillon/v1/delivery_service.pb.h"
#include "exit_codes.h"
#include "get_command.h"
#include "operation_progress.h"

namespace carillon::cli {
namespace {

struct PurgeFlags {
  ApiFlags api;
  std::string outer;
  std::string filter;
  std::string request_id;
  const char* noun = "deliveries";
  bool yes = false;
  bool dry_run = false;
  bool no_wait = false;
};

/// Whether the one who sits at the terminal says yes. Where nobody does, nobody is asked.
bool IsWanted(const PurgeFlags& flags, const v1::PurgeDeliveriesResponse& counted) {
  if (flags.yes || isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) return true;
  const std::string question =
      absl::StrCat(counted.estimated() ? "about " : "", counted.matched_count(), " ", flags.noun,
                   " are purged for good. Go on? [y/N] ");
  std::fputs(question.c_str(), stderr);
  std::string answer;
  std::getline(std::cin, answer);
  answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
  return answer == "y" || answer == "yes";
}

int Purge(const PurgeFlags& flags) {
  v1::PurgeDeliveriesRequest request;
  request.set_filter(flags.filter);
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const client::Kind& deliveries = *client::FindKind("deliveries");
    const auto parent = client::ParentName(deliveries, flags.outer, session.tenant());
    if (!parent.ok()) return FailBefore(parent.status());
    request.set_parent(*parent);
    request.set_validate_only(true);
    const auto& method = *deliveries.service->FindMethodByName("PurgeDeliveries");
    const auto counted = session.resources().Call(method, request);
    if (!counted.ok()) return session.Fail(counted.status());
    const auto& matches = static_cast<const v1::PurgeDeliveriesResponse&>(**counted);
    if (flags.dry_run) {
      return PrintMatches(session,
                          {matches, matches.matched_count(), matches.estimated(), matches.sample()},
                          flags.noun, "purged");
    }
    if (!IsWanted(flags, matches)) {
      Say("nothing was changed");
      return client::kEndRefused;
    }
    request.set_validate_only(false);
    request.set_request_id(flags.request_id);
    const auto answer = session.resources().Call(method, request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& purge = static_cast<const v1::PurgeDeliveriesResponse&>(**answer);
    if (!flags.no_wait) return FollowOperation(session, purge.operation());
    ApiSession::Print(RenderOne(*client::FindKind("operations"), purge.operation(), session.form(),
                                session.color()));
    return client::kEndDone;
  });
}

void AddPurgeFlags(CLI::App& command, PurgeFlags& flags) {
  command.add_option("OUTER", flags.outer, "Only those of a destination");
  command.add_flag("--yes,-y", flags.yes, "Do not ask at a terminal");
  command.add_flag("--dry-run", flags.dry_run, "Count them, and purge nothing");
  command.add_flag("--no-wait", flags.no_wait, "End at once, and let it go on");
  command.add_option("--request-id", flags.request_id,
                     "Makes the call safe to repeat for 24 hours");
  AddApiFlags(command, flags.api);
}

}  // namespace

void AddPurgeDeadCommand(CLI::App& group, Command& chosen) {
  CLI::App* command = group.add_subcommand("purge", "Forget dead letters");
  command->footer(std::string("They are not shown and cannot be sent again any more; what was held "
                              "behind them goes on.\nExample: carillon dead purge orders --filter "
                              "'last_attempt_time < \"2027-01-31T12:00:00Z\"' --dry-run\n") +
                  kApiExitCodeHelp);
  const auto flags = std::make_shared<PurgeFlags>();
  flags->noun = "dead letters";
  command->add_option("--filter", flags->filter, "Only those that match, too (AIP-160)");
  AddPurgeFlags(*command, *flags);
  command->callback([&chosen, flags] {
    chosen = [flags] {
      PurgeFlags dead = *flags;
      dead.filter = DeadFilter(flags->filter);
      return Purge(dead);
    };
  });
}

void AddPurgeDeliveriesCommand(CLI::App& group, Command& chosen) {
  CLI::App* command =
      group.add_subcommand("purge", "Give up deliveries that wait, and forget dead letters");
  command->footer(std::string("Reaches what was never tried, too. What is on its way is left.\n"
                              "Example: carillon deliveries purge orders --filter 'state = QUEUED "
                              "AND event_type = \"cart.*\"' --dry-run\n") +
                  kApiExitCodeHelp);
  const auto flags = std::make_shared<PurgeFlags>();
  command->add_option("--filter", flags->filter, "Those that match (AIP-160); '*': all")
      ->required();
  AddPurgeFlags(*command, *flags);
  command->callback([&chosen, flags] { chosen = [flags] { return Purge(*flags); }; });
}

}  // namespace carillon::cli

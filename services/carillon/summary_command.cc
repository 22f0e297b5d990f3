#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api_session.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/v1/stats_service.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

struct SummaryFlags {
  ApiFlags api;
  bool everywhere = false;
};

/// What people call a member.
struct Row {
  const char* title;
  const char* path;
  bool always = false;  ///< also if it is 0
  client::Tone tone = client::Tone::kPlain;
};
constexpr Row kRows[] = {
    {"destinations", "destination_count", true},
    {"disabled", "disabled_count"},
    {"paused", "paused_count"},
    {"failing", "failing_count", true, client::Tone::kBad},
    {"not reachable", "unreachable_count", false, client::Tone::kBad},
    {"timing out", "timing_out_count", false, client::Tone::kBad},
    {"circuit not closed", "open_circuit_count", false, client::Tone::kWarning},
    {"not told in time", "unknown_count", false, client::Tone::kWarning},
    {"deliveries in flight", "in_flight_count", true},
    {"deliveries queued", "queued_count", true},
    {"deliveries parked", "parked_count", true},
    {"destinations behind", "behind_count"},
    {"oldest that waits", "oldest_accept_time"},
};

void AddRate(const char* title, bool known, double rate, client::Table& table) {
  if (known) table.Add({{title}, {absl::StrFormat("%.1f/s", rate)}});
}

std::string SummaryText(const v1::Summary& summary, bool color) {
  client::Table table({"FACT", "VALUE"});
  AddRate("accepted", summary.has_accepted_per_second(), summary.accepted_per_second(), table);
  AddRate("delivered", summary.has_delivered_per_second(), summary.delivered_per_second(), table);
  for (const Row& row : kRows) {
    std::string text = client::CellText(summary, row.path);
    const bool none = text.empty() || text == "0";
    if (none && !row.always) continue;
    table.Add({{row.title}, {std::move(text), none ? client::Tone::kPlain : row.tone}});
  }
  for (const v1::OutcomeCount& each : summary.destinations_by_outcome()) {
    table.Add({{absl::StrCat("last attempt ", client::CellText(each, "outcome"))},
               {absl::StrCat(each.count())}});
  }
  return table.Format(color);
}

int ShowSummary(const SummaryFlags& flags) {
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    v1::GetSummaryRequest request;
    request.set_name(absl::StrCat("tenants/", flags.everywhere ? "-" : session.tenant()));
    const auto& method = *request.GetDescriptor()
                              ->file()
                              ->FindServiceByName("StatsService")
                              ->FindMethodByName("GetSummary");
    const auto answer = session.resources().Call(method, request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& summary = static_cast<const v1::Summary&>(**answer);
    if (!session.PrintAsData(summary)) {
      ApiSession::Print(SummaryText(summary, session.color()));
    }
    return client::kEndDone;
  });
}

}  // namespace

void AddSummaryCommand(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("summary", "Show how deliveries to all destinations fare now");
  command->footer(std::string("Example: carillon summary --all-tenants\n") + kApiExitCodeHelp);
  const auto flags = std::make_shared<SummaryFlags>();
  command->add_flag("-A,--all-tenants", flags->everywhere, "Of all tenants that the caller sees");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return ShowSummary(*flags); }; });
}

}  // namespace carillon::cli

#include <google/protobuf/duration.pb.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/config/set_member.h"
#include "carillon/v1/stats_service.pb.h"
#include "change_commands.h"
#include "commands.h"
#include "exit_codes.h"
#include "time_flags.h"

namespace carillon::cli {
namespace {

struct StatsFlags {
  ApiFlags api;
  std::string name;
  std::string from = "24h";
  std::string to;
  std::string step;
  bool everywhere = false;
};

std::string TimeOf(const v1::GetStatsResponse& answer, int step) {
  const int64_t seconds = answer.start_time().seconds() + answer.step().seconds() * step;
  return base::FormatRfc3339(seconds, 0);
}

/// `1.2 %`; empty where nothing was tried.
std::string ShareText(int64_t part, int64_t whole) {
  return whole == 0 ? ""
                    : absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(part) /
                                                     static_cast<double>(whole));
}

std::vector<client::Cell> RowOf(const std::string& time, const v1::StatsPoint& point) {
  int64_t attempts = 0;
  int64_t failed = 0;
  for (const v1::OutcomeCount& each : point.attempts()) {
    attempts += each.count();
    if (each.outcome() != v1::OUTCOME_SUCCESS) failed += each.count();
  }
  std::vector<client::Cell> row = {{time},
                                   {absl::StrCat(attempts)},
                                   {ShareText(failed, attempts)},
                                   {absl::StrCat(point.delivered_count())},
                                   {absl::StrCat(point.dead_count())}};
  for (int i = 0; i < 3; ++i) {
    const bool there = i < point.quantiles_size();
    row.push_back({there
                       ? base::FormatDuration(std::chrono::seconds(point.quantiles(i).seconds()) +
                                              std::chrono::nanoseconds(point.quantiles(i).nanos()))
                       : ""});
  }
  return row;
}

std::string TableOf(const v1::GetStatsResponse& answer, bool color) {
  client::Table table({"FROM", "ATTEMPTS", "FAILED", "DELIVERED", "DEAD", "P50", "P90", "P99"});
  if (answer.series().empty()) return table.Format(color);
  const v1::StatsSeries& series = answer.series(0);
  for (int i = 0; i < series.points_size(); ++i) {
    table.Add(RowOf(TimeOf(answer, i), series.points(i)));
  }
  return table.Format(color);
}

absl::StatusOr<v1::GetStatsRequest> RequestOf(const StatsFlags& flags) {
  v1::GetStatsRequest request;
  for (const auto& [flag, member, value] :
       {std::tuple("--from", "start_time", TimeText(flags.from, absl::Now())),
        std::tuple("--to", "end_time", TimeText(flags.to, absl::Now())),
        std::tuple("--step", "step", flags.step)}) {
    if (value.empty()) continue;
    const absl::Status status = config::SetMember(member, value, config::ValueForm::kYaml, request);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(flag, ": ", status.message()));
    }
  }
  return request;
}

absl::StatusOr<std::string> NameOf(const StatsFlags& flags, const std::string& tenant) {
  if (flags.everywhere) return "tenants/-";
  if (flags.name.empty()) return absl::StrCat("tenants/", tenant);
  return client::WholeName(*client::FindKind("destinations"), flags.name, tenant);
}

int Stats(const StatsFlags& flags) {
  auto request = RequestOf(flags);
  if (!request.ok()) return FailBefore(request.status());
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    auto name = NameOf(flags, session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    request->set_name(*std::move(name));
    const auto& method = *request->GetDescriptor()
                              ->file()
                              ->FindServiceByName("StatsService")
                              ->FindMethodByName("GetStats");
    const auto answer = session.resources().Call(method, *request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& stats = static_cast<const v1::GetStatsResponse&>(**answer);
    ApiSession::Print(session.form() == client::OutputForm::kJson
                          ? client::ToJson(stats)
                          : TableOf(stats, session.color()));
    return client::kEndDone;
  });
}

}  // namespace

void AddStatsCommand(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("stats", "Show attempts, failures and latency over time");
  command->footer(std::string("Example: carillon stats orders --from 7d --step 1h\n") +
                  kApiExitCodeHelp);
  const auto flags = std::make_shared<StatsFlags>();
  command->add_option("DESTINATION", flags->name,
                      "Its last part alone, or the whole name (default: the whole tenant)");
  command->add_option("--from", flags->from, "24h (ago) or 2027-01-31T12:00:00Z (default: 24h)");
  command->add_option("--to", flags->to, "In the same form (default: now)");
  command->add_option("--step", flags->step,
                      "What one line is for: 5m, 1h, ... (default: one of at most 120 lines)");
  command->add_flag("-A,--all-tenants", flags->everywhere,
                    "Of all tenants: only who may see them all");
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return Stats(*flags); }; });
}

}  // namespace carillon::cli

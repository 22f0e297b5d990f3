#include "carillon/control/summary_methods.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "carillon/aip/error.h"
#include "carillon/aip/resource_name.h"
#include "delivery_messages.h"

namespace carillon::control {
namespace {

using delivery::DestinationStatus;
using model::Outcome;

constexpr std::string_view kTenantsPrefix = "tenants/";

/// It has failed, and nothing keeps it from being tried.
bool IsFailing(const DestinationStatus& status) {
  return status.state == DestinationStatus::State::kActive && status.failing_since &&
         status.last_attempt && status.last_outcome != Outcome::kSuccess;
}

bool IsUnreachable(Outcome outcome) {
  return outcome == Outcome::kDns || outcome == Outcome::kConnectRefused ||
         outcome == Outcome::kUnreachable;
}

bool IsTimeout(Outcome outcome) {
  return outcome == Outcome::kConnectTimeout || outcome == Outcome::kResponseTimeout;
}

void CountOutcome(Outcome outcome, v1::Summary& summary) {
  const v1::Outcome wanted = control::ToProto(outcome);
  auto& counts = *summary.mutable_destinations_by_outcome();
  const auto found = std::ranges::find(counts, wanted, &v1::OutcomeCount::outcome);
  v1::OutcomeCount& count = found != counts.end() ? *found : *counts.Add();
  count.set_outcome(wanted);
  count.set_count(count.count() + 1);
}

}  // namespace

void AddToSummary(const std::optional<DestinationStatus>& status, v1::Summary& summary) {
  summary.set_destination_count(summary.destination_count() + 1);
  if (!status) return summary.set_unknown_count(summary.unknown_count() + 1);
  summary.set_queued_count(summary.queued_count() + static_cast<int64_t>(status->queued));
  summary.set_parked_count(summary.parked_count() + static_cast<int64_t>(status->parked));
  summary.set_in_flight_count(summary.in_flight_count() + static_cast<int64_t>(status->in_flight));
  if (status->behind) summary.set_behind_count(summary.behind_count() + 1);
  if (status->state == DestinationStatus::State::kDisabled) {
    summary.set_disabled_count(summary.disabled_count() + 1);
  }
  if (status->state == DestinationStatus::State::kPaused) {
    summary.set_paused_count(summary.paused_count() + 1);
  }
  if (status->circuit != DestinationStatus::Circuit::kClosed) {
    summary.set_open_circuit_count(summary.open_circuit_count() + 1);
  }
  if (status->last_attempt) CountOutcome(status->last_outcome, summary);
  if (!IsFailing(*status)) return;
  summary.set_failing_count(summary.failing_count() + 1);
  if (IsUnreachable(status->last_outcome)) {
    summary.set_unreachable_count(summary.unreachable_count() + 1);
  }
  if (IsTimeout(status->last_outcome)) {
    summary.set_timing_out_count(summary.timing_out_count() + 1);
  }
}

void SummaryMethods::SetRates(const std::string& name, const Caller& caller,
                              v1::Summary& summary) const {
  if (statistics_ == nullptr) return;
  const std::string tenant = name.substr(kTenantsPrefix.size());
  statistics::Rates sum;
  const auto add = [&](const std::string& of) {
    const statistics::Rates rates = statistics_->rates(of);
    sum.accepted += rates.accepted;
    sum.delivered += rates.delivered;
  };
  const std::string any(aip::NamePattern::kAny);
  if (tenant != any) {
    add(tenant);
  } else if (!caller.tenants.empty() && caller.tenants.front() == any) {
    add("");
  } else {
    for (const std::string& each : caller.tenants) add(each);
  }
  summary.set_accepted_per_second(sum.accepted);
  summary.set_delivered_per_second(sum.delivered);
}

void SummaryMethods::Get(const v1::GetSummaryRequest& request, const Caller& caller, Done done) {
  static const aip::NamePattern kTenant("tenants/{tenant}");
  if (!kTenant.Match(request.name(), true)) {
    return done(aip::BadField("name", "PATTERN", "must be tenants/{tenant}, or tenants/-"));
  }
  auto summary = std::make_unique<v1::Summary>();
  summary->set_name(request.name());
  SetRates(request.name(), caller, *summary);
  reader_.AskAll(
      {.method = "carillon.v1.StatsService/GetSummary", .parent = request.name()}, caller,
      [summary = std::move(summary),
       done = std::move(done)](absl::StatusOr<DestinationReader::All> all) mutable {
        if (!all.ok()) return done(all.status());
        std::optional<base::WallTime> oldest;
        for (const auto& status : all->statuses) {
          AddToSummary(status, *summary);
          if (!status || !status->oldest_accepted) continue;
          oldest = std::min(oldest.value_or(*status->oldest_accepted), *status->oldest_accepted);
        }
        if (oldest) SetMoment(*oldest, *summary->mutable_oldest_accept_time());
        std::ranges::sort(*summary->mutable_destinations_by_outcome(), {},
                          &v1::OutcomeCount::outcome);
        done(Answer(std::move(summary)));
      });
}

}  // namespace carillon::control

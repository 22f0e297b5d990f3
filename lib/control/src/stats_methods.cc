#include "carillon/control/stats_methods.h"

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "carillon/aip/error.h"
#include "carillon/resource/snapshot.h"
#include "metadata.h"
#include "stats_request.h"

namespace carillon::control {
namespace {

using statistics::Cell;
using statistics::Result;
using statistics::Sketch;

absl::Status StatisticsAreOff() {
  return aip::FailedPrecondition(
      v1::STATE_CONFLICT, "statistics are off, or could not be opened at the start",
      {{"STATISTICS_OFF", "statistics.enabled", "set it to true and restart the server"}});
}

/// What the store said, in the API's words.
absl::Status TranslateStats(const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) {
    absl::Status busy =
        aip::QuotaExceeded(v1::RATE_LIMITED, "too many calls read the statistics", "statistics");
    aip::AddRetry(busy, std::chrono::seconds(1));
    return busy;
  }
  if (absl::IsOutOfRange(status)) {
    return aip::BadField("start_time", "TOO_MUCH_WORK",
                         "so long a time has too much to be read: make it shorter, ask for steps "
                         "of whole hours from a whole hour on, or without groups");
  }
  if (absl::IsCancelled(status)) return aip::MakeError(v1::STOPPING, "the service is stopping");
  absl::Status failed =
      aip::MakeError(v1::STORE_UNAVAILABLE, "the statistics cannot be read: try again");
  aip::AddRetry(failed, std::chrono::seconds(1));
  return failed;
}

void SetStatsLength(std::chrono::nanoseconds length, google::protobuf::Duration& to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(length);
  to.set_seconds(seconds.count());
  to.set_nanos(static_cast<int32_t>((length - seconds).count()));
}

void SetStatsTime(base::WallTime time, google::protobuf::Timestamp& to) {
  to.set_seconds(base::ToUnixSeconds(time));
}

void SetSketch(const Sketch& sketch, v1::LatencySketch& to) {
  to.set_gamma(Sketch::kGamma);
  to.set_offset(static_cast<int32_t>(sketch.offset()));
  to.mutable_counts()->Add(sketch.counts().begin(), sketch.counts().end());
  to.set_zero_count(sketch.zeros());
}

void SetPoint(const Cell& cell, const StatsRequest& request, v1::StatsPoint& to) {
  for (size_t i = 0; i < cell.attempts.size(); ++i) {
    if (cell.attempts[i] == 0) continue;
    v1::OutcomeCount& count = *to.add_attempts();
    count.set_outcome(static_cast<v1::Outcome>(i + 1));  // zero stands for none
    count.set_count(static_cast<int64_t>(cell.attempts[i]));
  }
  to.set_delivered_count(static_cast<int64_t>(cell.delivered));
  to.set_dead_count(static_cast<int64_t>(cell.dead));
  to.set_accepted_count(static_cast<int64_t>(cell.accepted));
  to.set_sent_bytes(static_cast<int64_t>(cell.sent_bytes));
  if (cell.latency.count() == 0) return;
  for (const double q : request.quantiles) {
    const auto us = static_cast<int64_t>(std::llround(cell.latency.Quantile(q)));
    SetStatsLength(std::chrono::microseconds(us), *to.add_quantiles());
  }
  SetStatsLength(std::chrono::microseconds(cell.max_us), *to.mutable_max_latency());
  if (request.sketches) SetSketch(cell.latency, *to.mutable_sketch());
}

/// `Response` is of either method.
template <typename Response>
void ShowStats(const StatsRequest& request, const Result& result, Response& response) {
  for (const statistics::Series& series : result.series) {
    v1::StatsSeries& to = *response.add_series();
    if (!series.others) {
      to.set_name(NameOf(series.subject));
      to.set_uid(series.subject.uid.value_or(""));
    }
    for (const Cell& cell : series.cells) SetPoint(cell, request, *to.add_points());
  }
  SetStatsLength(result.step, *response.mutable_step());
  SetStatsTime(result.from, *response.mutable_start_time());
  if (result.kept_from > base::WallTime()) {
    SetStatsTime(result.kept_from, *response.mutable_kept_from_time());
  }
}

/// Which of all that had the destination's name has it now; nullopt: none has.
std::optional<std::string> UidNow(const statistics::Subject& subject, const View& view) {
  const Entry entry = view.Find(NameOf(subject));
  if (entry.message != nullptr) return GetText(*entry.message, "uid");
  const resource::SnapshotPtr file = view.file();
  const resource::TenantResources* const tenant = resource::FindTenant(*file, subject.tenant);
  if (tenant == nullptr) return std::nullopt;
  for (const auto& destination : tenant->destinations) {
    if (destination.value->name == subject.destination) return "";
  }
  return std::nullopt;
}

template <typename Response, typename Request>
void AskStatistics(statistics::StatisticsStore* store, const View& view, const Request& request,
                   base::WallTime now, StatsMethods::Done done) {
  if (store == nullptr) return done(StatisticsAreOff());
  absl::StatusOr<StatsRequest> read = ReadStatsRequest(request, now);
  if (!read.ok()) return done(read.status());
  for (statistics::Subject& subject : read->query.subjects) {
    if (!subject.destination.empty()) subject.uid = UidNow(subject, view);
  }
  statistics::Query query = read->query;
  store->Find(std::move(query), [read = *std::move(read),
                                 done = std::move(done)](absl::StatusOr<Result> result) mutable {
    if (!result.ok()) return done(TranslateStats(result.status()));
    auto response = std::make_unique<Response>();
    ShowStats(read, *result, *response);
    done(Answer(std::move(response)));
  });
}

}  // namespace

void StatsMethods::Get(const v1::GetStatsRequest& request, Done done) const {
  AskStatistics<v1::GetStatsResponse>(store_, view_, request, clock_.Wall(), std::move(done));
}

void StatsMethods::BatchGet(const v1::BatchGetStatsRequest& request, Done done) const {
  AskStatistics<v1::BatchGetStatsResponse>(store_, view_, request, clock_.Wall(), std::move(done));
}

}  // namespace carillon::control

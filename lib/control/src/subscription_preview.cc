#include "carillon/control/subscription_preview.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/resource/name.h"
#include "carillon/routing/explanation.h"
#include "delivery_messages.h"
#include "parent.h"

namespace carillon::control {
namespace {

// Positions of one piece: few of large events.
constexpr uint64_t kFewest = 16;
constexpr uint64_t kMost = 1024;
constexpr uint64_t kPieceBytes = 16u << 20;  // more than so many of the largest events have
constexpr size_t kReadBytes = 1u << 20;
constexpr char kAnyName[] = "preview";  // of one that has no name yet

absl::Status OneAtATime() {
  absl::Status status =
      aip::QuotaExceeded(v1::RATE_LIMITED, "another preview reads the events", "events");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

/// A count of the request, with its default.
absl::StatusOr<int32_t> CountOf(const char* field, int32_t given, int32_t unset, int32_t most) {
  if (given == 0) return unset;
  if (given > 0 && given <= most) return given;
  return aip::BadField(field, "OUT_OF_RANGE", absl::StrCat("must be 1 to ", most));
}

}  // namespace

/// A preview under way: what was looked at, from the end of the log on. It answers when it ends.
struct SubscriptionPreview::Scan {
  ~Scan() {
    if (done != nullptr) done(aip::MakeError(v1::STOPPING, "the service is stopping"));
  }

  SubscriptionPreview* owner = nullptr;
  std::shared_ptr<const model::Subscription> subscription;
  size_t max_events = 0;
  size_t max_results = 0;
  base::MonoTime must_end{};
  Done done;

  uint64_t first = 0;  // position at which the log ended
  uint64_t end = 0;    // what lies at or above it was looked at
  uint64_t size = kFewest;
  uint64_t from = 0;  // where the piece begins that is being read
  std::vector<model::EventPtr> piece;
  uint64_t piece_bytes = 0;  // with those of other tenants
  uint64_t bytes = 0;        // read in all
  size_t others = 0;         // results that did not match
  v1::PreviewSubscriptionResponse response;
};

void SubscriptionPreview::Preview(const v1::PreviewSubscriptionRequest& request, Done done) {
  const auto ids = MatchParent(subscriptions_.pattern(), request.parent());
  if (!ids) return done(WrongParent(subscriptions_.pattern()));
  const auto events = CountOf("max_events", request.max_events(), kDefaultEvents, kMaxEvents);
  if (!events.ok()) return done(events.status());
  const auto results = CountOf("max_results", request.max_results(), kDefaultResults, kMaxResults);
  if (!results.ok()) return done(results.status());
  auto subscription = ReadGiven(request, ids->front());
  if (!subscription.ok()) return done(subscription.status());
  if (busy_.exchange(true)) return done(OneAtATime());
  auto scan = std::make_shared<Scan>();
  scan->owner = this;
  scan->subscription = *std::move(subscription);
  scan->max_events = static_cast<size_t>(*events);
  scan->max_results = static_cast<size_t>(*results);
  scan->must_end = clock_.Mono() + kMaxTime;
  scan->done = [this, done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    busy_.store(false);
    done(std::move(answer));
  };
  scan->first = events_.log_stats().last_position;
  scan->end = scan->first + 1;
  ReadPiece(std::move(scan));
}

absl::StatusOr<std::shared_ptr<const model::Subscription>> SubscriptionPreview::ReadGiven(
    const v1::PreviewSubscriptionRequest& request, const std::string& tenant) const {
  v1::Subscription given = request.subscription();
  if (given.name().empty()) {
    given.set_name(resource::MakeName(tenant, resource::kSubscriptions, kAnyName));
  }
  const auto ids = subscriptions_.pattern().Match(given.name());
  if (!ids || ids->front() != tenant) {
    return aip::BadField("subscription.name", "CONFLICT",
                         absl::StrCat("must be left out, or be a name in ", request.parent()));
  }
  subscriptions_.Normalize(given);
  absl::StatusOr<Value> value = subscriptions_.Read(given, repository_, false);
  if (!value.ok()) return value.status();
  return std::get<std::shared_ptr<const model::Subscription>>(*std::move(value));
}

void SubscriptionPreview::ReadPiece(ScanPtr scan) {
  const bool enough = static_cast<size_t>(scan->response.scanned_count()) >= scan->max_events;
  const bool over = scan->bytes >= kMaxBytes || scan->first + 1 - scan->end >= kMaxPositions ||
                    clock_.Mono() >= scan->must_end;
  if (scan->end <= 1 || enough || over) {
    scan->response.set_bounded(scan->end > 1 && !enough);
    return End(*scan);
  }
  scan->from = scan->end > scan->size ? scan->end - scan->size : 1;
  const uint64_t from = scan->from;
  ReadFrom(std::move(scan), from);
}

void SubscriptionPreview::ReadFrom(ScanPtr scan, uint64_t from) {
  events_.Read(from, kReadBytes, [this, scan = std::move(scan)](store::EventBatchPtr batch) {
    // Where nobody reads any more the scan ends, and answers so.
    post_([this, scan, batch = std::move(batch)] { OnRead(scan, batch); });
  });
}

// A piece that turns out too large is read again, in smaller ones.
void SubscriptionPreview::OnRead(ScanPtr scan, const store::EventBatchPtr& batch) {
  for (const model::EventPtr& event : batch->events) {
    if (event->position() >= scan->end) break;
    scan->bytes += event->bytes();
    scan->piece_bytes += event->bytes();
    if (event->tenant() == scan->subscription->tenant) scan->piece.push_back(event);
  }
  const uint64_t next = batch->last + 1;
  const bool moved = batch->last >= batch->first;
  if (scan->piece_bytes > kPieceBytes && scan->size > kFewest) {
    scan->size = std::max(kFewest, scan->size / 8);
  } else if (moved && next < scan->end) {
    return ReadFrom(std::move(scan), next);
  } else {
    Look(*scan);
    scan->end = scan->from;
    scan->size = std::min(kMost, scan->size * 4);
  }
  scan->piece.clear();
  scan->piece_bytes = 0;
  ReadPiece(std::move(scan));
}

void SubscriptionPreview::Look(Scan& scan) {
  v1::PreviewSubscriptionResponse& response = scan.response;
  for (auto event = scan.piece.rbegin(); event != scan.piece.rend(); ++event) {
    if (static_cast<size_t>(response.scanned_count()) >= scan.max_events) break;
    response.set_scanned_count(response.scanned_count() + 1);
    SetMoment((*event)->accepted_at(), *response.mutable_scanned_to_time());
    const routing::Explanation told = routing::Explain(*scan.subscription, **event);
    if (told.matched) response.set_matched_count(response.matched_count() + 1);
    const size_t before =
        told.matched ? static_cast<size_t>(response.matched_count()) - 1 : scan.others++;
    if (before >= scan.max_results) continue;
    auto& result = *response.add_results();
    result.set_event_id(std::string((*event)->id()));
    result.set_type(std::string((*event)->type()));
    result.set_position(static_cast<int64_t>((*event)->position()));
    SetMoment((*event)->accepted_at(), *result.mutable_accept_time());
    result.set_matched(told.matched);
    result.set_failed_condition(told.condition);
    result.set_found_value(told.found);
  }
}

void SubscriptionPreview::End(Scan& scan) {
  auto response = std::make_unique<v1::PreviewSubscriptionResponse>();
  response->Swap(&scan.response);
  std::exchange(scan.done, nullptr)(std::move(response));
}

}  // namespace carillon::control

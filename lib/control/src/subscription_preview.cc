#include "carillon/control/subscription_preview.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/operations/event_walk.h"
#include "carillon/resource/name.h"
#include "carillon/routing/explanation.h"
#include "carillon/v1/destination.pb.h"
#include "delivery_messages.h"
#include "parent.h"

namespace carillon::control {
namespace {

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

/// A preview under way. It answers when it ends.
struct SubscriptionPreview::Scan final : operations::EventVisitor {
  ~Scan() override {
    if (done != nullptr) done(aip::MakeError(v1::STOPPING, "the service is stopping"));
  }

  bool enough() const { return static_cast<size_t>(response.scanned_count()) >= max_events; }
  Next Visit(const model::EventPtr& event) override {
    if (event->tenant() != subscription->tenant) return Next::kGoOn;
    Tell(*event);
    return enough() ? Next::kStopBehind : Next::kGoOn;
  }
  bool MayGoOn(const operations::WalkProgress& progress) override {
    return !enough() && progress.bytes < kMaxBytes && progress.positions < kMaxPositions &&
           clock->Mono() < must_end;
  }
  void OnEnd(const operations::WalkRange& rest) override {
    response.set_bounded(rest.low < rest.high && !enough());
    auto answer = std::make_unique<v1::PreviewSubscriptionResponse>();
    answer->Swap(&response);
    std::exchange(done, nullptr)(std::move(answer));
  }
  void Tell(const model::Event& event);

  const base::Clock* clock = nullptr;
  std::shared_ptr<const model::Subscription> subscription;
  size_t max_events = 0;
  size_t max_results = 0;
  base::MonoTime must_end{};
  Done done;

  size_t others = 0;  // results that did not match
  v1::PreviewSubscriptionResponse response;
};

namespace {

/// What there is, and one destination besides: a subscription can be tried before what it leads to.
class WithPlaceholder final : public View {
 public:
  WithPlaceholder(const View& view, std::string name) : view_(view), name_(std::move(name)) {}

  Entry Find(std::string_view name) const override {
    if (name != name_) return view_.Find(name);
    Entry entry;
    entry.name = name_;
    entry.message = std::make_shared<v1::Destination>();
    return entry;
  }
  std::vector<Entry> List(std::string_view prefix) const override { return view_.List(prefix); }
  size_t Count(std::string_view prefix) const override { return view_.Count(prefix); }
  resource::SnapshotPtr file() const override { return view_.file(); }
  resource::SnapshotPtr stored() const override { return view_.stored(); }

 private:
  const View& view_;
  const std::string name_;
};

}  // namespace

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
  scan->clock = &clock_;
  scan->subscription = *std::move(subscription);
  scan->max_events = static_cast<size_t>(*events);
  scan->max_results = static_cast<size_t>(*results);
  scan->must_end = clock_.Mono() + kMaxTime;
  scan->done = [this, done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    busy_.store(false);
    done(std::move(answer));
  };
  operations::WalkEvents(events_, {.high = events_.log_stats().last_position + 1}, post_,
                         std::move(scan));
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
  const std::string placeholder = resource::MakeName(tenant, resource::kDestinations, kAnyName);
  const WithPlaceholder view(repository_, given.destinations().empty() ? placeholder : "");
  if (given.destinations().empty()) given.add_destinations(placeholder);
  absl::StatusOr<Value> value = subscriptions_.Read(given, view, false);
  if (!value.ok()) return value.status();
  return std::get<std::shared_ptr<const model::Subscription>>(*std::move(value));
}

void SubscriptionPreview::Scan::Tell(const model::Event& event) {
  response.set_scanned_count(response.scanned_count() + 1);
  SetMoment(event.accepted_at(), *response.mutable_scanned_to_time());
  const routing::Explanation told = routing::Explain(*subscription, event);
  if (told.matched) response.set_matched_count(response.matched_count() + 1);
  const size_t before = told.matched ? static_cast<size_t>(response.matched_count()) - 1 : others++;
  if (before >= max_results) return;
  auto& result = *response.add_results();
  result.set_event_id(std::string(event.id()));
  result.set_type(std::string(event.type()));
  result.set_position(static_cast<int64_t>(event.position()));
  SetMoment(event.accepted_at(), *result.mutable_accept_time());
  result.set_matched(told.matched);
  result.set_failed_condition(told.condition);
  result.set_found_value(told.found);
}

}  // namespace carillon::control

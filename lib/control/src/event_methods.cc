#include "carillon/control/event_methods.h"

#include <chrono>
#include <set>
#include <string>

#include "carillon/aip/error.h"
#include "carillon/operations/event_message.h"
#include "carillon/v1/destination.pb.h"
#include "delivery_lookup.h"
#include "event_listing.h"
#include "event_lookup.h"
#include "event_routes.h"
#include "promised_answer.h"

namespace carillon::control {
namespace {

// Of the tenant's destinations: each page has a thousand attempts.
constexpr int kMaxLogPages = 50;
constexpr std::chrono::milliseconds kLogPageTime{1000};
constexpr size_t kSubscriptionsAtOnce = 64;

absl::Status TooManySearch() {
  absl::Status status =
      aip::QuotaExceeded(v1::RATE_LIMITED, "too many calls search the events", "events");
  aip::AddRetry(status, std::chrono::milliseconds(200));
  return status;
}

base::WallTime ToTime(const google::protobuf::Timestamp& time) {
  return base::WallTime(std::chrono::seconds(time.seconds()) +
                        std::chrono::nanoseconds(time.nanos()));
}

/// When the resource became what it is, by `read`; the distant past where nobody knows: those of
/// the file.
template <typename T, typename Read>
bool IsNewer(const Repository& repository, const std::string& name, base::WallTime than,
             Read read) {
  const Entry entry = repository.Find(name);
  const T* const resource = dynamic_cast<const T*>(entry.message.get());
  return resource != nullptr && ToTime(read(*resource)) > than;
}

EventRoutes::Facts FactsOf(const Repository& repository, const model::EventPtr& event,
                           std::set<std::string> tried, std::set<std::string> replayed) {
  const base::WallTime accepted = event->accepted_at();
  return {.event = event,
          .layers = {repository.file(), repository.stored()},
          .tried = std::move(tried),
          .replayed = std::move(replayed),
          .subscription_changed =
              [&repository, accepted](const std::string& name) {
                return IsNewer<v1::Subscription>(
                    repository, name, accepted,
                    [](const v1::Subscription& each) { return each.update_time(); });
              },
          .destination_is_newer =
              [&repository, accepted](const std::string& name) {
                return IsNewer<v1::Destination>(
                    repository, name, accepted,
                    [](const v1::Destination& each) { return each.create_time(); });
              }};
}

/// An explanation under way.
struct Explaining {
  const Repository& repository;
  const EventSources& sources;
  std::shared_ptr<void> place;
  PromisedAnswer answer;
  model::EventPtr event;
  std::set<std::string> tried;     // destinations, by the log
  std::set<std::string> replayed;  // of these, those that a replay tried first
  std::set<std::string> purged;    // not shown since
  int pages = 0;
  std::unique_ptr<EventRoutes> routes;
};
using ExplainingPtr = std::shared_ptr<Explaining>;

/// A few subscriptions at a time: what others ask goes in between.
void LookAtSome(const ExplainingPtr& one) {
  if (one->routes->Look(kSubscriptionsAtOnce)) {
    one->sources.post([one] { LookAtSome(one); });
    return;
  }
  one->answer(Answer(std::make_unique<v1::ExplainEventResponse>(one->routes->Take())));
}

void LookAtRoutes(const ExplainingPtr& one) {
  one->sources.post([one] {
    one->routes = std::make_unique<EventRoutes>(
        FactsOf(one->repository, one->event, std::move(one->tried), std::move(one->replayed)));
    LookAtSome(one);
  });
}

void AskWhoWasTried(const ExplainingPtr& one, uint64_t before) {
  deliverylog::Query query;
  query.tenant = std::string(one->event->tenant());
  query.position = one->event->position();
  query.before = before;
  query.limit = deliverylog::Query::kMaxLimit;
  query.max_time = kLogPageTime;
  query.marks = true;
  one->sources.log->Find(std::move(query), [one](const absl::StatusOr<deliverylog::Page>& page) {
    if (!page.ok()) return one->answer(DeliveryLogError(page.status()));
    for (const auto& record : page->records) {  // the newest first
      const bool purged = record.figures.state == deliverylog::State::kPurged;
      if (purged && !one->tried.contains(record.destination)) {
        one->purged.insert(record.destination);
      }
      if (one->purged.contains(record.destination)) continue;
      one->tried.insert(record.destination);
      const bool first = record.figures.number == 1;
      const bool replayed = record.figures.trigger == model::Trigger::kReplay;
      if (first && replayed) one->replayed.insert(record.destination);
    }
    const bool more = page->next && *page->next > 0 && ++one->pages < kMaxLogPages;
    if (more) return AskWhoWasTried(one, *page->next);
    LookAtRoutes(one);
  });
}

}  // namespace

std::shared_ptr<void> EventMethods::Enter() {
  if (walks_.fetch_add(1) < kMaxWalks) {
    return {this, [](EventMethods* methods) { --methods->walks_; }};
  }
  --walks_;
  return nullptr;
}

void EventMethods::Get(const v1::GetEventRequest& request, Done done) {
  auto ref = ReadEventName(request.name());
  if (!ref.ok()) return done(ref.status());
  std::shared_ptr<void> place = Enter();
  if (place == nullptr) return done(TooManySearch());
  const bool full = request.view() != v1::EVENT_VIEW_BASIC;
  FindEvent(sources_, *std::move(ref), std::move(place),
            [answer = PromisedAnswer(std::move(done)),
             full](absl::StatusOr<model::EventPtr> found) mutable {
              if (!found.ok()) return answer(found.status());
              answer(Answer(std::make_unique<v1::Event>(operations::ToMessage(**found, full))));
            });
}

void EventMethods::List(const v1::ListEventsRequest& request, const Caller& caller, Done done) {
  const aip::PageTokens& tokens = repository_.page_tokens();
  auto listing = ReadEventListing(request, caller, tokens, sources_.clock.Wall());
  if (!listing.ok()) return done(listing.status());
  std::shared_ptr<void> place = Enter();
  if (place == nullptr) return done(TooManySearch());
  ListEvents(sources_, *std::move(listing), tokens, std::move(place), std::move(done));
}

void EventMethods::Explain(const v1::ExplainEventRequest& request, Done done) {
  auto ref = ReadEventName(request.name());
  if (!ref.ok()) return done(ref.status());
  std::shared_ptr<void> place = Enter();
  if (place == nullptr) return done(TooManySearch());
  auto one = std::make_shared<Explaining>(Explaining{.repository = repository_,
                                                     .sources = sources_,
                                                     .place = place,
                                                     .answer = PromisedAnswer(std::move(done)),
                                                     .event = nullptr,
                                                     .tried = {},
                                                     .replayed = {},
                                                     .purged = {},
                                                     .routes = nullptr});
  FindEvent(sources_, *std::move(ref), std::move(place),
            [one](absl::StatusOr<model::EventPtr> found) {
              if (!found.ok()) return one->answer(found.status());
              one->event = *std::move(found);
              if (one->sources.log == nullptr) return LookAtRoutes(one);
              AskWhoWasTried(one, UINT64_MAX);
            });
}

}  // namespace carillon::control

#include "event_lookup.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "carillon/aip/error.h"
#include "carillon/aip/resource_name.h"
#include "carillon/operations/event_walk.h"
#include "delivery_lookup.h"

namespace carillon::control {
namespace {

constexpr std::chrono::milliseconds kLogTime{1000};  // there is little of an id, maybe far apart

/// A lookup under way: of one event, or of the newest of its id.
struct EventSearch final : operations::EventVisitor {
  EventSearch(const EventSources& in, EventRef wanted, std::shared_ptr<void> held, FoundOne told)
      : sources(in), ref(std::move(wanted)), place(std::move(held)), found(std::move(told)) {}

  bool IsMeant(const model::Event& each) const {
    return each.id() == ref.id && each.tenant() == ref.tenant;
  }
  Next Visit(const model::EventPtr& each) override {
    scanned_to = each->accepted_at();
    if (!IsMeant(*each)) return Next::kGoOn;
    event = each;
    return Next::kStopBehind;
  }
  bool MayGoOn(const operations::WalkProgress& progress) override {
    const bool known = logged > 0;
    return progress.positions == 0 ||
           (sources.clock.Mono() < until &&
            (!known || progress.positions < EventMethods::kMaxPositions));
  }
  void OnEnd(const operations::WalkRange& rest) override;

  const EventSources& sources;
  const EventRef ref;
  const std::shared_ptr<void> place;
  FoundOne found;
  uint64_t logged = 0;  // the newest position of the id that the delivery log has; 0: none
  base::MonoTime until{};
  base::WallTime scanned_to{};
  model::EventPtr event;
};
using EventSearchPtr = std::shared_ptr<EventSearch>;

void ReadAt(const EventSources& sources, EventRef ref, uint64_t position, FoundOne found) {
  sources.events.Read(position, 1,
                      [&sources, ref = std::move(ref), position,
                       found = std::move(found)](store::EventBatchPtr batch) mutable {
                        sources.post([ref = std::move(ref), position, found = std::move(found),
                                      batch = std::move(batch)]() mutable {
                          const bool there = !batch->events.empty() &&
                                             batch->events.front()->position() == position &&
                                             batch->events.front()->id() == ref.id &&
                                             batch->events.front()->tenant() == ref.tenant;
                          if (!there) return found(aip::NotFound("carillon/Event", ref.name));
                          found(batch->events.front());
                        });
                      });
}

absl::Status NotAmongTheNewest(const EventRef& ref, base::WallTime scanned_to) {
  const std::string since =
      absl::FormatTime(absl::RFC3339_full, absl::FromChrono(scanned_to), absl::UTCTimeZone());
  return aip::MakeError(
      v1::RESOURCE_NOT_FOUND,
      absl::StrCat(ref.name, " is not among the events accepted since ", since,
                   ", and the delivery log does not know it: give its position, or look further "
                   "with ListEvents and the filter id = \"",
                   ref.id, "\""),
      {{"scanned_to_time", since}});
}

void EventSearch::OnEnd(const operations::WalkRange& rest) {
  if (event != nullptr) return found(event);
  if (logged > 0) return ReadAt(sources, ref, logged, std::move(found));
  if (rest.low >= rest.high) return found(aip::NotFound("carillon/Event", ref.name));
  found(NotAmongTheNewest(ref, scanned_to));
}

void SearchJournal(EventSearchPtr search) {
  const EventSources& sources = search->sources;
  operations::FindOldest(sources.events, [search = std::move(search)](uint64_t oldest) {
    const EventSources& in = search->sources;
    in.post([search, oldest] {
      const EventSources& where = search->sources;
      const operations::WalkRange range{.low = std::max(oldest, search->logged + 1),
                                        .high = where.events.log_stats().last_position + 1};
      const auto most = search->logged > 0 ? EventMethods::kMaxTime : EventMethods::kMaxSearch;
      search->until = where.clock.Mono() + most;
      operations::WalkEvents(where.events, range, where.post, search);
    });
  });
}

/// What the log has of an id is one of its positions; that it cannot be read is no error: the
/// journal is searched all the same.
void AskLog(EventSearchPtr search) {
  deliverylog::Query query;
  query.tenant = search->ref.tenant;
  query.event_id = search->ref.id;
  query.limit = deliverylog::Query::kMaxLimit;
  query.max_time = kLogTime;
  deliverylog::AttemptStore& log = *search->sources.log;
  log.Find(std::move(query),
           [search = std::move(search)](const absl::StatusOr<deliverylog::Page>& page) mutable {
             if (page.ok()) {
               for (const deliverylog::Record& record : page->records) {
                 search->logged = std::max(search->logged, record.figures.position);
               }
             }
             SearchJournal(std::move(search));
           });
}

}  // namespace

absl::StatusOr<EventRef> ReadEventName(const std::string& name) {
  static const aip::NamePattern& pattern = *new aip::NamePattern("tenants/{tenant}/events/{event}");
  const auto wrong = [] {
    return aip::BadField("name", "PATTERN",
                         "must be tenants/{tenant}/events/{id}@{position}, or without @{position}");
  };
  const auto ids = pattern.Match(name);
  if (!ids) return wrong();
  EventRef ref{.name = name, .tenant = ids->front(), .id = ids->back()};
  const size_t at = ref.id.find('@');
  if (at == std::string::npos) return ref;
  ref.position = ToNumber(ref.id.substr(at + 1));
  if (!ref.position || at == 0) return wrong();
  ref.id.resize(at);
  return ref;
}

void FindEvent(const EventSources& sources, EventRef ref, std::shared_ptr<void> place,
               FoundOne found) {
  if (ref.position) {
    const uint64_t position = *ref.position;
    return ReadAt(sources, std::move(ref), position, std::move(found));
  }
  auto search =
      std::make_shared<EventSearch>(sources, std::move(ref), std::move(place), std::move(found));
  if (sources.log != nullptr) return AskLog(std::move(search));
  SearchJournal(std::move(search));
}

}  // namespace carillon::control

#include "event_listing.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/aip/list_filter.h"
#include "carillon/aip/resource_name.h"
#include "carillon/operations/event_message.h"
#include "carillon/operations/event_scan.h"
#include "carillon/operations/event_walk.h"
#include "delivery_messages.h"
#include "page_trail.h"
#include "promised_answer.h"
#include "time_bounds.h"

namespace carillon::control {

using operations::WalkRange;

struct EventListing {
  std::string parent, filter_text, order;
  std::vector<std::string> caller_tenants;
  std::vector<std::string> tenants;  ///< whose events are meant, sorted; empty: all
  aip::Filter filter;
  // What the filter demands in any case.
  std::optional<std::string> id, type;
  TimeBounds time;
  WalkRange range{1, UINT64_MAX, true};
  bool resumed = false;  ///< the range is that of a page token
  PageTrail trail;       ///< pages begin at the end of the range that is looked at first
  bool full = false;
  size_t limit = 0;

  aip::ListArguments Arguments() const {
    return {"carillon.v1.EventService/ListEvents", parent, filter_text, order, caller_tenants};
  }
  bool Wants(const model::Event& event) const {
    if (id && event.id() != *id) return false;
    if (type && event.type() != *type) return false;
    if (!tenants.empty() && !std::ranges::binary_search(tenants, event.tenant())) return false;
    return filter.empty() || filter.Matches(operations::ToMessage(event, false));
  }
};

namespace {

constexpr char kNewestFirst[] = "accept_time desc";
constexpr char kOldestFirst[] = "accept_time";

/// Positions that fulfill a comparison.
void NarrowRange(const aip::Restriction& restriction, WalkRange& range) {
  using Op = aip::Restriction::Op;
  const auto* const position = std::get_if<uint64_t>(&restriction.value);
  if (position == nullptr) return;
  const uint64_t at = std::min(*position, UINT64_MAX - 1);
  const Op op = restriction.op;
  if (op == Op::kGreater) range.low = std::max(range.low, at + 1);
  if (op == Op::kGreaterEqual || op == Op::kEqual) range.low = std::max(range.low, at);
  if (op == Op::kLess) range.high = std::min(range.high, at);
  if (op == Op::kLessEqual || op == Op::kEqual) range.high = std::min(range.high, at + 1);
}

/// Takes over what can be told without making a message of each event. All of it is checked once
/// more, so something may be left out.
void Narrow(const aip::Restriction& restriction, EventListing& listing) {
  const std::string path = restriction.path.ToString();
  if (path == "accept_time") listing.time.Narrow(restriction);
  if (path == "position") NarrowRange(restriction, listing.range);
  const auto* const text = std::get_if<std::string>(&restriction.value);
  const bool exact = restriction.op == aip::Restriction::Op::kEqual && !restriction.prefix;
  if (text == nullptr || !exact) return;
  if (path == "id") listing.id = *text;
  if (path == "type") listing.type = *text;
}

absl::Status ResumeListing(const std::string& token, const aip::PageTokens& tokens,
                           base::WallTime now, EventListing& listing) {
  const auto cursor = tokens.Read(token, listing.Arguments(), now);
  if (!cursor.ok()) return cursor.status();
  listing.trail = PageTrail::Parse(*cursor).value_or(PageTrail());
  const bool down = listing.range.newest_first;
  listing.range.low = down ? listing.trail.bound() : listing.trail.start();
  listing.range.high = down ? listing.trail.start() : listing.trail.bound();
  listing.resumed = true;
  return absl::OkStatus();
}

/// A page that is being filled.
class EventPage final : public operations::EventVisitor {
 public:
  EventPage(const base::Clock& clock, EventListingPtr listing, const aip::PageTokens& tokens,
            std::shared_ptr<void> place, Methods::Done done)
      : clock_(clock),
        listing_(std::move(listing)),
        tokens_(tokens),
        place_(std::move(place)),
        answer_(std::move(done)),
        response_(std::make_unique<v1::ListEventsResponse>()) {}

  EventListing& listing() { return *listing_; }
  void Begin() {
    until_ = clock_.Mono() + EventMethods::kMaxTime;
    if (listing_->resumed) return;
    const WalkRange& range = listing_->range;
    listing_->trail =
        range.newest_first ? PageTrail(range.high, range.low) : PageTrail(range.low, range.high);
  }

  Next Visit(const model::EventPtr& event) override {
    if (listing_->Wants(*event)) {
      const size_t bytes = listing_->full ? event->payload().size() : 0;
      const bool full = bytes_ + bytes > EventMethods::kMaxPageBytes;
      if (full && response_->events_size() > 0) return Next::kStopBefore;
      bytes_ += bytes;
      *response_->add_events() = operations::ToMessage(*event, listing_->full);
    }
    scanned_to_ = event->accepted_at();
    const bool enough = static_cast<size_t>(response_->events_size()) >= listing_->limit;
    return enough ? Next::kStopBehind : Next::kGoOn;
  }
  bool MayGoOn(const operations::WalkProgress& progress) override {
    return progress.positions == 0 ||
           (progress.positions < EventMethods::kMaxPositions && clock_.Mono() < until_);
  }
  void OnEnd(const WalkRange& rest) override {
    if (scanned_to_) SetMoment(*scanned_to_, *response_->mutable_scanned_to_time());
    const PageTrail& trail = listing_->trail;
    if (rest.low < rest.high) {
      response_->set_next_page_token(Token(trail.Next(rest.newest_first ? rest.high : rest.low)));
    }
    if (const auto previous = trail.Previous()) {
      response_->set_previous_page_token(Token(*previous));
    }
    answer_(Answer(std::move(response_)));
  }

 private:
  std::string Token(const PageTrail& trail) const {
    return tokens_.Make(trail.Encode(), listing_->Arguments(), clock_.Wall());
  }

  const base::Clock& clock_;
  const EventListingPtr listing_;
  const aip::PageTokens& tokens_;
  const std::shared_ptr<void> place_;
  PromisedAnswer answer_;
  std::unique_ptr<v1::ListEventsResponse> response_;
  base::MonoTime until_{};
  std::optional<base::WallTime> scanned_to_;
  size_t bytes_ = 0;
};
using EventPagePtr = std::shared_ptr<EventPage>;

void FillPage(const EventSources& sources, EventPagePtr page) {
  sources.post([&sources, page = std::move(page)] {
    page->Begin();
    operations::WalkEvents(sources.events, page->listing().range, sources.post, page);
  });
}

/// Leaves out what was not accepted within the filter's times.
void FindTimes(const EventSources& sources, EventPagePtr page) {
  EventListing& listing = page->listing();
  const base::WallTime from = listing.time.from.value_or(base::WallTime::min());
  const base::WallTime to = listing.time.to.value_or(base::WallTime::max());
  const WalkRange range = listing.range;
  operations::FindPosition(sources.events, from, range.low, range.high,
                           [&sources, page = std::move(page), to, high = range.high](uint64_t low) {
                             page->listing().range.low = low;
                             operations::FindPosition(sources.events, to, low, high,
                                                      [&sources, page](uint64_t end) {
                                                        page->listing().range.high = end;
                                                        FillPage(sources, page);
                                                      });
                           });
}

}  // namespace

absl::StatusOr<EventListingPtr> ReadEventListing(const v1::ListEventsRequest& request,
                                                 const Caller& caller,
                                                 const aip::PageTokens& tokens,
                                                 base::WallTime now) {
  static const aip::NamePattern& parent = *new aip::NamePattern("tenants/{tenant}");
  const auto ids = parent.Match(request.parent(), true);
  if (!ids) return aip::BadField("parent", "PATTERN", "must be tenants/{tenant}, or tenants/-");
  const std::string& order = request.order_by();
  if (!order.empty() && order != kNewestFirst && order != kOldestFirst) {
    return aip::BadField("order_by", "UNSUPPORTED",
                         "must be `accept_time` or `accept_time desc`, or left out",
                         v1::ORDER_BY_INVALID);
  }
  auto listing = std::make_shared<EventListing>();
  listing->full = request.view() == v1::EVENT_VIEW_FULL;
  const size_t most = listing->full ? EventMethods::kMaxFullPage : EventMethods::kMaxPage;
  const auto size = aip::PageSize(request.page_size(), 50, most);
  if (!size.ok()) return size.status();
  listing->limit = *size;
  auto filter = aip::Filter::Parse(request.filter(), operations::EventFilterFields());
  if (!filter.ok()) return filter.status();
  listing->filter = *std::move(filter);
  for (const aip::Restriction* each : listing->filter.Required()) Narrow(*each, *listing);
  listing->parent = request.parent();
  listing->filter_text = request.filter();
  listing->order = order == kOldestFirst ? kOldestFirst : kNewestFirst;
  listing->range.newest_first = order != kOldestFirst;
  listing->caller_tenants = caller.tenants;
  const bool sees_all = !caller.tenants.empty() && caller.tenants.front() == aip::NamePattern::kAny;
  if (ids->front() != aip::NamePattern::kAny) {
    listing->tenants = {ids->front()};
  } else if (!sees_all) {
    listing->tenants = caller.tenants;
  }
  if (request.page_token().empty()) return listing;
  absl::Status status = ResumeListing(request.page_token(), tokens, now, *listing);
  if (!status.ok()) return status;
  return listing;
}

void ListEvents(const EventSources& sources, EventListingPtr listing, const aip::PageTokens& tokens,
                std::shared_ptr<void> place, Methods::Done done) {
  auto page = std::make_shared<EventPage>(sources.clock, std::move(listing), tokens,
                                          std::move(place), std::move(done));
  operations::FindOldest(sources.events, [&sources, page = std::move(page)](uint64_t oldest) {
    EventListing& what = page->listing();
    const uint64_t end = sources.events.log_stats().last_position + 1;
    what.range.high = std::min(what.range.high, end);
    what.range.low = std::min(std::max(what.range.low, oldest), what.range.high);
    const bool timed = what.time.from || what.time.to;
    if (timed && !what.resumed) return FindTimes(sources, page);
    FillPage(sources, page);
  });
}

}  // namespace carillon::control

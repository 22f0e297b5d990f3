#include "carillon/control/delivery_methods.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/list_filter.h"
#include "carillon/aip/resource_name.h"
#include "delivery_count.h"
#include "delivery_lookup.h"
#include "delivery_messages.h"
#include "page_trail.h"
#include "time_bounds.h"

namespace carillon::control {
namespace {

using aip::NamePattern;
using deliverylog::Query;
using deliverylog::Record;
using deliverylog::State;

const NamePattern kDelivery("tenants/{tenant}/destinations/{destination}/deliveries/{delivery}");
const NamePattern kAttempt(
    "tenants/{tenant}/destinations/{destination}/deliveries/{delivery}/attempts/{attempt}");
// Of what has a name: there is little of it, but it may lie far apart.
constexpr std::chrono::milliseconds kLookUpTime{1000};

absl::Status NotOfPattern(const char* field, const NamePattern& pattern) {
  return aip::BadField(field, "PATTERN", "must be " + pattern.ToString());
}

/// The query for one delivery, by the ids of its name.
std::optional<Query> ForDelivery(const std::vector<std::string>& ids) {
  const std::optional<uint64_t> position = ToNumber(ids[2]);
  if (!position) return std::nullopt;
  Query query;
  query.tenant = ids[0];
  query.destination = ids[1];
  query.position = *position;
  query.limit = DeliveryMethods::kMaxAttempts;
  query.max_time = kLookUpTime;
  return query;
}

/// What a parent, whose parts may be `-`, and the caller's tenants let through.
Query Within(const std::vector<std::string>& ids, const Caller& caller) {
  Query query;
  if (ids[0] != NamePattern::kAny) query.tenant = ids[0];
  if (ids[1] != NamePattern::kAny) query.destination = ids[1];
  if (ids.size() > 2 && ids[2] != NamePattern::kAny) query.position = ToNumber(ids[2]).value_or(0);
  const bool all = !caller.tenants.empty() && caller.tenants.front() == NamePattern::kAny;
  if (!query.tenant && !all) {
    if (caller.tenants.size() == 1) {
      query.tenant = caller.tenants.front();
    } else {
      query.matches = [tenants = caller.tenants](const Record& record) {
        return std::ranges::binary_search(tenants, record.tenant);
      };
    }
  }
  return query;
}

/// Lets the query use what an index, or the order of the log, knows of a restriction. All of them
/// are checked once more, so it may leave them out. False: nothing can fulfill it.
bool Narrow(const aip::Restriction& restriction, std::string_view time_path, Query& query) {
  using Op = aip::Restriction::Op;
  const std::string path = restriction.path.ToString();
  if (path == time_path) {
    TimeBounds bounds{query.from, query.to};
    bounds.Narrow(restriction);
    query.from = bounds.from;
    query.to = bounds.to;
    return true;
  }
  if (restriction.op != Op::kEqual || restriction.prefix) return true;
  if (const auto* text = std::get_if<std::string>(&restriction.value)) {
    if (path == "event_type") query.event_type = *text;
    if (path == "event_id") query.event_id = *text;
    return true;
  }
  const auto* number = std::get_if<int64_t>(&restriction.value);
  if (number == nullptr) return true;
  if (path == "outcome") {
    query.outcome = FromProto(static_cast<v1::Outcome>(*number));
    return query.outcome.has_value();
  }
  if (path == "state") {
    query.state = FromProto(static_cast<v1::Delivery::State>(*number));
    return query.state.has_value();
  }
  return true;
}

/// A list of either kind, once its request was understood.
struct Listing {
  Query query;
  bool nothing = false;  ///< no record can fulfill the filter
  PageTrail trail{UINT64_MAX};
  std::string method, parent, filter, order;
  std::vector<std::string> tenants;

  aip::ListArguments Arguments() const { return {method, parent, filter, order, tenants}; }
};

/// `T` is what is listed: v1::Delivery or v1::Attempt, and `make` makes one.
template <typename T, typename Request>
absl::StatusOr<Listing> ReadListing(const Request& request, const Caller& caller,
                                    const NamePattern& parent, const char* method,
                                    std::vector<std::string> paths, const std::string& time_path,
                                    T (*make)(const Record&)) {
  const auto ids = parent.Match(request.parent(), true);
  if (!ids) return NotOfPattern("parent", parent);
  if (ids->size() > 2 && (*ids)[2] != NamePattern::kAny && !ToNumber((*ids)[2])) {
    return aip::BadField("parent", "PATTERN", "the delivery must be a number, or -");
  }
  const std::string order = time_path + " desc";
  if (!request.order_by().empty() && request.order_by() != order) {
    return aip::BadField("order_by", "UNSUPPORTED", "must be `" + order + "`, or left out",
                         v1::ORDER_BY_INVALID);
  }
  const bool full = request.view() == v1::DELIVERY_VIEW_FULL;
  const auto size =
      aip::PageSize(request.page_size(), 50, full ? DeliveryMethods::kMaxFull : Query::kMaxLimit);
  if (!size.ok()) return size.status();
  const auto filter =
      aip::Filter::Parse(request.filter(), {*T::descriptor(), std::move(paths), false});
  if (!filter.ok()) return filter.status();
  Listing listing{.query = Within(*ids, caller),
                  .method = absl::StrCat("carillon.v1.DeliveryService/", method),
                  .parent = request.parent(),
                  .filter = request.filter(),
                  .order = order,
                  .tenants = caller.tenants};
  listing.query.limit = *size;
  listing.query.details = full;
  for (const aip::Restriction* restriction : filter->Required()) {
    listing.nothing |= !Narrow(*restriction, time_path, listing.query);
  }
  if (!filter->empty()) {
    listing.query.matches = [filter = *filter, sees = std::move(listing.query.matches),
                             make](const Record& record) {
      return (!sees || sees(record)) && filter.Matches(make(record));
    };
  }
  return listing;
}

absl::StatusOr<Listing> ReadDeliveryListing(const v1::ListDeliveriesRequest& request,
                                            const Caller& caller) {
  return ReadListing<v1::Delivery>(
      request, caller, *kDelivery.Parent(), "ListDeliveries",
      {"state", "outcome", "response_status", "event_type", "event_id", "attempt_count",
       "accept_time", "last_attempt_time", "next_attempt_time"},
      "last_attempt_time", &ToDelivery);
}

absl::StatusOr<Listing> ReadAttemptListing(const v1::ListAttemptsRequest& request,
                                           const Caller& caller) {
  return ReadListing<v1::Attempt>(request, caller, *kAttempt.Parent(), "ListAttempts",
                                  {"outcome", "response.status", "event_type", "event_id", "number",
                                   "start_time", "phases.total"},
                                  "start_time", &ToAttempt);
}

Query QueryOf(Listing listing) {
  if (listing.nothing) listing.query.matches = [](const Record&) { return false; };
  return std::move(listing.query);
}

absl::Status Resume(const std::string& token, const aip::PageTokens& tokens, base::WallTime now,
                    Listing& listing) {
  if (token.empty()) return absl::OkStatus();
  const auto cursor = tokens.Read(token, listing.Arguments(), now);
  if (!cursor.ok()) return cursor.status();
  listing.trail = PageTrail::Parse(*cursor).value_or(PageTrail());
  listing.query.before = listing.trail.start();
  return absl::OkStatus();
}

template <typename Response>
void SetEnd(const deliverylog::Page& page, const Listing& listing, const aip::PageTokens& tokens,
            base::WallTime now, Response& response) {
  const auto token = [&](const PageTrail& trail) {
    return tokens.Make(trail.Encode(), listing.Arguments(), now);
  };
  PageTrail trail = listing.trail;
  // Who comes back to the first page finds what was on it.
  const bool first = trail.start() == UINT64_MAX && !page.records.empty();
  if (first) trail = PageTrail(page.records.front().sequence + 1);
  if (page.next && *page.next > 0) response.set_next_page_token(token(trail.Next(*page.next)));
  if (const auto previous = trail.Previous()) response.set_previous_page_token(token(*previous));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(page.scanned_to);
  response.mutable_scanned_to_time()->set_seconds(seconds.time_since_epoch().count());
  response.mutable_scanned_to_time()->set_nanos(
      static_cast<int32_t>((page.scanned_to - seconds).count()));
}

}  // namespace

absl::StatusOr<Query> DeliveryQuery(const std::string& parent, const std::string& filter,
                                    const Caller& caller) {
  v1::ListDeliveriesRequest request;
  request.set_parent(parent);
  request.set_filter(filter);
  absl::StatusOr<Listing> listing = ReadDeliveryListing(request, caller);
  if (!listing.ok()) return listing.status();
  Query query = QueryOf(*std::move(listing));
  query.last_only = true;
  return query;
}

absl::StatusOr<Query> AttemptQuery(const std::string& parent, const std::string& filter,
                                   const Caller& caller) {
  v1::ListAttemptsRequest request;
  request.set_parent(parent);
  request.set_filter(filter);
  absl::StatusOr<Listing> listing = ReadAttemptListing(request, caller);
  if (!listing.ok()) return listing.status();
  return QueryOf(*std::move(listing));
}

void DeliveryMethods::Get(const v1::GetDeliveryRequest& request, Done done) const {
  if (log_ == nullptr) return done(DeliveryLogIsOff());
  const auto ids = kDelivery.Match(request.name());
  if (!ids) return done(NotOfPattern("name", kDelivery));
  std::optional<Query> query = ForDelivery(*ids);
  if (!query) return done(aip::NotFound("carillon/Delivery", request.name()));
  const bool full = request.view() != v1::DELIVERY_VIEW_BASIC;
  query->details = full;
  query->marks = true;
  log_->Find(*std::move(query), [name = request.name(), full, done = std::move(done)](
                                    absl::StatusOr<deliverylog::Page> page) mutable {
    if (!page.ok()) return done(DeliveryLogError(page.status()));
    const bool purged =
        !page->records.empty() && page->records.front().figures.state == State::kPurged;
    if (page->records.empty() || purged) return done(aip::NotFound("carillon/Delivery", name));
    auto delivery = std::make_unique<v1::Delivery>(ToDelivery(page->records.front()));
    if (full) {
      std::erase_if(page->records,
                    [](const Record& each) { return each.figures.state == State::kPurged; });
      for (const Record& record : page->records) *delivery->add_attempts() = ToAttempt(record);
    }
    done(Answer(std::move(delivery)));
  });
}

void DeliveryMethods::GetAttempt(const v1::GetAttemptRequest& request, Done done) const {
  if (log_ == nullptr) return done(DeliveryLogIsOff());
  const auto ids = kAttempt.Match(request.name());
  if (!ids) return done(NotOfPattern("name", kAttempt));
  std::optional<Query> query = ForDelivery(*ids);
  const std::optional<uint64_t> number = ToNumber(ids->back());
  if (!query || !number) return done(aip::NotFound("carillon/Attempt", request.name()));
  query->limit = 1;
  query->details = true;
  query->matches = [number = *number](const Record& record) {
    return record.figures.number == number;
  };
  log_->Find(*std::move(query), [name = request.name(), done = std::move(done)](
                                    absl::StatusOr<deliverylog::Page> page) mutable {
    if (!page.ok()) return done(DeliveryLogError(page.status()));
    if (page->records.empty()) return done(aip::NotFound("carillon/Attempt", name));
    done(Answer(std::make_unique<v1::Attempt>(ToAttempt(page->records.front()))));
  });
}

void DeliveryMethods::List(const v1::ListDeliveriesRequest& request, const Caller& caller,
                           Done done) const {
  if (log_ == nullptr) return done(DeliveryLogIsOff());
  absl::StatusOr<Listing> listing = ReadDeliveryListing(request, caller);
  if (!listing.ok()) return done(listing.status());
  absl::Status status = Resume(request.page_token(), tokens_, clock_.Wall(), *listing);
  if (!status.ok()) return done(std::move(status));
  if (listing->nothing) return done(Answer(std::make_unique<v1::ListDeliveriesResponse>()));
  Query query = listing->query;
  query.last_only = true;
  log_->Find(std::move(query), [this, listing = *std::move(listing), done = std::move(done)](
                                   absl::StatusOr<deliverylog::Page> page) mutable {
    if (!page.ok()) return done(DeliveryLogError(page.status()));
    auto response = std::make_unique<v1::ListDeliveriesResponse>();
    for (const Record& record : page->records) {
      v1::Delivery& delivery = *response->add_deliveries();
      delivery = ToDelivery(record);
      if (listing.query.details) *delivery.add_attempts() = ToAttempt(record);
    }
    SetEnd(*page, listing, tokens_, clock_.Wall(), *response);
    done(Answer(std::move(response)));
  });
}

void DeliveryMethods::Count(const v1::CountDeliveriesRequest& request, const Caller& caller,
                            Done done) const {
  if (log_ == nullptr) return done(DeliveryLogIsOff());
  absl::StatusOr<Query> query = DeliveryQuery(request.parent(), request.filter(), caller);
  if (!query.ok()) return done(query.status());
  CountDeliveries(*std::move(query), *log_,
                  [done = std::move(done)](absl::StatusOr<DeliveryCount> counted) mutable {
                    if (!counted.ok()) return done(counted.status());
                    auto response = std::make_unique<v1::CountDeliveriesResponse>();
                    response->set_count(counted->count);
                    response->set_capped(counted->more);
                    SetMoment(counted->scanned_to, *response->mutable_scanned_to_time());
                    done(Answer(std::move(response)));
                  });
}

void DeliveryMethods::ListAttempts(const v1::ListAttemptsRequest& request, const Caller& caller,
                                   Done done) const {
  if (log_ == nullptr) return done(DeliveryLogIsOff());
  absl::StatusOr<Listing> listing = ReadAttemptListing(request, caller);
  if (!listing.ok()) return done(listing.status());
  absl::Status status = Resume(request.page_token(), tokens_, clock_.Wall(), *listing);
  if (!status.ok()) return done(std::move(status));
  if (listing->nothing) return done(Answer(std::make_unique<v1::ListAttemptsResponse>()));
  Query query = listing->query;
  log_->Find(std::move(query), [this, listing = *std::move(listing), done = std::move(done)](
                                   absl::StatusOr<deliverylog::Page> page) mutable {
    if (!page.ok()) return done(DeliveryLogError(page.status()));
    auto response = std::make_unique<v1::ListAttemptsResponse>();
    for (const Record& record : page->records) *response->add_attempts() = ToAttempt(record);
    SetEnd(*page, listing, tokens_, clock_.Wall(), *response);
    done(Answer(std::move(response)));
  });
}

}  // namespace carillon::control

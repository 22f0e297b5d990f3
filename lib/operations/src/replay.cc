#include "carillon/operations/replay.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/aip/resource_name.h"

namespace carillon::operations {
namespace {

const aip::NamePattern kDestination("tenants/{tenant}/destinations/{destination}");

constexpr size_t kAttempts = 100;  // of one delivery that are looked at

base::WallTime ToWallTime(const google::protobuf::Timestamp& time) {
  // What a WallTime cannot hold is before, or behind, everything.
  const int64_t seconds = std::clamp<int64_t>(time.seconds(), -9'000'000'000, 9'000'000'000);
  return base::WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(time.nanos()));
}

/// Events that are being looked up in the delivery log.
struct LogSearch {
  deliverylog::AttemptStore& log;
  std::string tenant;
  std::string destination;
  std::vector<FoundEvent> found;
  bool only_missing = false;
  size_t at = 0;
  std::vector<FoundEvent> kept = {};
  absl::AnyInvocable<void(absl::StatusOr<std::vector<FoundEvent>>)> done;
};

bool IsMissing(const std::vector<deliverylog::Record>& attempts) {
  if (attempts.empty()) return true;
  const deliverylog::State last = attempts.front().figures.state;  // the newest comes first
  if (last == deliverylog::State::kScheduled || last == deliverylog::State::kQueued) return false;
  return std::ranges::none_of(attempts, [](const deliverylog::Record& record) {
    return record.figures.state == deliverylog::State::kDelivered;
  });
}

void LookNext(const std::shared_ptr<LogSearch>& search);

/// Keeps the event that was looked up, if it is wanted, and goes on.
void OnLookedUp(const std::shared_ptr<LogSearch>& search,
                const std::vector<deliverylog::Record>& attempts) {
  FoundEvent& event = search->found[search->at++];
  if (!attempts.empty()) event.attempts = attempts.front().figures.number;
  if (!search->only_missing || IsMissing(attempts)) search->kept.push_back(std::move(event));
  LookNext(search);
}

void LookNext(const std::shared_ptr<LogSearch>& search) {
  if (search->at == search->found.size()) return search->done(std::move(search->kept));
  deliverylog::Query query;
  query.tenant = search->tenant;
  query.destination = search->destination;
  query.position = search->found[search->at].event->position();
  query.limit = search->only_missing ? kAttempts : 1;
  query.max_time = std::chrono::seconds(1);
  query.marks = true;  // one that was purged waits for no retry
  search->log.Find(std::move(query), [search](absl::StatusOr<deliverylog::Page> page) {
    // Where only a number is looked up, the delivery goes without.
    if (!search->only_missing) {
      return OnLookedUp(search, page.ok() ? page->records : std::vector<deliverylog::Record>());
    }
    if (!page.ok()) return search->done(page.status());
    if (page->next && page->records.size() < kAttempts) {
      return search->done(absl::UnavailableError("the delivery log was not searched to its end"));
    }
    OnLookedUp(search, page->records);
  });
}

/// A replay, which callbacks hold: one may come when the operation is gone.
class Replay : public std::enable_shared_from_this<Replay> {
 public:
  using Done = absl::AnyInvocable<void(StepResult)>;

  Replay(v1::ReplayEventsRequest request, std::vector<std::string> ids,
         const StoredOperation& stored, const DeliveryTools& tools)
      : request_(std::move(request)),
        ids_(std::move(ids)),
        tools_(tools),
        cursor_(stored.cursor),
        end_(stored.end),
        done_share_(stored.operation.progress()) {}

  void Step(size_t most, Done done) {
    absl::StatusOr<EventSelection> selection = SelectionOf(request_, tools_.routes);
    if (!selection.ok()) return Answer({.status = selection.status()}, std::move(done));
    if (cursor_ == 0) return Locate(*selection, std::move(done));
    if (!total_) total_ = static_cast<double>(end_ - std::min(end_, cursor_)) / (1 - done_share_);
    ScanEvents(tools_.events, *std::move(selection), cursor_, end_, most,
               [self = shared_from_this(), done = std::move(done)](ScanResult scan) mutable {
                 self->OnScanned(std::move(scan), std::move(done));
               });
  }

 private:
  /// Finds where it begins and ends.
  void Locate(const EventSelection& selection, Done done) {
    const base::WallTime from = selection.from.value_or(base::WallTime::min());
    const base::WallTime to = selection.to.value_or(base::WallTime::max());
    FindPosition(tools_.events, from, 1, end_,
                 [self = shared_from_this(), to, done = std::move(done)](uint64_t first) mutable {
                   self->cursor_ = first;
                   FindPosition(self->tools_.events, to, first, self->end_,
                                [self, done = std::move(done)](uint64_t end) mutable {
                                  self->end_ = end;
                                  self->Answer({}, std::move(done));
                                });
                 });
  }

  void OnScanned(ScanResult scan, Done done) {
    const bool only_missing = request_.selection() == v1::ReplayEventsRequest::MISSING;
    if (scan.found.empty() || (tools_.log == nullptr && !only_missing)) {
      return Take(std::move(scan), std::move(done));
    }
    if (tools_.log == nullptr) {
      return Answer({.status = absl::FailedPreconditionError("the delivery log is off")},
                    std::move(done));
    }
    std::vector<FoundEvent> found = std::exchange(scan.found, {});
    LookNext(std::make_shared<LogSearch>(LogSearch{
        .log = *tools_.log,
        .tenant = ids_[0],
        .destination = ids_[1],
        .found = std::move(found),
        .only_missing = only_missing,
        .done = [self = shared_from_this(), scan = std::move(scan),
                 done = std::move(done)](absl::StatusOr<std::vector<FoundEvent>> kept) mutable {
          if (!kept.ok()) {
            return self->Answer({.status = absl::UnavailableError("the delivery log")},
                                std::move(done));
          }
          scan.found = *std::move(kept);
          self->Take(std::move(scan), std::move(done));
        }}));
  }

  void Take(ScanResult scan, Done done) {
    if (scan.found.empty()) return OnTaken(scan, 0, std::move(done));
    delivery::ResendOrder order{.tenant = ids_[0],
                                .name = ids_[1],
                                .trigger = model::Trigger::kReplay,
                                .items = {},
                                .max_parked = kMaxParked,
                                .settled_only = true};
    for (const FoundEvent& found : scan.found) {
      order.items.push_back({.position = found.event->position(),
                             .bytes = found.event->record().size(),
                             .earlier = found.attempts,
                             .due = {}});
    }
    tools_.resend(std::move(order), [self = shared_from_this(), scan = std::move(scan),
                                     done = std::move(done)](absl::StatusOr<size_t> taken) mutable {
      // One that gives up what is to be sent may be enabled again.
      if (absl::IsFailedPrecondition(taken.status())) taken = 0;
      // It is configured, as the subscriptions told, and not in force yet.
      if (absl::IsNotFound(taken.status())) {
        taken = absl::UnavailableError(taken.status().message());
      }
      if (!taken.ok()) {
        return self->Answer({.status = taken.status()}, std::move(done));
      }
      self->OnTaken(scan, *taken, std::move(done));
    });
  }

  /// The first `taken` of what was found are durable at their destination.
  void OnTaken(const ScanResult& scan, size_t taken, Done done) {
    StepResult result{.scanned = scan.scanned};
    result.matched = result.processed = static_cast<int64_t>(taken);
    if (taken == scan.found.size()) {
      cursor_ = scan.next;
      result.finished = scan.finished;
      result.waits = !scan.finished && scan.scanned == 0;
    } else {
      const FoundEvent& next = scan.found[taken];
      cursor_ = next.event->position();
      result.scanned = next.scanned - 1;
      result.waits = true;
    }
    Answer(std::move(result), std::move(done));
  }

  void Answer(StepResult result, Done done) {
    result.cursor = cursor_;
    result.end = end_;
    if (total_ && *total_ > 0) {
      result.progress = 1 - static_cast<double>(end_ - std::min(end_, cursor_)) / *total_;
    }
    done(std::move(result));
  }

  const v1::ReplayEventsRequest request_;
  const std::vector<std::string> ids_;  // tenant, destination
  const DeliveryTools tools_;
  uint64_t cursor_;
  uint64_t end_;
  const double done_share_;      // before this process
  std::optional<double> total_;  // positions, from the first on
};

class ReplayTask final : public Task {
 public:
  explicit ReplayTask(std::shared_ptr<Replay> replay) : replay_(std::move(replay)) {}
  void Step(size_t most, absl::AnyInvocable<void(StepResult)> done) override {
    replay_->Step(most, std::move(done));
  }

 private:
  const std::shared_ptr<Replay> replay_;
};

}  // namespace

absl::StatusOr<EventSelection> SelectionOf(const v1::ReplayEventsRequest& request,
                                           const RoutesOf& routes) {
  const auto ids = kDestination.Match(request.destination());
  if (!ids) {
    return aip::BadField("destination", "PATTERN", "must be " + kDestination.ToString());
  }
  absl::StatusOr<aip::Filter> filter = aip::Filter::Parse(request.filter(), EventFilterFields());
  if (!filter.ok()) return filter.status();
  EventSelection selection{.tenant = ids->front(), .filter = *std::move(filter)};
  if (request.has_start_time()) selection.from = ToWallTime(request.start_time());
  if (request.has_end_time()) selection.to = ToWallTime(request.end_time());
  if (selection.from && selection.to && *selection.from >= *selection.to) {
    return aip::BadField("end_time", "OUT_OF_RANGE", "must be later than start_time");
  }
  selection.table = routes(ids->front(), ids->back());
  if (selection.table == nullptr)
    return aip::NotFound("carillon/Destination", request.destination());
  if (request.selection() == v1::ReplayEventsRequest::ALL) selection.table = nullptr;
  return selection;
}

void KeepMissing(deliverylog::AttemptStore& log, const std::string& tenant,
                 const std::string& destination, std::vector<FoundEvent> found,
                 absl::AnyInvocable<void(absl::StatusOr<std::vector<FoundEvent>>)> done) {
  LookNext(std::make_shared<LogSearch>(LogSearch{.log = log,
                                                 .tenant = tenant,
                                                 .destination = destination,
                                                 .found = std::move(found),
                                                 .only_missing = true,
                                                 .done = std::move(done)}));
}

absl::StatusOr<std::unique_ptr<Task>> MakeReplay(const StoredOperation& stored,
                                                 const DeliveryTools& tools) {
  v1::ReplayEventsRequest request;
  if (!request.ParseFromString(stored.request)) {
    return absl::InvalidArgumentError("its request cannot be read");
  }
  std::optional<std::vector<std::string>> ids = kDestination.Match(request.destination());
  if (!ids) return absl::InvalidArgumentError("its destination has no name");
  return std::make_unique<ReplayTask>(
      std::make_shared<Replay>(std::move(request), *std::move(ids), stored, tools));
}

}  // namespace carillon::operations

#include "purge_task.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/v1/delivery_service.pb.h"
#include "delivery_lookup.h"
#include "newest_record.h"
#include "purge_selection.h"

namespace carillon::control {
namespace {

using delivery::PurgeOrder;
using delivery::PurgeResult;
using deliverylog::Record;
using deliverylog::State;
using operations::DeliveryTools;
using operations::StepResult;

/// A page of the log whose deliveries are being purged.
struct PurgePage {
  const DeliveryTools tools;
  const base::Clock& clock;
  const bool walked;  // what waits was given up before, where it was meant
  absl::AnyInvocable<void(StepResult)> done;
  StepResult result;
  std::vector<Record> records;
  std::vector<PurgeResult::Item> found;  // of the first of these
  size_t at = 0;
  std::vector<const Record*> marked;  // get marks

  void Fail(const absl::Status& status) {
    // All of it once more, which does no harm.
    result = {.status = absl::UnavailableError(status.message())};
    done(std::move(result));
  }
  /// Whether it is not to be shown any more, if it is not tried meanwhile.
  bool MayForget(size_t index) const {
    const deliverylog::Figures& figures = records[index].figures;
    if (found[index] == PurgeResult::Item::kLeft) return false;
    // One that was cut off waits as if it was never tried.
    return figures.state != State::kQueued || (walked && figures.number == 1);
  }
  void CountForgotten(size_t index) {
    const bool dead = records[index].figures.state == State::kDead;
    if (!dead && found[index] != PurgeResult::Item::kPurged) return;
    ++result.matched;
    ++result.processed;
  }
};
using PurgePagePtr = std::shared_ptr<PurgePage>;

void WriteMarks(const PurgePagePtr& page) {
  std::vector<deliverylog::Entry> marks;
  for (const Record* const record : page->marked) {
    deliverylog::Entry& mark =
        marks.emplace_back(deliverylog::Entry{.figures = record->figures,
                                              .tenant = record->tenant,
                                              .destination = record->destination,
                                              .event_type = record->event_type,
                                              .event_id = record->event_id});
    mark.figures.state = State::kPurged;
    mark.figures.started = page->clock.Wall();
    mark.figures.duration_us = 0;
    mark.figures.next = {};
  }
  page->tools.log->AddAll(marks, [page](const absl::Status& status) {
    if (!status.ok()) return page->Fail(status);
    page->done(std::move(page->result));
  });
}

void LookWhetherNewest(const PurgePagePtr& page) {
  std::vector<Record>& records = page->records;
  while (page->at < records.size() && !page->MayForget(page->at)) ++page->at;
  if (page->at == records.size()) return WriteMarks(page);
  AskIfNewest(*page->tools.log, records[page->at], [page](const absl::StatusOr<bool>& newest) {
    if (!newest.ok()) return page->Fail(newest.status());
    if (*newest) {
      page->CountForgotten(page->at);
      page->marked.push_back(&page->records[page->at]);
    }
    ++page->at;
    LookWhetherNewest(page);
  });
}

/// Where the destination is gone, nothing waits; one that is not in force yet is to be waited for.
bool IsGone(const absl::Status& status, const Record& of, const DeliveryTools& tools) {
  return absl::IsNotFound(status) &&
         !PurgeSelection::IsConfigured(of.tenant, of.destination, tools);
}

void GiveUpRun(const PurgePagePtr& page) {
  const std::vector<Record>& records = page->records;
  const size_t begin = page->found.size();
  if (begin == records.size()) {
    // An attempt that ended before its row went is in the log then.
    return page->tools.log->AddAll({}, [page](const absl::Status& status) {
      if (!status.ok()) return page->Fail(status);
      LookWhetherNewest(page);
    });
  }
  PurgeOrder order{
      .tenant = records[begin].tenant, .name = records[begin].destination, .items = {}, .from = {}};
  for (size_t i = begin; i < records.size() && order.items.size() < PurgeOrder::kMaxItems; ++i) {
    const Record& record = records[i];
    if (record.tenant != order.tenant || record.destination != order.name) break;
    order.items.push_back({.position = record.figures.position, .due = {}});
    if (record.figures.state == State::kScheduled) order.items.back().due = record.figures.next;
  }
  const size_t count = order.items.size();
  page->tools.purge(std::move(order), [page, count](absl::StatusOr<PurgeResult> result) {
    if (IsGone(result.status(), page->records[page->found.size()], page->tools)) {
      result = PurgeResult();
    }
    if (!result.ok()) return page->Fail(result.status());
    result->items.resize(count, PurgeResult::Item::kGone);
    page->found.insert(page->found.end(), result->items.begin(), result->items.end());
    GiveUpRun(page);
  });
}

/// A purge, which callbacks hold: one may come when the operation is gone.
class Purge : public std::enable_shared_from_this<Purge> {
 public:
  using Done = absl::AnyInvocable<void(StepResult)>;

  Purge(PurgeSelection selection, const operations::StoredOperation& stored,
        const DeliveryTools& tools, const base::Clock& clock)
      : selection_(std::move(selection)),
        tools_(tools),
        clock_(clock),
        cursor_(stored.cursor),
        end_(stored.end) {}

  void Step(size_t most, Done done) {
    if (cursor_ == 0) return Walk(most, std::move(done));
    ReadLog(most, std::move(done));
  }

 private:
  static constexpr double kShareOfWalk = 0.5;  // of the progress

  void Walk(size_t most, Done done) {
    if (!destinations_) destinations_ = selection_.Destinations(tools_);
    if (at_ == destinations_->size()) {
      cursor_ = UINT64_MAX;  // of the log: from its newest
      return Answer({.finished = tools_.log == nullptr}, std::move(done));
    }
    PurgeOrder order = selection_.StepAt((*destinations_)[at_], place_, end_);
    if (most < operations::Task::kMaxStep) order.most = most;
    tools_.purge(std::move(order), [self = shared_from_this(), done = std::move(done)](
                                       absl::StatusOr<PurgeResult> result) mutable {
      self->OnWalked(std::move(result), std::move(done));
    });
  }

  void OnWalked(absl::StatusOr<PurgeResult> walked, Done done) {
    const Record place{.tenant = selection_.tenant, .destination = (*destinations_)[at_]};
    if (IsGone(walked.status(), place, tools_)) walked = PurgeResult();
    if (!walked.ok()) {
      return Answer({.status = absl::UnavailableError(walked.status().message())}, std::move(done));
    }
    const auto purged = static_cast<int64_t>(walked->purged);
    at_ += walked->next ? 0 : 1;
    place_ = walked->next.value_or(delivery::PurgePlace());
    Answer({.scanned = static_cast<int64_t>(walked->looked_at),
            .matched = purged,
            .processed = purged,
            .waits = walked->waits},
           std::move(done));
  }

  void ReadLog(size_t most, Done done) {
    if (tools_.log == nullptr) return Answer({.finished = true}, std::move(done));
    deliverylog::Query query = selection_.logged;
    query.before = cursor_;
    query.limit = std::min(most, PurgeOrder::kMaxItems);
    query.matches = [end = end_, all = query.matches](const Record& record) {
      return record.figures.position < end && all(record);
    };
    tools_.log->Find(std::move(query), [self = shared_from_this(), done = std::move(done)](
                                           absl::StatusOr<deliverylog::Page> page) mutable {
      if (!page.ok()) {
        return self->Answer({.status = absl::UnavailableError("the delivery log")},
                            std::move(done));
      }
      self->OnPage(*std::move(page), std::move(done));
    });
  }

  void OnPage(deliverylog::Page page, Done done) {
    const uint64_t next = page.next.value_or(0);
    if (top_ == 0 && !page.records.empty()) top_ = page.records.front().sequence + 1;
    auto purged = std::make_shared<PurgePage>(PurgePage{
        .tools = tools_,
        .clock = clock_,
        .walked = selection_.waiting != nullptr,
        .done =
            [self = shared_from_this(), next, done = std::move(done)](StepResult result) mutable {
              if (result.status.ok()) {
                result.finished = next == 0;
                if (next > 0) self->cursor_ = next;
              }
              self->Answer(std::move(result), std::move(done));
            },
        .result = {.scanned = static_cast<int64_t>(page.records.size())},
        .records = std::move(page.records),
        .found = {},
        .marked = {}});
    if (purged->records.empty()) return purged->done(std::move(purged->result));
    GiveUpRun(purged);
  }

  void Answer(StepResult result, Done done) const {
    result.cursor = cursor_;
    result.end = end_;
    if (cursor_ == 0) {
      const size_t all = destinations_ ? destinations_->size() : 0;
      if (all > 0)
        result.progress = kShareOfWalk * static_cast<double>(at_) / static_cast<double>(all);
    } else {
      const double left =
          top_ == 0 ? 1 : static_cast<double>(std::min(cursor_, top_)) / static_cast<double>(top_);
      result.progress = 1 - (1 - kShareOfWalk) * left;
    }
    done(std::move(result));
  }

  const PurgeSelection selection_;
  const DeliveryTools tools_;
  const base::Clock& clock_;
  uint64_t cursor_;     // 0: it walks; else sequences of the log below it are to be looked at
  const uint64_t end_;  // positions below it are meant
  // Of this process:
  std::optional<std::vector<std::string>> destinations_;
  size_t at_ = 0;
  delivery::PurgePlace place_;
  uint64_t top_ = 0;  // the first sequence of the log that there was
};

class PurgeTask final : public operations::Task {
 public:
  explicit PurgeTask(std::shared_ptr<Purge> purge) : purge_(std::move(purge)) {}
  void Step(size_t most, absl::AnyInvocable<void(StepResult)> done) override {
    purge_->Step(most, std::move(done));
  }

 private:
  const std::shared_ptr<Purge> purge_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<operations::Task>> MakePurgeTask(
    const operations::StoredOperation& stored, const operations::DeliveryTools& tools,
    const base::Clock& clock) {
  v1::PurgeDeliveriesRequest request;
  if (!request.ParseFromString(stored.request)) {
    return absl::InvalidArgumentError("its request cannot be read");
  }
  absl::StatusOr<PurgeSelection> selection = SelectionOf(request);
  if (!selection.ok()) return absl::InvalidArgumentError(selection.status().message());
  return std::make_unique<PurgeTask>(
      std::make_shared<Purge>(*std::move(selection), stored, tools, clock));
}

}  // namespace carillon::control

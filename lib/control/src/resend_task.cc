#include "resend_task.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/control/resend_methods.h"
#include "delivery_lookup.h"
#include "delivery_messages.h"
#include "newest_record.h"

namespace carillon::control {
namespace {

using deliverylog::Query;
using deliverylog::Record;
using deliverylog::State;
using operations::DeliveryTools;
using operations::StepResult;

constexpr size_t kMostAtOnce = 100;

bool SameDestination(const Record& a, const Record& b) {
  return a.tenant == b.tenant && a.destination == b.destination;
}

/// One step: the deliveries of a page, one run of the same destination after another.
struct ResendStep {
  const DeliveryTools tools;
  absl::AnyInvocable<void(StepResult)> done;
  StepResult result;
  std::vector<Record> records;
  std::vector<uint64_t> bytes;  // of their events; 0: it is not sent
  size_t at = 0;
};
using ResendStepPtr = std::shared_ptr<ResendStep>;

void SendRun(const ResendStepPtr& step);
void LookAtEvent(const ResendStepPtr& step);

/// The record at `at` and what follows is left for the next step.
void StopBefore(const ResendStepPtr& step, absl::Status status) {
  step->result.cursor = step->records[step->at].sequence + 1;
  step->result.finished = false;
  step->result.waits = status.ok();
  step->result.status = std::move(status);
  step->done(std::move(step->result));
}

void CountSeen(ResendStep& step, size_t seen) {
  step.at += seen;
  step.result.scanned += static_cast<int64_t>(seen);
  step.result.matched += static_cast<int64_t>(seen);
}

void OnRunTaken(const ResendStepPtr& step, size_t size, bool hastened,
                absl::StatusOr<size_t> taken) {
  // Its destination is gone, or gives up what is to be sent: it stays as it is.
  if (absl::IsNotFound(taken.status()) || absl::IsFailedPrecondition(taken.status())) {
    CountSeen(*step, size);
    return SendRun(step);
  }
  if (!taken.ok()) return StopBefore(step, absl::UnavailableError(taken.status().message()));
  step->result.processed += static_cast<int64_t>(*taken);
  CountSeen(*step, hastened ? size : *taken);  // one that was not brought forward is on its way
  if (hastened || *taken == size) return SendRun(step);
  StopBefore(step, absl::OkStatus());
}

void SendRun(const ResendStepPtr& step) {
  const std::vector<Record>& records = step->records;
  while (step->at < records.size() && step->bytes[step->at] == 0) CountSeen(*step, 1);
  if (step->at == records.size()) return step->done(std::move(step->result));
  const Record& first = records[step->at];
  const bool hastened = first.figures.state == State::kScheduled;
  delivery::ResendOrder order{
      .tenant = first.tenant, .name = first.destination, .max_parked = operations::kMaxParked};
  for (size_t i = step->at; i < records.size(); ++i) {
    const bool other = !SameDestination(records[i], first) || step->bytes[i] == 0 ||
                       (records[i].figures.state == State::kScheduled) != hastened;
    if (other || (hastened && i > step->at)) break;
    order.items.push_back({.position = records[i].figures.position,
                           .bytes = step->bytes[i],
                           .earlier = records[i].figures.number,
                           .due = {}});
    if (hastened) order.items.back().due = records[i].figures.next;
  }
  const size_t size = order.items.size();
  step->tools.resend(std::move(order), [step, size, hastened](absl::StatusOr<size_t> taken) {
    OnRunTaken(step, size, hastened, std::move(taken));
  });
}

void OnEventOf(const ResendStepPtr& step, const store::EventBatch& batch) {
  const uint64_t position = step->records[step->bytes.size()].figures.position;
  const bool there = !batch.events.empty() && batch.events.front()->position() == position;
  step->bytes.push_back(there ? batch.events.front()->record().size() : 0);
  LookAtEvent(step);
}

/// Is there a newer attempt? Only of those that were delivered; of others the log looked.
void OnNewest(const ResendStepPtr& step, const absl::StatusOr<bool>& newest) {
  if (!newest.ok()) return StopBefore(step, newest.status());
  const Record& record = step->records[step->bytes.size()];
  if (!*newest) {
    step->bytes.push_back(0);
    return LookAtEvent(step);
  }
  step->tools.events.Read(record.figures.position, 1,
                          [step](const store::EventBatchPtr& batch) { OnEventOf(step, *batch); });
}

void LookAtEvent(const ResendStepPtr& step) {
  if (step->bytes.size() == step->records.size()) return SendRun(step);
  const Record& record = step->records[step->bytes.size()];
  if (record.figures.state == State::kQueued) {  // it is sent by itself
    step->bytes.push_back(0);
    return LookAtEvent(step);
  }
  AskIfNewest(*step->tools.log, record,
              [step](const absl::StatusOr<bool>& newest) { OnNewest(step, newest); });
}

class ResendTask final : public operations::Task {
 public:
  ResendTask(v1::ResendDeliveriesRequest request, const operations::StoredOperation& stored,
             const DeliveryTools& tools)
      : request_(std::move(request)),
        tools_(tools),
        place_(std::make_shared<Place>(Place{stored.cursor, stored.end})) {}

  void Step(size_t most, absl::AnyInvocable<void(StepResult)> done) override {
    absl::StatusOr<Query> query = DeliveriesOf(request_.parent(), request_.filter());
    if (query.ok() && tools_.log == nullptr) query = DeliveryLogIsOff();
    if (!query.ok()) return done({.status = query.status()});
    query->before = place_->cursor == 0 ? UINT64_MAX : place_->cursor;
    query->limit = std::min(most, kMostAtOnce);
    tools_.log->Find(*std::move(query), [place = place_, tools = tools_, done = std::move(done)](
                                            absl::StatusOr<deliverylog::Page> page) mutable {
      if (!page.ok()) return done(place->Result(absl::UnavailableError("the delivery log")));
      OnPage(place, tools, *std::move(page), std::move(done));
    });
  }

 private:
  /// How far it is; held by what is under way.
  struct Place {
    uint64_t cursor;  // sequences below it are to be looked at; 0: all
    uint64_t top;     // the first of these that there was

    StepResult Result(absl::Status status) const {
      return {.status = std::move(status), .cursor = cursor, .end = top};
    }
  };

  static void OnPage(const std::shared_ptr<Place>& place, const DeliveryTools& tools,
                     deliverylog::Page page, absl::AnyInvocable<void(StepResult)> done) {
    if (place->top == 0 && !page.records.empty()) place->top = page.records.front().sequence + 1;
    auto step = std::make_shared<ResendStep>(ResendStep{
        .tools = tools, .done = [place, done = std::move(done)](StepResult result) mutable {
          place->cursor = result.cursor;
          result.end = place->top;
          if (place->top > 0) {
            result.progress = 1 - static_cast<double>(std::min(result.cursor, place->top)) /
                                      static_cast<double>(place->top);
          }
          done(std::move(result));
        }});
    step->records = std::move(page.records);
    step->result.cursor = page.next.value_or(0);
    step->result.finished = !page.next || *page.next == 0;
    LookAtEvent(step);
  }

  const v1::ResendDeliveriesRequest request_;
  const DeliveryTools tools_;
  const std::shared_ptr<Place> place_;
};

}  // namespace

absl::StatusOr<Query> DeliveriesOf(const std::string& parent, const std::string& filter) {
  if (parent.starts_with("tenants/-/")) {
    return aip::BadField("parent", "PATTERN", "an operation is of one tenant: name it");
  }
  return DeliveryQuery(parent, filter == "*" ? "" : filter);
}

absl::StatusOr<std::unique_ptr<operations::Task>> MakeResendTask(
    const operations::StoredOperation& stored, const DeliveryTools& tools) {
  v1::ResendDeliveriesRequest request;
  if (!request.ParseFromString(stored.request)) {
    return absl::InvalidArgumentError("its request cannot be read");
  }
  return std::make_unique<ResendTask>(std::move(request), stored, tools);
}

}  // namespace carillon::control

#include "carillon/control/operation_methods.h"

#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_mask.h"
#include "carillon/aip/list_filter.h"
#include "carillon/aip/order_by.h"
#include "carillon/aip/resource_name.h"
#include "rate_field.h"
#include "tenant_deletion_task.h"

namespace carillon::control {
namespace {

const aip::NamePattern kOperation("tenants/{tenant}/operations/{operation}");
const aip::NamePattern kOperationParent("tenants/{tenant}");
constexpr char kOperationType[] = "carillon/Operation";
constexpr std::chrono::seconds kDefaultWait{30};
constexpr std::chrono::seconds kLongestWait{60};
// Of the caller's time, left for the answer.
constexpr std::chrono::milliseconds kForAnswer{200};

absl::Status NoOperationName(const char* field) {
  return aip::BadField(field, "PATTERN", "must be " + kOperation.ToString());
}

/// An operation as an answer.
operations::Operations::Done AsAnswer(Methods::Done done) {
  return [done = std::move(done)](absl::StatusOr<v1::Operation> operation) mutable {
    if (!operation.ok()) return done(operation.status());
    done(Answer(std::make_unique<v1::Operation>(*std::move(operation))));
  };
}

bool SeesAllTenants(const std::vector<std::string>& tenants) {
  return !tenants.empty() && tenants.front() == aip::NamePattern::kAny;
}

/// Whether a caller of those tenants sees it.
bool SeesOperation(const std::vector<std::string>& tenants, const v1::Operation& operation) {
  if (SeesAllTenants(tenants)) return true;
  return operation.kind() != v1::Operation::DELETE_TENANT &&
         std::ranges::binary_search(tenants, kOperation.Match(operation.name())->front());
}

/// An operation as an answer to a caller who may not see it.
operations::Operations::Done AsSeen(const Caller& caller, Methods::Done done) {
  return [tenants = caller.tenants,
          done = AsAnswer(std::move(done))](absl::StatusOr<v1::Operation> operation) mutable {
    if (operation.ok() && !SeesOperation(tenants, *operation)) {
      return done(aip::NotFound(kOperationType, operation->name()));
    }
    done(std::move(operation));
  };
}

/// A list, once its request was understood.
struct OperationListing {
  std::string method, parent, filter_text, order_text;
  std::vector<std::string> tenants;
  aip::Filter filter;
  aip::OrderBy order;
  size_t size;
  std::optional<aip::SortKey> after;

  aip::ListArguments Arguments() const {
    return {method, parent, filter_text, order_text, tenants};
  }
};

absl::StatusOr<OperationListing> ReadOperationListing(const v1::ListOperationsRequest& request,
                                                      const Caller& caller,
                                                      const aip::PageTokens& tokens,
                                                      base::WallTime now) {
  if (!kOperationParent.Match(request.parent(), true)) {
    return aip::BadField("parent", "PATTERN", "must be " + kOperationParent.ToString());
  }
  const auto size = aip::PageSize(request.page_size());
  if (!size.ok()) return size.status();
  const google::protobuf::Descriptor& type = *v1::Operation::descriptor();
  const auto filter = aip::Filter::Parse(
      request.filter(),
      {type, {"kind", "state", "done", "target", "principal", "create_time"}, false});
  if (!filter.ok()) return filter.status();
  const auto order = aip::OrderBy::Parse(
      request.order_by().empty() ? "create_time desc" : request.order_by(), type, {"create_time"});
  if (!order.ok()) return order.status();
  OperationListing listing{.method = "carillon.v1.OperationService/ListOperations",
                           .parent = request.parent(),
                           .filter_text = request.filter(),
                           .order_text = order->ToString(),
                           .tenants = caller.tenants,
                           .filter = *filter,
                           .order = *order,
                           .size = *size,
                           .after = {}};
  if (request.page_token().empty()) return listing;
  const auto cursor = tokens.Read(request.page_token(), listing.Arguments(), now);
  if (!cursor.ok()) return cursor.status();
  listing.after = aip::DecodeSortKey(*cursor);
  return listing;
}

std::unique_ptr<v1::ListOperationsResponse> PageOf(const OperationListing& listing,
                                                   const std::vector<v1::Operation>& all,
                                                   const aip::PageTokens& tokens,
                                                   base::WallTime now) {
  std::vector<std::pair<aip::SortKey, const v1::Operation*>> listed;
  for (const v1::Operation& operation : all) {
    if (!SeesOperation(listing.tenants, operation)) continue;
    if (!listing.filter.Matches(operation)) continue;
    aip::SortKey key = listing.order.KeyOf(operation);
    if (listing.after && !listing.order.Before(*listing.after, key)) continue;
    listed.emplace_back(std::move(key), &operation);
  }
  std::ranges::sort(
      listed, [&](const auto& a, const auto& b) { return listing.order.Before(a.first, b.first); });
  auto response = std::make_unique<v1::ListOperationsResponse>();
  const size_t count = std::min(listing.size, listed.size());
  for (size_t i = 0; i < count; ++i) *response->add_operations() = *listed[i].second;
  if (count < listed.size()) {
    response->set_next_page_token(
        tokens.Make(aip::EncodeSortKey(listed[count - 1].first), listing.Arguments(), now));
  }
  return response;
}

operations::Operations::Done AsEmpty(Methods::Done done) {
  return [done = std::move(done)](const absl::StatusOr<v1::Operation>& was) mutable {
    if (!was.ok()) return done(was.status());
    done(Answer(std::make_unique<google::protobuf::Empty>()));
  };
}

/// Answers once the tenant of a deletion that was canceled is given back.
operations::Operations::Done AfterRelease(const ReleaseTenant& release, const Caller& caller,
                                          operations::Operations::Done done) {
  return [&release, caller, done = std::move(done)](absl::StatusOr<v1::Operation> ended) mutable {
    const bool released = ended.ok() && ended->kind() == v1::Operation::DELETE_TENANT &&
                          ended->state() == v1::Operation::CANCELLED;
    if (!released) return done(std::move(ended));
    const v1::Operation operation = *ended;
    release(operation, caller.trail,
            [ended = std::move(ended), done = std::move(done)](const absl::Status& status) mutable {
              if (!status.ok()) return done(status);
              done(std::move(ended));
            });
  };
}

/// How long a call waits; FIELD_INVALID about `timeout`.
absl::StatusOr<std::chrono::nanoseconds> WaitOf(const v1::WaitOperationRequest& request) {
  if (!request.has_timeout()) return kDefaultWait;
  const int64_t seconds = request.timeout().seconds();
  const bool whole = seconds >= 0 && request.timeout().nanos() >= 0;
  const bool longer = seconds > kLongestWait.count() ||
                      (seconds == kLongestWait.count() && request.timeout().nanos() > 0);
  if (!whole || longer) return aip::BadField("timeout", "OUT_OF_RANGE", "must be 0s to 60s");
  return std::chrono::seconds(seconds) + std::chrono::nanoseconds(request.timeout().nanos());
}

}  // namespace

void OperationMethods::IfMayChange(
    const std::string& name, const Caller& caller, Done done,
    absl::AnyInvocable<void(const v1::Operation&, Done)> then) const {
  operations_.Get(name, [caller, done = std::move(done), then = std::move(then)](
                            const absl::StatusOr<v1::Operation>& found) mutable {
    if (!found.ok()) return done(found.status());
    if (!SeesOperation(caller.tenants, *found)) {
      return done(aip::NotFound(kOperationType, found->name()));
    }
    if (found->kind() == v1::Operation::DELETE_TENANT && !caller.is_operator) {
      return done(
          aip::MakeError(v1::ROLE_FORBIDDEN, "only operators change what deletes a tenant"));
    }
    then(*found, std::move(done));
  });
}

void OperationMethods::Get(const v1::GetOperationRequest& request, const Caller& caller,
                           Done done) const {
  if (!kOperation.Match(request.name())) return done(NoOperationName("name"));
  operations_.Get(request.name(), AsSeen(caller, std::move(done)));
}

void OperationMethods::List(const v1::ListOperationsRequest& request, const Caller& caller,
                            Done done) const {
  absl::StatusOr<OperationListing> listing =
      ReadOperationListing(request, caller, tokens_, clock_.Wall());
  if (!listing.ok()) return done(listing.status());
  const std::string tenant = kOperationParent.Match(request.parent(), true)->front();
  operations_.List(tenant, [this, listing = *std::move(listing), done = std::move(done)](
                               absl::StatusOr<std::vector<v1::Operation>> all) mutable {
    if (!all.ok()) return done(all.status());
    done(Answer(PageOf(listing, *all, tokens_, clock_.Wall())));
  });
}

void OperationMethods::Wait(const v1::WaitOperationRequest& request, const Caller& caller,
                            Done done) const {
  if (!kOperation.Match(request.name())) return done(NoOperationName("name"));
  const absl::StatusOr<std::chrono::nanoseconds> wait = WaitOf(request);
  if (!wait.ok()) return done(wait.status());
  std::chrono::nanoseconds at_most = *wait;
  const base::WallTime now = clock_.Wall();
  if (caller.answer_by < now + kLongestWait + kForAnswer) {
    at_most = std::min<std::chrono::nanoseconds>(at_most, caller.answer_by - kForAnswer - now);
  }
  operations_.Wait(request.name(), at_most, AsSeen(caller, std::move(done)));
}

void OperationMethods::Update(const v1::UpdateOperationRequest& request, const Caller& caller,
                              Done done) const {
  const v1::Operation& given = request.operation();
  if (!kOperation.Match(given.name())) return done(NoOperationName("operation.name"));
  if (given.has_max_rate()) {
    absl::Status status = CheckRate("operation.max_rate", given.max_rate());
    if (!status.ok()) return done(std::move(status));
  }
  auto change = [given, mask = request.update_mask()](v1::Operation& stored) {
    if (!given.etag().empty() && given.etag() != stored.etag()) {
      return aip::EtagMismatch("carillon/Operation", stored.name(), stored.etag());
    }
    return aip::Merge({.field = "operation", .given = given, .mask = &mask}, stored);
  };
  IfMayChange(given.name(), caller, std::move(done),
              [this, change = std::move(change)](const v1::Operation& found, Done answered) {
                operations_.Update(found.name(), change, AsAnswer(std::move(answered)));
              });
}

void OperationMethods::Cancel(const v1::CancelOperationRequest& request, const Caller& caller,
                              Done done) const {
  if (!kOperation.Match(request.name())) return done(NoOperationName("name"));
  IfMayChange(request.name(), caller, std::move(done),
              [this, caller](const v1::Operation& found, Done answered) {
                operations_.Cancel(found.name(),
                                   AfterRelease(release_, caller, AsAnswer(std::move(answered))));
              });
}

void OperationMethods::Delete(const v1::DeleteOperationRequest& request, const Caller& caller,
                              Done done) const {
  if (!kOperation.Match(request.name())) return done(NoOperationName("name"));
  IfMayChange(
      request.name(), caller, std::move(done), [this](const v1::Operation& found, Done answered) {
        auto forget = [this, name = found.name(),
                       answered = std::move(answered)](const absl::Status& released) mutable {
          if (!released.ok()) return answered(released);
          operations_.Delete(name, AsEmpty(std::move(answered)));
        };
        const bool of_tenant = found.kind() == v1::Operation::DELETE_TENANT && found.done();
        if (!of_tenant) return forget(absl::OkStatus());
        release_(found, TrailOfDeletion(found), std::move(forget));
      });
}

}  // namespace carillon::control

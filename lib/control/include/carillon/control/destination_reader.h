#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/control/delivery_access.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::control {

/// Runs a task soon on the thread that reads; false: that has ended, and nothing happens.
using PostReading = std::function<bool(absl::AnyInvocable<void()> task)>;

/// GetDestination and ListDestinations: the standard methods, and how the destinations fare. One
/// question to delivery for a whole page; where the list is filtered or ordered by that, one for
/// all that the caller sees of the parent. What delivery does not tell in time is left out.
///
/// Thread-safe; what is given outlives it, and whatever is under way has been answered before it
/// ends.
class DestinationReader {
 public:
  using Done = Methods::Done;
  using ListDone = absl::AnyInvocable<void(absl::StatusOr<Page>)>;

  /// Lists by status, and other questions for all, that are under way at once; one more is answered
  /// with RATE_LIMITED. Each asks for all destinations of its parent.
  static constexpr size_t kMaxByStatus = 4;

  /// `destinations`: the type of MakeDestinationType, `methods` those of it.
  DestinationReader(const ResourceType& destinations, const Methods& methods,
                    DescribeDelivery describe, PostReading post)
      : destinations_(destinations),
        methods_(methods),
        describe_(std::move(describe)),
        post_(std::move(post)) {}

  /// On the thread that reads. `done`, once, there or on any thread.
  void Get(const std::string& name, Done done);
  void List(const ListRequest& request, const Caller& caller, ListDone done);

  /// All that the caller sees of a parent.
  struct All {
    std::vector<std::string> names;
    Statuses statuses;  ///< in the order of the names
  };
  /// Of the request's parent; the rest of it is not looked at. On the thread that reads; `then`,
  /// once, there or on any thread.
  void AskAll(const ListRequest& request, const Caller& caller,
              absl::AnyInvocable<void(absl::StatusOr<All>)> then);

 private:
  /// Fills in how it fares, and that its tenant is disabled.
  void Tell(const delivery::DestinationStatus& status, v1::Destination& destination) const;
  void ListByStatus(const ListRequest& request, const Caller& caller, ListDone done);
  void DescribePage(Page page, ListDone done);
  /// Asks, and calls `then` with what was told on the thread that reads, or with an error.
  void Ask(const std::vector<std::string>& names,
           absl::AnyInvocable<void(absl::StatusOr<Statuses>)> then);

  const ResourceType& destinations_;
  const Methods& methods_;
  const DescribeDelivery describe_;
  const PostReading post_;
  std::atomic<size_t> by_status_{0};
};

}  // namespace carillon::control

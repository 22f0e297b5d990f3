#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/base/random.h"
#include "carillon/control/repeatable_calls.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/trial/trial_sender.h"
#include "carillon/v1/destination_service.pb.h"

namespace carillon::control {

/// TestDestination: sends one event to a destination of the store, of the file, or of nobody yet.
/// Errors are those of carillon/aip/error.h. Thread-safe; what is given outlives it, and whatever
/// is under way has been answered before it ends (Sender::Stop, Repository::Stop).
class DestinationTester {
 public:
  using Done = Methods::Done;

  /// `destinations`: the type of MakeDestinationType.
  DestinationTester(Repository& repository, const ResourceType& destinations, trial::Sender& sender,
                    const base::Clock& clock)
      : repository_(repository),
        destinations_(destinations),
        sender_(sender),
        clock_(clock),
        calls_(repository) {}

  static constexpr std::chrono::seconds kLongest{30};
  /// What of a caller's time is left for the way back.
  static constexpr std::chrono::milliseconds kWayBack{200};

  /// `done`, once, on any thread, while the caller waits, and within `kLongest`. A repetition by
  /// `request_id` gets the first answer, and nothing is sent; while the first is under way it is
  /// RATE_LIMITED. The request is read before this returns.
  void Test(const v1::TestDestinationRequest& request, const Caller& caller, Done done);

 private:
  using DestinationPtr = std::shared_ptr<const model::Destination>;

  absl::StatusOr<trial::Trial> MakeTrial(const v1::TestDestinationRequest& request);
  absl::StatusOr<DestinationPtr> FindDestination(const v1::TestDestinationRequest& request) const;
  absl::StatusOr<DestinationPtr> FindStored(const std::string& name) const;
  absl::StatusOr<DestinationPtr> ReadUnsaved(const v1::Destination& given) const;
  absl::StatusOr<model::EventPtr> MakeEvent(const v1::TestDestinationRequest& request,
                                            const std::string& tenant);
  base::MonoTime MustEnd(const Caller& caller) const;
  void Send(trial::Trial trial, Done done);

  Repository& repository_;
  const ResourceType& destinations_;
  trial::Sender& sender_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  base::SeededRandom random_ ABSL_GUARDED_BY(mutex_){base::RandomSeed()};
  RepeatableCalls calls_;
};

}  // namespace carillon::control

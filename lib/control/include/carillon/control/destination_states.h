#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "carillon/control/delivery_access.h"
#include "carillon/control/repeatable_calls.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/destination_service.pb.h"

namespace carillon::control {

/// EnableDestination, DisableDestination, PauseDestination and ResumeDestination, for destinations
/// of the store and of the file. What they change is no configuration: etag and revision stay.
/// Errors are those of carillon/aip/error.h. Thread-safe; what is given outlives it, and whatever
/// is under way has been answered before it ends.
class DestinationStates {
 public:
  using Done = Methods::Done;

  /// `destinations`: the type of MakeDestinationType, `methods` those of it.
  DestinationStates(Repository& repository, const ResourceType& destinations,
                    const Methods& methods, CommandDelivery command)
      : destinations_(destinations),
        methods_(methods),
        command_(std::move(command)),
        calls_(repository) {}

  static constexpr size_t kMaxReasonBytes = 1024;
  static constexpr std::chrono::seconds kMinPause{1};
  static constexpr std::chrono::days kMaxPause{30};

  /// Each answers with the destination and its new state once that is in force and durable; with
  /// `validate_only`, when delivery said that it could be done. DISABLED_BY_FILE: the file says
  /// `disabled: true`. STATE_CONFLICT: what is disabled is neither paused nor resumed.
  /// ETAG_MISMATCH, and by `request_id`, as the standard methods.
  void Enable(const v1::EnableDestinationRequest& request, const Caller& caller, Done done);
  void Disable(const v1::DisableDestinationRequest& request, const Caller& caller, Done done);
  void Pause(const v1::PauseDestinationRequest& request, const Caller& caller, Done done);
  void Resume(const v1::ResumeDestinationRequest& request, const Caller& caller, Done done);
  /// Answers with a ReleaseDestinationResponse once nothing is held any more that was.
  void Release(const v1::ReleaseDestinationRequest& request, const Caller& caller, Done done);

 private:
  struct Wanted {
    const char* method;
    std::string name;
    std::string etag;
    std::string request_id;
    std::string reason;
    bool validate_only;
    delivery::LaneCommand command;
    v1::Destination::State state;
    std::string principal = {};
    std::optional<std::chrono::nanoseconds> pause = std::nullopt;
  };

  /// What all the requests have.
  template <typename Request>
  static Wanted WantedBy(const char* method, const Request& request, const Caller& caller,
                         delivery::LaneCommand command, v1::Destination::State state);
  void Change(const Wanted& wanted, const google::protobuf::Message& request, const Caller& caller,
              Done done);
  /// The destination as it will be, or what stands in the way.
  absl::StatusOr<v1::Destination> Check(const Wanted& wanted) const;
  void Command(const Wanted& wanted, v1::Destination answer, Done done);
  void CommandRelease(const v1::ReleaseDestinationRequest& request, Done done);

  const ResourceType& destinations_;
  const Methods& methods_;
  const CommandDelivery command_;
  RepeatableCalls calls_;
};

}  // namespace carillon::control

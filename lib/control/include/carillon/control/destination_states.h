#pragma once

#include <functional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/control/repeatable_calls.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/delivery/lane_command.h"
#include "carillon/v1/destination_service.pb.h"

namespace carillon::control {

/// Hands what a destination's owner asks for to whoever delivers (see engine::Engine::Command).
using CommandDelivery =
    std::function<void(delivery::LaneOrder order, absl::AnyInvocable<void(absl::Status)> done)>;

/// EnableDestination and DisableDestination, for destinations of the store and of the file. What
/// they change is no configuration: etag and revision stay. Errors are those of
/// carillon/aip/error.h. Thread-safe; what is given outlives it, and whatever is under way has been
/// answered before it ends.
class DestinationStates {
 public:
  using Done = Methods::Done;

  /// `destinations`: the type of MakeDestinationType, `methods` those of it.
  DestinationStates(Repository& repository, const ResourceType& destinations,
                    const Methods& methods, CommandDelivery command)
      : repository_(repository),
        destinations_(destinations),
        methods_(methods),
        command_(std::move(command)),
        calls_(repository) {}

  /// Each answers with the destination and its new state once that is in force and durable.
  /// DISABLED_BY_FILE: the file says `disabled: true`. ETAG_MISMATCH, and by `request_id`, as the
  /// standard methods.
  void Enable(const v1::EnableDestinationRequest& request, const Caller& caller, Done done);
  void Disable(const v1::DisableDestinationRequest& request, const Caller& caller, Done done);

 private:
  struct Wanted {
    const char* method;
    std::string name;
    std::string etag;
    std::string request_id;
    bool validate_only;
    delivery::LaneCommand command;
    v1::Destination::State state;
  };

  void Change(const Wanted& wanted, const google::protobuf::Message& request, const Caller& caller,
              Done done);
  /// The destination as it will be, or what stands in the way.
  absl::StatusOr<v1::Destination> Check(const Wanted& wanted) const;
  void Command(const Wanted& wanted, v1::Destination answer, Done done);

  Repository& repository_;
  const ResourceType& destinations_;
  const Methods& methods_;
  const CommandDelivery command_;
  RepeatableCalls calls_;
};

}  // namespace carillon::control

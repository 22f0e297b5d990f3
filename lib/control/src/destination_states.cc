#include "carillon/control/destination_states.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "change_call.h"

namespace carillon::control {
namespace {

absl::Status DisabledByFile(const std::string& name) {
  return aip::FailedPrecondition(
      v1::DISABLED_BY_FILE,
      absl::StrCat(name, " has `disabled: true` in the configuration file: change it there"),
      {{"DISABLED_BY_FILE", name, "change the configuration file"}}, {{"resource", name}});
}

}  // namespace

void DestinationStates::Enable(const v1::EnableDestinationRequest& request, const Caller& caller,
                               Done done) {
  Change({.method = "carillon.v1.DestinationService/EnableDestination",
          .name = request.name(),
          .etag = request.etag(),
          .request_id = request.request_id(),
          .validate_only = request.validate_only(),
          .command = delivery::LaneCommand::kEnable,
          .state = v1::Destination::ACTIVE},
         request, caller, std::move(done));
}

void DestinationStates::Disable(const v1::DisableDestinationRequest& request, const Caller& caller,
                                Done done) {
  Change({.method = "carillon.v1.DestinationService/DisableDestination",
          .name = request.name(),
          .etag = request.etag(),
          .request_id = request.request_id(),
          .validate_only = request.validate_only(),
          .command = delivery::LaneCommand::kDisable,
          .state = v1::Destination::DISABLED},
         request, caller, std::move(done));
}

void DestinationStates::Change(const Wanted& wanted, const google::protobuf::Message& request,
                               const Caller& caller, Done done) {
  if (absl::Status status = CheckRequestId(wanted.request_id); !status.ok()) {
    return done(std::move(status));
  }
  ChangeCall call = MakeCall({wanted.method, request, wanted.request_id, wanted.validate_only},
                             caller, v1::Destination::default_instance());
  calls_.Run(
      std::move(call),
      [this, wanted](Done answered) {
        absl::StatusOr<v1::Destination> answer = Check(wanted);
        if (!answer.ok()) return answered(answer.status());
        if (wanted.validate_only) {
          return answered(std::make_unique<v1::Destination>(*std::move(answer)));
        }
        Command(wanted, *std::move(answer), std::move(answered));
      },
      std::move(done));
}

absl::StatusOr<v1::Destination> DestinationStates::Check(const Wanted& wanted) const {
  const absl::StatusOr<Answer> found = methods_.Get(wanted.name);
  if (!found.ok()) return found.status();
  auto destination = static_cast<const v1::Destination&>(**found);
  if (!wanted.etag.empty() && wanted.etag != destination.etag()) {
    return aip::EtagMismatch(destinations_.type(), wanted.name, destination.etag());
  }
  const bool by_file = destination.disabled();
  if (by_file && wanted.command == delivery::LaneCommand::kEnable) {
    return DisabledByFile(wanted.name);
  }
  destination.set_state(wanted.state);
  return destination;
}

void DestinationStates::Command(const Wanted& wanted, v1::Destination answer, Done done) {
  const auto ids = destinations_.pattern().Match(wanted.name);
  delivery::LaneOrder order{
      .place = 0, .tenant = ids->front(), .name = ids->back(), .command = wanted.command};
  command_(std::move(order), [type = std::string(destinations_.type()), name = wanted.name,
                              answer = std::move(answer),
                              done = std::move(done)](absl::Status status) mutable {
    if (status.ok()) return done(std::make_unique<v1::Destination>(std::move(answer)));
    if (absl::IsNotFound(status)) return done(aip::NotFound(type, name));
    if (absl::IsFailedPrecondition(status)) return done(DisabledByFile(name));
    done(aip::MakeError(
        v1::STORE_UNAVAILABLE,
        absl::StrCat("it is not known whether this was done: ", status.message(), "; ask again")));
  });
}

}  // namespace carillon::control

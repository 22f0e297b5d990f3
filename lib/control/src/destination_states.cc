#include "carillon/control/destination_states.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "change_call.h"

namespace carillon::control {
namespace {

constexpr size_t kMaxKeyBytes = 256;  // of an ordering key, as it is published

/// Of a principal's name, which a token's issuer may have chosen.
constexpr size_t kMaxPrincipalBytes = 256;

/// Nullopt: it is none, or longer than any that counts.
std::optional<std::chrono::nanoseconds> LengthOf(const google::protobuf::Duration& given) {
  constexpr int64_t kMostSeconds = 1'000'000'000;
  constexpr int32_t kNanos = 1'000'000'000;
  if (given.seconds() < 0 || given.seconds() > kMostSeconds) return std::nullopt;
  if (given.nanos() < 0 || given.nanos() >= kNanos) return std::nullopt;
  return std::chrono::seconds(given.seconds()) + std::chrono::nanoseconds(given.nanos());
}

absl::Status Conflict(const std::string& name) {
  return aip::FailedPrecondition(
      v1::STATE_CONFLICT, absl::StrCat(name, " is disabled: enable it, or leave it"),
      {{"STATE_CONFLICT", name, "call EnableDestination"}}, {{"resource", name}});
}

absl::Status NotKnown(const absl::Status& status) {
  return aip::MakeError(
      v1::STORE_UNAVAILABLE,
      absl::StrCat("it is not known whether this was done: ", status.message(), "; ask again"));
}

absl::Status DisabledByFile(const std::string& name) {
  return aip::FailedPrecondition(
      v1::DISABLED_BY_FILE,
      absl::StrCat(name, " has `disabled: true` in the configuration file: change it there"),
      {{"DISABLED_BY_FILE", name, "change the configuration file"}}, {{"resource", name}});
}

}  // namespace

template <typename Request>
DestinationStates::Wanted DestinationStates::WantedBy(const char* method, const Request& request,
                                                      const Caller& caller,
                                                      delivery::LaneCommand command,
                                                      v1::Destination::State state) {
  return {.method = method,
          .name = request.name(),
          .etag = request.etag(),
          .request_id = request.request_id(),
          .reason = request.reason(),
          .validate_only = request.validate_only(),
          .command = command,
          .state = state,
          .principal = base::Printable(caller.principal, kMaxPrincipalBytes)};
}

void DestinationStates::Enable(const v1::EnableDestinationRequest& request, const Caller& caller,
                               Done done) {
  Change(WantedBy("carillon.v1.DestinationService/EnableDestination", request, caller,
                  delivery::LaneCommand::kEnable, v1::Destination::ACTIVE),
         request, caller, std::move(done));
}

void DestinationStates::Disable(const v1::DisableDestinationRequest& request, const Caller& caller,
                                Done done) {
  Change(WantedBy("carillon.v1.DestinationService/DisableDestination", request, caller,
                  delivery::LaneCommand::kDisable, v1::Destination::DISABLED),
         request, caller, std::move(done));
}

void DestinationStates::Pause(const v1::PauseDestinationRequest& request, const Caller& caller,
                              Done done) {
  Wanted wanted = WantedBy("carillon.v1.DestinationService/PauseDestination", request, caller,
                           delivery::LaneCommand::kPause, v1::Destination::PAUSED);
  if (request.has_duration()) {
    const auto pause = LengthOf(request.duration());
    if (!pause || *pause < kMinPause || *pause > kMaxPause) {
      return done(aip::BadField("duration", "OUT_OF_RANGE", "must be 1 s to 30 days"));
    }
    wanted.pause = *pause;
  }
  Change(wanted, request, caller, std::move(done));
}

void DestinationStates::Resume(const v1::ResumeDestinationRequest& request, const Caller& caller,
                               Done done) {
  Change(WantedBy("carillon.v1.DestinationService/ResumeDestination", request, caller,
                  delivery::LaneCommand::kResume, v1::Destination::ACTIVE),
         request, caller, std::move(done));
}

void DestinationStates::Change(const Wanted& wanted, const google::protobuf::Message& request,
                               const Caller& caller, Done done) {
  if (absl::Status status = CheckRequestId(wanted.request_id); !status.ok()) {
    return done(std::move(status));
  }
  if (wanted.reason.size() > kMaxReasonBytes) {
    return done(aip::BadField("reason", "TOO_LONG", "must have at most 1024 bytes"));
  }
  ChangeCall call = MakeCall({wanted.method, request, wanted.request_id, wanted.validate_only},
                             caller, v1::Destination::default_instance());
  calls_.Run(
      std::move(call),
      [this, wanted](Done answered) {
        absl::StatusOr<v1::Destination> answer = Check(wanted);
        if (!answer.ok()) return answered(answer.status());
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
  if (destination.disabled() && wanted.command == delivery::LaneCommand::kEnable) {
    return DisabledByFile(wanted.name);
  }
  destination.set_state(wanted.state);
  return destination;
}

void DestinationStates::Command(const Wanted& wanted, v1::Destination answer, Done done) {
  const auto ids = destinations_.pattern().Match(wanted.name);
  delivery::LaneOrder order{.place = 0,
                            .tenant = ids->front(),
                            .name = ids->back(),
                            .command = wanted.command,
                            .only_check = wanted.validate_only,
                            .principal = wanted.principal,
                            .reason = wanted.reason,
                            .pause = wanted.pause};
  const bool enables = wanted.command == delivery::LaneCommand::kEnable;
  command_(std::move(order), [this, name = wanted.name, enables, answer = std::move(answer),
                              done = std::move(done)](absl::Status status) mutable {
    if (status.ok()) return done(std::make_unique<v1::Destination>(std::move(answer)));
    if (absl::IsNotFound(status)) return done(aip::NotFound(destinations_.type(), name));
    if (absl::IsFailedPrecondition(status)) {
      return done(enables ? DisabledByFile(name) : Conflict(name));
    }
    done(NotKnown(status));
  });
}

void DestinationStates::Release(const v1::ReleaseDestinationRequest& request, const Caller& caller,
                                Done done) {
  if (absl::Status status = CheckRequestId(request.request_id()); !status.ok()) {
    return done(std::move(status));
  }
  if (request.ordering_key().size() > kMaxKeyBytes) {
    return done(aip::BadField("ordering_key", "TOO_LONG", "must have at most 256 bytes"));
  }
  if (request.has_ordering_key() && request.ordering_key().empty()) {
    return done(aip::BadField("ordering_key", "REQUIRED", "must not be empty: leave it out"));
  }
  const absl::StatusOr<Answer> found = methods_.Get(request.name());
  if (!found.ok()) return done(found.status());
  ChangeCall call =
      MakeCall({"carillon.v1.DestinationService/ReleaseDestination", request, request.request_id()},
               caller, v1::ReleaseDestinationResponse::default_instance());
  calls_.Run(
      std::move(call),
      [this, request](Done answered) { CommandRelease(request, std::move(answered)); },
      std::move(done));
}

void DestinationStates::CommandRelease(const v1::ReleaseDestinationRequest& request, Done done) {
  const auto ids = destinations_.pattern().Match(request.name());
  const auto released = std::make_shared<uint64_t>(0);
  delivery::LaneOrder order{.tenant = ids->front(),
                            .name = ids->back(),
                            .command = delivery::LaneCommand::kRelease,
                            .released = released};
  if (request.has_ordering_key()) order.ordering_key = request.ordering_key();
  command_(std::move(order), [this, name = request.name(), released,
                              done = std::move(done)](absl::Status status) mutable {
    if (absl::IsNotFound(status)) return done(aip::NotFound(destinations_.type(), name));
    if (!status.ok()) return done(NotKnown(status));
    auto answer = std::make_unique<v1::ReleaseDestinationResponse>();
    answer->set_released_delivery_count(static_cast<int64_t>(*released));
    done(std::move(answer));
  });
}

}  // namespace carillon::control

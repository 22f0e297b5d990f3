#include "status_message.h"

#include <optional>

#include "delivery_messages.h"

namespace carillon::control {
using delivery::DestinationStatus;
using Reported = v1::DestinationStatus;

Reported::Reason ReasonOf(model::DisabledReason reason) {
  switch (reason) {
    case model::DisabledReason::kOperator:
      return Reported::CONFIGURED;
    case model::DisabledReason::kGone:
      return Reported::GONE;
    case model::DisabledReason::kFailing:
      return Reported::FAILING;
    case model::DisabledReason::kRetriesEnded:
      return Reported::RETRIES_EXHAUSTED;
    case model::DisabledReason::kPrincipal:
      return Reported::PRINCIPAL;
  }
  return Reported::REASON_UNSPECIFIED;
}

namespace {

v1::Destination::State ToProto(DestinationStatus::State state) {
  switch (state) {
    case DestinationStatus::State::kActive:
      return v1::Destination::ACTIVE;
    case DestinationStatus::State::kPaused:
      return v1::Destination::PAUSED;
    case DestinationStatus::State::kDisabled:
      return v1::Destination::DISABLED;
  }
  return v1::Destination::STATE_UNSPECIFIED;
}

Reported::Reason ReasonOfState(const DestinationStatus& status) {
  if (status.disabled) return ReasonOf(*status.disabled);
  if (status.call) return Reported::PRINCIPAL;
  if (status.state == DestinationStatus::State::kPaused) return Reported::RECEIVER;
  return Reported::REASON_UNSPECIFIED;
}

Reported::Circuit ToProto(DestinationStatus::Circuit circuit) {
  switch (circuit) {
    case DestinationStatus::Circuit::kClosed:
      return Reported::CLOSED;
    case DestinationStatus::Circuit::kOpen:
      return Reported::OPEN;
    case DestinationStatus::Circuit::kHalfOpen:
      return Reported::HALF_OPEN;
    case DestinationStatus::Circuit::kRamping:
      return Reported::RAMPING;
  }
  return Reported::CIRCUIT_UNSPECIFIED;
}

void TellMoment(const std::optional<base::WallTime>& time,
                google::protobuf::Timestamp* (Reported::*member)(), Reported& to) {
  if (time) SetMoment(*time, *(to.*member)());
}

}  // namespace

void SetStatus(const DestinationStatus& status, v1::Destination& destination) {
  destination.set_state(ToProto(status.state));
  Reported& to = *destination.mutable_status();
  to.set_reason(ReasonOfState(status));
  if (status.call) {
    to.set_principal(status.call->principal);
    to.set_message(status.call->reason);
  }
  TellMoment(status.since, &Reported::mutable_state_time, to);
  TellMoment(status.pause_ends, &Reported::mutable_pause_end_time, to);
  TellMoment(status.last_attempt, &Reported::mutable_last_attempt_time, to);
  TellMoment(status.last_success, &Reported::mutable_last_success_time, to);
  TellMoment(status.failing_since, &Reported::mutable_failing_since, to);
  if (status.last_attempt) {
    to.set_last_outcome(ToProto(status.last_outcome));
    to.set_last_response_status(status.last_http_status);
  }
  to.set_circuit(ToProto(status.circuit));
  TellMoment(status.probe_at, &Reported::mutable_circuit_probe_time, to);
  to.set_queued_count(static_cast<int64_t>(status.queued));
  to.set_parked_count(static_cast<int64_t>(status.parked));
  TellMoment(status.oldest_accepted, &Reported::mutable_oldest_accept_time, to);
  to.set_in_flight_count(static_cast<int32_t>(status.in_flight));
  to.set_effective_concurrency(static_cast<int32_t>(status.concurrency));
  to.set_behind(status.behind);
}

}  // namespace carillon::control

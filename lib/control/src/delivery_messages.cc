#include "delivery_messages.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/resource/attempt_detail.h"

namespace carillon::control {
namespace {

using deliverylog::Detail;
using deliverylog::Figures;
using deliverylog::Record;
using deliverylog::State;

void SetLength(std::chrono::nanoseconds length, google::protobuf::Duration& to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(length);
  to.set_seconds(seconds.count());
  to.set_nanos(static_cast<int32_t>((length - seconds).count()));
}

v1::Delivery::State ToProto(State state) {
  switch (state) {
    case State::kQueued:
      return v1::Delivery::QUEUED;
    case State::kScheduled:
      return v1::Delivery::SCHEDULED;
    case State::kDelivered:
      return v1::Delivery::DELIVERED;
    case State::kDead:
      return v1::Delivery::DEAD;
    case State::kPurged:
      break;  // is not shown
  }
  return v1::Delivery::STATE_UNSPECIFIED;
}

v1::Delivery::Trigger ToProto(model::Trigger trigger) {
  switch (trigger) {
    case model::Trigger::kPublish:
      return v1::Delivery::PUBLISH;
    case model::Trigger::kResend:
      return v1::Delivery::RESEND;
    case model::Trigger::kReplay:
      return v1::Delivery::REPLAY;
  }
  return v1::Delivery::TRIGGER_UNSPECIFIED;
}

base::WallTime EndOf(const Figures& figures) {
  return figures.started + std::chrono::microseconds(figures.duration_us);
}

template <typename Head>
void SetHeaders(std::string_view head, Head& to) {
  for (const auto& [name, value] : deliverylog::FieldsOf(head)) {
    v1::HttpHeader& header = *to.add_headers();
    header.set_name(name);
    if (value == "***") {
      header.set_blanked(true);
    } else {
      header.set_value(value);
    }
  }
}

void SetPhases(const deliverylog::Phases& phases, v1::Phases& to) {
  if (phases.dns.count() >= 0) SetLength(phases.dns, *to.mutable_dns());
  if (phases.connect.count() >= 0) SetLength(phases.connect, *to.mutable_connect());
  if (phases.tls.count() >= 0) SetLength(phases.tls, *to.mutable_tls());
  if (phases.first_byte.count() >= 0) SetLength(phases.first_byte, *to.mutable_first_byte());
  to.set_reused_connection(phases.connect.count() < 0 && phases.first_byte.count() >= 0);
}

void SetDetail(const Detail& detail, v1::Attempt& attempt) {
  SetPhases(detail.phases, *attempt.mutable_phases());
  attempt.set_remote_address(detail.peer);
  attempt.set_message(detail.error);
  if (!detail.facts.empty()) *attempt.mutable_detail() = resource::ToMessage(detail.facts);
  v1::HttpRequest& request = *attempt.mutable_request();
  request.set_url(detail.url);
  request.set_body_bytes(static_cast<int64_t>(detail.sent));
  SetHeaders(detail.request, request);
  for (const v1::HttpHeader& header : request.headers()) {
    if (header.name() == "webhook-id") attempt.set_webhook_id(header.value());
  }
  if (attempt.response().status() == 0) return;
  v1::HttpResponse& response = *attempt.mutable_response();
  SetHeaders(detail.response, response);
  response.set_body(detail.body);
  if (!detail.body_cut) response.set_body_bytes(static_cast<int64_t>(detail.body.size()));
}

}  // namespace

void SetMoment(base::WallTime time, google::protobuf::Timestamp& to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  to.set_seconds(seconds.time_since_epoch().count());
  to.set_nanos(static_cast<int32_t>((time - seconds).count()));
}

v1::Outcome ToProto(model::Outcome outcome) {
  // Both have the same order, and zero stands for none.
  static_assert(static_cast<int>(model::Outcome::kBlocked) + 1 == v1::OUTCOME_BLOCKED);
  return static_cast<v1::Outcome>(static_cast<int>(outcome) + 1);
}

std::string DeliveryName(const Record& record) {
  return absl::StrCat("tenants/", record.tenant, "/destinations/", record.destination,
                      "/deliveries/", record.figures.position);
}

v1::Delivery ToDelivery(const Record& record) {
  const Figures& figures = record.figures;
  v1::Delivery delivery;
  delivery.set_name(DeliveryName(record));
  delivery.set_event_type(record.event_type);
  delivery.set_event_id(record.event_id);
  delivery.set_state(ToProto(figures.state));
  delivery.set_outcome(ToProto(figures.outcome));
  delivery.set_response_status(figures.status);
  delivery.set_attempt_count(static_cast<int32_t>(figures.number));
  delivery.set_trigger(ToProto(figures.trigger));
  SetMoment(figures.accepted, *delivery.mutable_accept_time());
  SetMoment(figures.started, *delivery.mutable_last_attempt_time());
  if (figures.state == State::kScheduled) {
    SetMoment(figures.next, *delivery.mutable_next_attempt_time());
  }
  if (figures.state == State::kDelivered || figures.state == State::kDead) {
    SetMoment(EndOf(figures), *delivery.mutable_end_time());
  }
  if (figures.state == State::kDead && record.detail) delivery.set_message(record.detail->error);
  return delivery;
}

v1::Attempt ToAttempt(const Record& record) {
  const Figures& figures = record.figures;
  v1::Attempt attempt;
  attempt.set_name(absl::StrCat(DeliveryName(record), "/attempts/", figures.number));
  attempt.set_number(static_cast<int32_t>(figures.number));
  SetMoment(figures.started, *attempt.mutable_start_time());
  attempt.set_outcome(ToProto(figures.outcome));
  SetLength(std::chrono::microseconds(figures.duration_us),
            *attempt.mutable_phases()->mutable_total());
  if (figures.status != 0) attempt.mutable_response()->set_status(figures.status);
  attempt.set_batch_size(figures.batch);
  attempt.set_trigger(ToProto(figures.trigger));
  if (figures.state == State::kScheduled) {
    SetMoment(figures.next, *attempt.mutable_next_attempt_time());
  }
  attempt.set_event_type(record.event_type);
  attempt.set_event_id(record.event_id);
  if (record.detail) SetDetail(*record.detail, attempt);
  return attempt;
}

std::optional<model::Outcome> FromProto(v1::Outcome outcome) {
  const int number = static_cast<int>(outcome) - 1;
  if (number < 0 || number >= model::kOutcomeCount) return std::nullopt;
  return static_cast<model::Outcome>(number);
}

std::optional<State> FromProto(v1::Delivery::State state) {
  if (state == v1::Delivery::STATE_UNSPECIFIED) return std::nullopt;
  for (int i = 0; i < deliverylog::kStateCount; ++i) {
    if (ToProto(static_cast<State>(i)) == state) return static_cast<State>(i);
  }
  return std::nullopt;
}

}  // namespace carillon::control

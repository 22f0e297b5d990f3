#pragma once

#include <optional>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/deliverylog/record.h"
#include "carillon/v1/delivery.pb.h"

// Records of the delivery log as messages of the API. All functions are pure.
namespace carillon::control {

/// `tenants/acme/destinations/orders/deliveries/17`
std::string DeliveryName(const deliverylog::Record& record);

/// The delivery whose last attempt `record` is, without its attempts.
v1::Delivery ToDelivery(const deliverylog::Record& record);
v1::Attempt ToAttempt(const deliverylog::Record& record);

void SetMoment(base::WallTime time, google::protobuf::Timestamp& to);
v1::Outcome ToProto(model::Outcome outcome);
/// Nullopt: the log has no such ones.
std::optional<model::Outcome> FromProto(v1::Outcome outcome);
std::optional<deliverylog::State> FromProto(v1::Delivery::State state);

}  // namespace carillon::control

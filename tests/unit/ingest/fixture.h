#pragma once

#include <memory>
#include <string>
#include <vector>

#include "carillon/ingest/ingest.h"
#include "carillon/model/built_in.h"
#include "carillon/v1/publisher.pb.h"

namespace carillon::ingest {

inline constexpr base::WallTime kNow{std::chrono::seconds(1'714'564'800)};  // 2024-05-01T12:00:00Z

inline Catalog TestCatalog() {
  Catalog types = {"order.paid"};
  for (std::string& type : model::BuiltInTypes()) types.insert(std::move(type));
  return types;
}

using Events = std::vector<std::shared_ptr<model::Event>>;

inline absl::StatusOr<Events> Decode(std::string_view request, const Limits& limits = {}) {
  static const Catalog catalog = TestCatalog();
  base::SeededRandom random(1);
  return DecodeRequest(request, limits, catalog, kNow, random);
}

inline absl::StatusOr<Events> Decode(const v1::PublishRequest& request, const Limits& limits = {}) {
  return Decode(request.SerializeAsString(), limits);
}

/// The message of the error, or "" when all is well.
inline std::string ErrorOf(const absl::StatusOr<Events>& events) {
  if (events.ok()) return "";
  if (events.status().code() != absl::StatusCode::kInvalidArgument) return "another code";
  return std::string(events.status().message());
}

/// A valid event with a typed payload.
inline v1::Event SessionEvent() {
  v1::Event event;
  event.set_id("e1");
  event.set_type("session.create");
  event.mutable_session()->set_uuid("41509791");
  event.mutable_session()->set_location("Kamen Test");
  return event;
}

inline v1::PublishRequest RequestOf(std::vector<v1::Event> events) {
  v1::PublishRequest request;
  for (auto& event : events) *request.add_events() = std::move(event);
  return request;
}

}  // namespace carillon::ingest

#include "shown_request.h"

#include "carillon/v1/delivery_service.pb.h"

namespace carillon::operations {
namespace {

using Shown = v1::Operation::Request;

// They have the same values; a test goes through them.
static_assert(static_cast<int>(Shown::ALL) == static_cast<int>(v1::ReplayEventsRequest::ALL));

std::optional<Shown> OfReplay(const StoredOperation& stored) {
  v1::ReplayEventsRequest request;
  if (!request.ParseFromString(stored.request)) return std::nullopt;
  Shown shown;
  shown.set_destination(request.destination());
  shown.set_filter(request.filter());
  if (request.has_start_time()) *shown.mutable_start_time() = request.start_time();
  if (request.has_end_time()) *shown.mutable_end_time() = request.end_time();
  shown.set_selection(static_cast<Shown::Selection>(request.selection()));
  if (request.has_max_rate()) shown.set_max_rate(request.max_rate());
  return shown;
}

/// Of what means deliveries by their parent and a filter.
template <typename Request>
std::optional<Shown> OfDeliveries(const StoredOperation& stored) {
  Request request;
  if (!request.ParseFromString(stored.request)) return std::nullopt;
  Shown shown;
  shown.set_parent(request.parent());
  shown.set_filter(request.filter());
  if constexpr (requires { request.has_max_rate(); }) {
    if (request.has_max_rate()) shown.set_max_rate(request.max_rate());
  }
  return shown;
}

}  // namespace

std::optional<v1::Operation::Request> ShownRequest(const StoredOperation& stored) {
  if (stored.request.empty()) return std::nullopt;
  switch (stored.operation.kind()) {
    case v1::Operation::REPLAY:
      return OfReplay(stored);
    case v1::Operation::RESEND:
      return OfDeliveries<v1::ResendDeliveriesRequest>(stored);
    case v1::Operation::PURGE:
      return OfDeliveries<v1::PurgeDeliveriesRequest>(stored);
    default:
      return std::nullopt;
  }
}

}  // namespace carillon::operations

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/control/event_methods.h"
#include "carillon/model/event.h"

namespace carillon::control {

/// Which event a name means.
struct EventRef {
  std::string name;
  std::string tenant;
  std::string id;
  std::optional<uint64_t> position;  ///< if unset, the newest of this id
};

/// FIELD_INVALID about `name`.
absl::StatusOr<EventRef> ReadEventName(const std::string& name);

using FoundOne = absl::AnyInvocable<void(absl::StatusOr<model::EventPtr>)>;

/// Finds the event: at its position, or the newest of its id, by the delivery log and by a search
/// of the newest events, within bounds. `found`, once, on the thread of `sources.post`, or on one
/// of those who are asked; or never, where they end. NOT_FOUND says how far was looked.
/// `place` is kept until then.
void FindEvent(const EventSources& sources, EventRef ref, std::shared_ptr<void> place,
               FoundOne found);

}  // namespace carillon::control

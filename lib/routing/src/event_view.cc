#include "event_view.h"

namespace carillon::routing {

std::optional<std::string_view> EventView::Attribute(std::string_view key) const {
  for (const auto& [name, value] : event_.attributes()) {
    if (name == key) return value;
  }
  return std::nullopt;
}

}  // namespace carillon::routing

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "carillon/json/document.h"
#include "carillon/model/event.h"

namespace carillon::routing {

/// An event as filters look at it: its payload is read when a payload member is first asked for,
/// and only once. Lives while one event is matched; one thread.
class EventView {
 public:
  explicit EventView(const model::Event& event) : event_(event) {}
  EventView(const EventView&) = delete;
  EventView& operator=(const EventView&) = delete;

  std::optional<std::string_view> Attribute(std::string_view key) const;

  /// The payload's members.
  json::Document& payload() {
    if (!payload_) payload_.emplace(event_.payload());
    return *payload_;
  }

  /// Whether nobody asked for a member of a payload that could not be read.
  bool readable() const { return !payload_ || payload_->readable(); }

 private:
  const model::Event& event_;
  std::optional<json::Document> payload_;
};

}  // namespace carillon::routing

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "carillon/model/event.h"
#include "carillon/model/subscription.h"

namespace carillon::routing {

/// An event as filters look at it: its payload is parsed when a payload member is first asked for,
/// and only once. Lives while one event is matched; one thread.
class EventView {
 public:
  explicit EventView(const model::Event& event);
  ~EventView();
  EventView(const EventView&) = delete;
  EventView& operator=(const EventView&) = delete;

  std::optional<std::string_view> Attribute(std::string_view key) const;

  /// Whether the payload has the member that `path` leads to (null counts).
  bool HasMember(std::span<const std::string> path);
  /// Whether that member is there and equal to `value`, in type too; numbers by value.
  bool MemberEquals(std::span<const std::string> path, const model::Scalar& value);
  /// Whether that member is a string that begins with `prefix`.
  bool MemberBegins(std::span<const std::string> path, std::string_view prefix);

 private:
  struct Payload;
  const Payload& payload();

  const model::Event& event_;
  std::unique_ptr<Payload> payload_;
};

}  // namespace carillon::routing

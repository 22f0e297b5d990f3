#include "event_view.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

namespace carillon::routing {
namespace {

using Json = nlohmann::json;

const Json* Find(const Json& root, std::span<const std::string> path) {
  const Json* at = &root;
  for (const std::string& name : path) {
    if (!at->is_object()) return nullptr;
    const auto it = at->find(name);
    if (it == at->end()) return nullptr;
    at = &*it;
  }
  return at;
}

/// Compares without the rounding of a conversion to double.
template <typename Integer>
bool SameNumber(Integer whole, double real) {
  constexpr double kEnd = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;
  constexpr double kBegin = std::is_signed_v<Integer> ? -0x1p63 : 0.0;
  return real >= kBegin && real < kEnd && std::trunc(real) == real &&
         static_cast<Integer>(real) == whole;
}

bool SameNumber(const Json& json, int64_t value) {
  if (json.is_number_unsigned()) return std::cmp_equal(json.get<uint64_t>(), value);
  if (json.is_number_integer()) return json.get<int64_t>() == value;
  return json.is_number_float() && SameNumber(value, json.get<double>());
}

bool SameNumber(const Json& json, double value) {
  if (json.is_number_unsigned()) return SameNumber(json.get<uint64_t>(), value);
  if (json.is_number_integer()) return SameNumber(json.get<int64_t>(), value);
  return json.is_number_float() && json.get<double>() == value;
}

}  // namespace

struct EventView::Payload {
  Json root;  ///< `discarded` when the payload is not JSON: then no member is there
};

EventView::EventView(const model::Event& event) : event_(event) {}
EventView::~EventView() = default;

const EventView::Payload& EventView::payload() {
  if (!payload_) {
    payload_ = std::make_unique<Payload>();
    payload_->root = Json::parse(event_.payload(), nullptr, /*allow_exceptions=*/false);
  }
  return *payload_;
}

std::optional<std::string_view> EventView::Attribute(std::string_view key) const {
  for (const auto& [name, value] : event_.attributes()) {
    if (name == key) return value;
  }
  return std::nullopt;
}

bool EventView::HasMember(std::span<const std::string> path) {
  return Find(payload().root, path) != nullptr;
}

bool EventView::MemberEquals(std::span<const std::string> path, const model::Scalar& value) {
  const Json* member = Find(payload().root, path);
  if (member == nullptr) return false;
  if (const auto* text = std::get_if<std::string>(&value)) {
    return member->is_string() && member->get_ref<const std::string&>() == *text;
  }
  if (const auto* truth = std::get_if<bool>(&value)) {
    return member->is_boolean() && member->get<bool>() == *truth;
  }
  if (const auto* whole = std::get_if<int64_t>(&value)) return SameNumber(*member, *whole);
  return SameNumber(*member, std::get<double>(value));
}

bool EventView::MemberBegins(std::span<const std::string> path, std::string_view prefix) {
  const Json* member = Find(payload().root, path);
  return member != nullptr && member->is_string() &&
         std::string_view(member->get_ref<const std::string&>()).starts_with(prefix);
}

}  // namespace carillon::routing

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/model/destination.h"
#include "carillon/model/event.h"
#include "carillon/model/subscription.h"
#include "carillon/routing/routing_table.h"

namespace carillon::routing {

inline model::EventPtr MakeEvent(std::string_view type, std::string_view payload = "{}",
                                 std::vector<model::Event::Attribute> attributes = {},
                                 std::string_view tenant = "default") {
  model::Event::Parts parts;
  parts.id = "e1";
  parts.type = type;
  parts.tenant = tenant;
  parts.payload = payload;
  parts.attributes = std::move(attributes);
  return model::Event::Create(parts);
}

inline model::Destination MakeDestination(std::string name, std::string tenant = "default") {
  model::Destination destination;
  destination.name = std::move(name);
  destination.tenant = std::move(tenant);
  destination.url = "http://127.0.0.1/";
  return destination;
}

inline model::Subscription MakeSubscription(std::vector<std::string> types,
                                            std::vector<std::string> destinations,
                                            model::Filter filter = {},
                                            std::string tenant = "default") {
  return {std::move(tenant), "s", std::move(types), std::move(destinations), std::move(filter)};
}

inline model::Filter Check(model::Filter::Subject subject, std::vector<std::string> path,
                           model::Filter::Test test, std::vector<model::Scalar> values = {}) {
  model::Filter filter;
  filter.kind = model::Filter::Kind::kTest;
  filter.subject = subject;
  filter.path = std::move(path);
  filter.test = test;
  filter.values = std::move(values);
  return filter;
}

inline model::Filter Combine(model::Filter::Kind kind, std::vector<model::Filter> children) {
  model::Filter filter;
  filter.kind = kind;
  filter.children = std::move(children);
  return filter;
}

inline std::vector<uint32_t> MatchAll(const RoutingTable& table, const model::Event& event) {
  std::vector<uint32_t> out = {77};  // Match replaces what was there
  table.Match(event, out);
  return out;
}

}  // namespace carillon::routing

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/model/destination.h"
#include "carillon/model/event.h"
#include "carillon/model/subscription.h"

namespace carillon::routing {

/// Which destinations want an event: compiled once from validated configuration, immutable,
/// shared between threads, swapped whole.
class RoutingTable {
 public:
  /// Compiles. Names of destinations that subscriptions mention but `destinations` lacks are
  /// passed over, so that a table can be compiled for one shard of the destinations.
  /// `types` is the catalog: the types whose routes are looked up rather than matched.
  static std::shared_ptr<const RoutingTable> Compile(
      std::vector<model::Destination> destinations,
      std::span<const model::Subscription> subscriptions, std::span<const std::string> types);

  /// In the order given to `Compile`; the indices below mean these.
  virtual std::span<const model::Destination> destinations() const = 0;

  /// Replaces the contents of `out` by the indices, ascending, without repetition, of the
  /// destinations that want `event`. Never fails: a payload member that is not there does not
  /// match.
  virtual void Match(const model::Event& event, std::vector<uint32_t>& out) const = 0;

  /// Whether destination `index` wants `event`; the same answer as `Match`.
  virtual bool Matches(const model::Event& event, uint32_t index) const = 0;

  /// Whether a subscription of the tenant, to whatever destination (also one that this table
  /// lacks), is for the operational type `type`. `*` is not: what subscribed to all that is
  /// published did not ask for what Carillon tells of itself.
  virtual bool IsSubscribed(std::string_view tenant, std::string_view type) const = 0;

  virtual ~RoutingTable() = default;
};

}  // namespace carillon::routing

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/model/destination.h"
#include "carillon/model/event.h"
#include "carillon/model/subscription.h"

namespace carillon::routing {

using DestinationPtr = std::shared_ptr<const model::Destination>;
using SubscriptionPtr = std::shared_ptr<const model::Subscription>;

/// What makes another table of one.
struct TableChange {
  /// What stands at a place from now on; null: nothing. A destination keeps its place for as long
  /// as it is in the table.
  std::vector<std::pair<uint32_t, DestinationPtr>> places;
  /// All subscriptions of a tenant, where one of them is another than before.
  std::vector<std::pair<std::string, std::vector<SubscriptionPtr>>> subscriptions;
  /// The catalog: the types whose routes are looked up rather than matched. If unset, as before.
  std::optional<std::vector<std::string>> types;

  bool empty() const { return places.empty() && subscriptions.empty() && !types; }
};

/// Which destinations want an event: compiled from validated configuration, immutable, shared
/// between threads.
class RoutingTable {
 public:
  /// Compiles a whole table. Destination i has the place i. Names of destinations that
  /// subscriptions mention but `destinations` lacks are passed over, so that a table can be
  /// compiled for one shard of the destinations. `types` as TableChange::types.
  static std::shared_ptr<const RoutingTable> Compile(
      std::vector<model::Destination> destinations,
      std::span<const model::Subscription> subscriptions, std::span<const std::string> types);

  /// All places are below this.
  virtual uint32_t places() const = 0;
  /// The destination there; null: none. `place` is below `places()`.
  virtual const DestinationPtr& at(uint32_t place) const = 0;

  /// Replaces the contents of `out` by the places, ascending, without repetition, of the
  /// destinations that want `event`. Never fails: a payload member that is not there does not
  /// match.
  virtual void Match(const model::Event& event, std::vector<uint32_t>& out) const = 0;

  /// Whether the destination at `place` wants `event`; the same answer as `Match`.
  virtual bool Matches(const model::Event& event, uint32_t place) const = 0;

  /// Whether a subscription of the tenant, to whatever destination (also one that this table
  /// lacks), is for the operational type `type`. `*` is not: what subscribed to all that is
  /// published did not ask for what Carillon tells of itself.
  virtual bool IsSubscribed(std::string_view tenant, std::string_view type) const = 0;

  virtual ~RoutingTable() = default;
};

/// A table of which others are made by what is different. They share what is the same: a change
/// takes time for what it changes (a destination; of a tenant with other destinations or
/// subscriptions all routes), and some nanoseconds for each 256 places and for each 1,000 tenants.
class CompiledTable : public RoutingTable {
 public:
  static std::shared_ptr<const CompiledTable> Empty();
  virtual std::shared_ptr<const CompiledTable> With(const TableChange& change) const = 0;
  /// Tenants whose routes were compiled for this table, rather than taken from the one before.
  virtual size_t compiled_tenants() const = 0;
};

}  // namespace carillon::routing

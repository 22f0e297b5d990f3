#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>

#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "idle_pool.h"

namespace carillon::http {

class Connection;
class Endpoint;

/// A connection's place among the idle ones of its courier.
struct IdleConnection : IdleSlot {
  explicit IdleConnection(Connection& the_connection) : connection(the_connection) {}
  Connection& connection;
};

/// One courier's side of the budget of descriptors: an endpoint takes a place before it dials. When
/// there is none, the idle connection that is needed least (IdlePool) is closed, whosever it is;
/// then that of another courier (another thread) is asked for, and the endpoint waits in turn. Used
/// on the thread that runs `io`; outlives the endpoints. Without a budget there is always a place.
class Places {
 public:
  Places(boost::asio::io_context& io, base::DescriptorBudget* budget, const base::Clock& clock);
  ~Places();
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  enum class Taken : uint8_t {
    kYes,
    kFromIdle,  ///< yes: an idle connection was closed for it
    kWaits,     ///< Endpoint::UsePlace follows, unless `Forget` does
    kWaited,    ///< so it was before
  };
  Taken Take(Endpoint& endpoint);
  void Give();
  /// The endpoint waits no more.
  void Forget(Endpoint& endpoint);

  /// Somebody, anywhere, waits: what is idle is better closed.
  bool wanted() const { return budget_ != nullptr && budget_->wanted(); }
  void AddIdle(IdleConnection& idle, base::MonoTime now) { idle_.Add(idle, now); }
  /// Closes the idle connection that is needed least; false: there is none.
  bool CloseLeastNeeded();

 private:
  class Box;
  void OnPlaces(size_t count);
  void OnWanted(size_t count);

  base::DescriptorBudget* const budget_;
  const base::Clock& clock_;
  IdlePool idle_;
  std::deque<Endpoint*> waiting_;   // one for each place that was asked for, or fewer
  const std::shared_ptr<Box> box_;  // null without a budget
};

}  // namespace carillon::http

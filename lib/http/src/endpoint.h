#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "connection.h"

namespace carillon::http {

/// One destination's pool of connections and the attempts that wait for one, first come first
/// served. Never more connections than `max_connections`, those being made included.
class Endpoint {
 public:
  Endpoint(CourierContext& context, EndpointId id, const EndpointOptions& options);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  EndpointId id() const { return id_; }
  /// Where its attempts got on, and where not.
  const std::shared_ptr<AddressHistory>& history() const { return history_; }

  void Start(Request request);
  void Update(const EndpointOptions& options);
  /// Reports what is under way as kCancelled, from the event loop.
  void CancelAll();
  /// Adds its connections.
  void Count(ConnectionCounts& counts) const;

  // Called by connections and attempts.
  /// `connection` has ended its attempt and can carry another.
  void OnIdle(Connection& connection, base::MonoTime now);
  /// Closes and forgets `connection`, which carries nothing.
  void Drop(Connection& connection);
  /// `connection` was found closed: what it carries goes out again on a fresh one.
  void Resend(Connection& connection);
  void OnWaitedTooLong(Attempt& attempt);
  /// Closes and forgets `connection`, and no more: for what is idle.
  void Forget(Connection& connection);

  // Called by Places.
  /// There is a place for one connection more. False: it is not needed any more.
  bool UsePlace();
  bool waits_for_place = false;

 private:
  /// With a place.
  void Dial(AttemptPtr attempt);
  void DialNext();
  bool TakePlace();
  void ServeQueue();
  /// The one used last of those that lead where `route` says; closes those that are too old.
  Connection* TakeIdle(uint32_t route, base::MonoTime now);
  /// Closes `connection` and forgets it, but keeps its place.
  void Remove(Connection& connection);
  void CloseStale();

  CourierContext& context_;
  const EndpointId id_;
  std::shared_ptr<const EndpointOptions> options_;
  TlsPeerPtr peer_;  // keeps its sessions while no connection is open; null without TLS
  const std::shared_ptr<AddressHistory> history_ = std::make_shared<AddressHistory>();
  uint32_t route_ = 0;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;  // used last: at the end
  std::list<AttemptPtr> queue_;
  std::optional<base::MonoTime> rested_;  // when a connection became idle last
};

}  // namespace carillon::http

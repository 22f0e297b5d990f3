#include "endpoint.h"

#include <algorithm>
#include <utility>

namespace carillon::http {
namespace {

using model::Outcome;

Response Ended(const Attempt& attempt, Outcome outcome, std::string error, base::MonoTime now) {
  Response response;
  response.wire = outcome;
  response.error = std::move(error);
  response.started = attempt.started;
  response.ended = now;
  return response;
}

std::shared_ptr<const EndpointOptions> Checked(const EndpointOptions& options, TlsClient& tls) {
  auto checked = std::make_shared<EndpointOptions>(options);
  checked->max_connections = std::max(1U, checked->max_connections);
  // Settings that make no context are met again in the handshake, which fails.
  checked->tls_context = tls.ContextFor(options.tls).value_or(nullptr);
  checked->tls = {};  // large, and in the context now
  return checked;
}

bool SameRoute(const EndpointOptions& a, const EndpointOptions& b) {
  return a.url.tls == b.url.tls && a.url.port == b.url.port && a.url.host == b.url.host &&
         a.tls_context == b.tls_context;
}

TlsPeerPtr PeerOf(const EndpointOptions& options, TlsSessions& sessions) {
  if (!options.url.tls || options.tls_context == nullptr) return nullptr;
  return sessions.PeerAt(options.tls_context, options.url.host, options.url.port);
}

}  // namespace

Endpoint::Endpoint(CourierContext& context, EndpointId id, const EndpointOptions& options)
    : context_(context),
      id_(id),
      options_(Checked(options, context.tls)),
      peer_(PeerOf(*options_, *context.sessions)) {}

Endpoint::~Endpoint() {
  context_.places.Forget(*this);
  for (const auto& connection : connections_) {
    connection->Close();
    context_.places.Give();
  }
}

void Endpoint::Start(Request request) {
  auto attempt = std::make_shared<Attempt>();
  attempt->request = std::make_shared<const Request>(std::move(request));
  attempt->options = options_;
  attempt->route = route_;
  attempt->started = context_.clock.Mono();
  attempt->endpoint = this;
  context_.wheel.Set(
      *attempt, std::min(attempt->started + options_->total_timeout, attempt->request->must_end));
  if (Connection* idle = queue_.empty() ? TakeIdle(route_, attempt->started) : nullptr) {
    const base::MonoTime now = attempt->started;
    return idle->Carry(std::move(attempt), now);
  }
  queue_.push_back(attempt);
  attempt->place = std::prev(queue_.end());
  ServeQueue();
}

void Endpoint::ServeQueue() {
  while (!queue_.empty()) {
    const auto now = idle_.empty() ? base::MonoTime{} : context_.clock.Mono();
    Connection* idle = idle_.empty() ? nullptr : TakeIdle(queue_.front()->route, now);
    if (idle == nullptr && connections_.size() >= options_->max_connections) {
      if (idle_.empty()) return;
      // What is idle leads elsewhere: its place is needed.
      Forget(*idle_.front());
      continue;
    }
    if (idle != nullptr) {
      AttemptPtr next = std::move(queue_.front());
      queue_.pop_front();
      idle->Carry(std::move(next), now);
    } else if (TakePlace()) {
      DialNext();
    } else {
      return;
    }
  }
}

bool Endpoint::TakePlace() {
  using model::ShortageEffect;
  const Places::Taken taken = context_.places.Take(*this);
  if (taken == Places::Taken::kFromIdle || taken == Places::Taken::kWaits) {
    const bool waits = taken == Places::Taken::kWaits;
    context_.TellShortage({.resource = model::Resource::kDescriptors,
                           .effect = waits ? ShortageEffect::kWaited : ShortageEffect::kIdleClosed,
                           .label = options_->label,
                           .error = "as many connections are open as there are descriptors for"});
  }
  return taken == Places::Taken::kYes || taken == Places::Taken::kFromIdle;
}

bool Endpoint::UsePlace() {
  if (queue_.empty() || connections_.size() >= options_->max_connections) return false;
  DialNext();
  ServeQueue();
  return true;
}

void Endpoint::DialNext() {
  AttemptPtr next = std::move(queue_.front());
  queue_.pop_front();
  Dial(std::move(next));
}

void Endpoint::Dial(AttemptPtr attempt) {
  auto connection = std::make_shared<Connection>(context_, *this, attempt->route);
  connection->index = connections_.size();
  connections_.push_back(connection);
  if (rested_) connection->idle.Expect(std::max(attempt->started - *rested_, {}));
  connection->Dial(std::move(attempt));
}

Connection* Endpoint::TakeIdle(uint32_t route, base::MonoTime now) {
  for (size_t i = idle_.size(); i > 0; --i) {
    Connection* connection = idle_[i - 1];
    if (now >= connection->retires()) {
      Forget(*connection);
      continue;
    }
    if (connection->route() != route) continue;
    idle_.erase(idle_.begin() + static_cast<ptrdiff_t>(i) - 1);
    return connection;
  }
  return nullptr;
}

void Endpoint::OnIdle(Connection& connection, base::MonoTime now) {
  const bool too_many = connections_.size() > options_->max_connections;
  const bool stale = connection.route() != route_ && queue_.empty();
  rested_ = now;
  if (too_many || stale || now >= connection.retires()) return Drop(connection);
  idle_.push_back(&connection);
  context_.places.AddIdle(connection.idle, now);
  context_.wheel.Set(connection,
                     std::min(now + context_.options.idle_connection, connection.retires()));
  if (!queue_.empty()) {
    ServeQueue();
    if (queue_.empty()) CloseStale();
  } else if (context_.places.wanted()) {
    context_.places.CloseLeastNeeded();  // this one, perhaps
  }
}

void Endpoint::Drop(Connection& connection) {
  Forget(connection);
  ServeQueue();
}

void Endpoint::Forget(Connection& connection) {
  Remove(connection);
  context_.places.Give();
}

void Endpoint::Remove(Connection& connection) {
  std::erase(idle_, &connection);
  connection.Close();
  const size_t at = connection.index;
  connections_[at].swap(connections_.back());
  connections_[at]->index = at;
  connections_.pop_back();
}

void Endpoint::Resend(Connection& connection) {
  AttemptPtr attempt = connection.Close();
  attempt->resent = true;
  attempt->connection = nullptr;
  Remove(connection);
  Dial(std::move(attempt));
}

void Endpoint::OnWaitedTooLong(Attempt& attempt) {
  // Its own connections are busy, or there is no descriptor for one more.
  if (waits_for_place) {
    context_.TellShortage({.resource = model::Resource::kDescriptors,
                           .effect = model::ShortageEffect::kPostponed,
                           .label = options_->label,
                           .error = "no descriptor was free until the total time-out"});
  }
  const base::MonoTime now = context_.clock.Mono();
  Response response = waits_for_place
                          ? Ended(attempt, Outcome::kLocalShortage,
                                  "waited for a free descriptor until the total time-out", now)
                          : Ended(attempt, Outcome::kConnectTimeout,
                                  "waited for a free connection until the total time-out", now);
  if (!waits_for_place) {
    response.facts =
        BoundReached(model::Bound::kTotalTimeout, attempt.options->total_timeout.count());
  }
  const uint64_t token = attempt.request->token;
  CourierContext& context = context_;
  queue_.erase(attempt.place);
  context.Report(token, response);
}

void Endpoint::Update(const EndpointOptions& options) {
  const auto before = std::exchange(options_, Checked(options, context_.tls));
  if (!SameRoute(*options_, *before)) {
    ++route_;
    peer_ = PeerOf(*options_, *context_.sessions);
  }
  ServeQueue();
  CloseStale();
}

void Endpoint::CloseStale() {
  const std::vector<Connection*> idle = idle_;
  for (Connection* connection : idle) {
    const bool too_many = connections_.size() > options_->max_connections;
    if (too_many || connection->route() != route_) Forget(*connection);
  }
}

void Endpoint::Count(ConnectionCounts& counts) const {
  for (const auto& connection : connections_) connection->Count(counts);
}

void Endpoint::CancelAll() {
  const auto connections = connections_;
  for (const auto& connection : connections) {
    if (!connection->busy()) continue;
    Response response = connection->End(Outcome::kCancelled, "cancelled");
    const AttemptPtr attempt = connection->Close();
    Forget(*connection);
    context_.ReportLater(attempt->request->token, std::move(response));
  }
  for (const AttemptPtr& attempt : queue_) {
    context_.ReportLater(attempt->request->token,
                         Ended(*attempt, Outcome::kCancelled, "cancelled", context_.clock.Mono()));
  }
  queue_.clear();
}

}  // namespace carillon::http

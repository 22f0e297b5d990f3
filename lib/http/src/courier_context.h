#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "address_history.h"
#include "carillon/base/clock.h"
#include "carillon/http/asio_courier.h"
#include "deadline_wheel.h"
#include "mailbox.h"
#include "places.h"
#include "tls_session.h"

namespace carillon::http {

/// What every endpoint and connection of one courier shares. Outlives them. One thread.
class CourierContext {
 public:
  CourierContext(boost::asio::io_context& io_context, Resolver& resolver_used, TlsClient& tls_used,
                 const CourierOptions& bounds);
  ~CourierContext();
  CourierContext(const CourierContext&) = delete;
  CourierContext& operator=(const CourierContext&) = delete;

  /// Tells the listener. It may call the courier in turn, and close what called this: the last
  /// thing to do.
  void Report(uint64_t token, const Response& response) { listener->OnResponse(token, response); }
  /// Tells it from the event loop, later: for what ends within a call of the courier.
  void ReportLater(uint64_t token, Response response);

  std::shared_ptr<const net::Egress> egress() const;

  void TellShortage(const LocalShortage& shortage) const {
    if (options.on_shortage) options.on_shortage(shortage);
  }

  boost::asio::io_context& io;
  Resolver& resolver;
  TlsClient& tls;
  const CourierOptions options;
  const base::Clock& clock;
  CourierListener* listener = nullptr;
  DeadlineWheel wheel;
  const std::shared_ptr<TlsSessions> sessions;
  Places places;
  AddressHistory proxy_history;  ///< of the proxy's own addresses
  const std::shared_ptr<Mailbox> mailbox;

 private:
  void ReportPending();

  std::vector<std::pair<uint64_t, Response>> pending_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace carillon::http

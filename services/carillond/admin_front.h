#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "carillon/admin/health.h"
#include "carillon/admin/metrics_page.h"
#include "carillon/admin/pages.h"
#include "carillon/admin/pending_page.h"
#include "carillon/base/clock.h"
#include "carillon/connect/bridge.h"
#include "carillon/console/site.h"
#include "carillon/web/server.h"

namespace carillon::server {

/// The admin port and the threads that answer it: "admin", and the one that renders metrics.
/// Made, asked to listen and stopped on one thread.
class AdminFront {
 public:
  /// `health` and `clock` outlive it. `render` and `list` are called until `Stop`, the first on
  /// the thread that renders, the second on the admin thread and not before `SetStarted`.
  AdminFront(const admin::Health& health, admin::MetricsPage::Render render,
             admin::PendingPage::List list, admin::PendingHead head, const base::Clock& clock);
  /// As `Stop`.
  ~AdminFront();

  /// Also serves the console. Before `Listen`.
  void SetConsole(console::Site site) { console_ = std::move(site); }
  /// Listens at `address` (`host:port`), with TLS if `tls` is not null, and accepts at most
  /// `max_connections`. Errors name server.admin_address.
  absl::Status Listen(const std::string& address, size_t max_connections, web::ServerTlsPtr tls);
  /// Connections that come from now on use `tls`; only if it listens with TLS. Any thread.
  void SetTls(web::ServerTlsPtr tls);
  /// Everything is started: `/pending` can be answered. Any thread.
  void SetStarted() { started_.store(true); }
  bool started() const { return started_.load(); }
  /// The API by HTTP. To be stopped before this is.
  connect::Bridge& api() { return *api_; }
  /// Calls `look` on the admin thread after each `interval`, until `Stop`. Once, any thread.
  void Every(std::chrono::milliseconds interval, std::function<void()> look);
  /// Lets answers that are on their way arrive, for half a second at most, and ends the threads;
  /// what is being rendered or looked at ends first. Once more does nothing.
  void Stop();

  /// Returns `host:port` with the port that is in use. Called after `Listen`.
  std::string address() const;

 private:
  void AwaitAnswers();
  void Pending(web::Responder responder);
  void Wait(std::chrono::milliseconds interval, std::shared_ptr<std::function<void()>> look);

  const std::unique_ptr<connect::Bridge> api_;  // outlives what the event loop still holds
  boost::asio::io_context io_{1};
  boost::asio::steady_timer timer_{io_};
  admin::PendingPage pending_;
  admin::MetricsPage scrapes_;
  admin::Pages pages_;
  std::optional<console::Site> console_;  // until it listens
  std::atomic<bool> started_{false};
  std::string asked_;  // the address that was asked for
  std::unique_ptr<web::Server> server_;
  std::thread thread_;
};

/// Returns `address` with another port.
std::string WithPort(const std::string& address, uint16_t port);

}  // namespace carillon::server

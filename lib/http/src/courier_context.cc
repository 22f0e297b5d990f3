#include "courier_context.h"

#include <boost/asio/post.hpp>

namespace carillon::http {
namespace {

const base::SystemClock kSystemClock;

}  // namespace

CourierContext::CourierContext(boost::asio::io_context& io_context, Resolver& resolver_used,
                               TlsClient& tls_used, const CourierOptions& bounds)
    : io(io_context),
      resolver(resolver_used),
      tls(tls_used),
      options(bounds),
      clock(bounds.clock == nullptr ? kSystemClock : *bounds.clock),
      wheel(io_context.get_executor(), clock),
      sessions(std::make_shared<TlsSessions>(TlsSessions::Bounds{})),
      places(io_context, bounds.descriptors, clock),
      mailbox(std::make_shared<Mailbox>(io_context)) {}

CourierContext::~CourierContext() { mailbox->Shut(); }

std::shared_ptr<const net::Egress> CourierContext::egress() const {
  return options.egress == nullptr ? std::make_shared<const net::Egress>() : options.egress->Get();
}

void CourierContext::ReportLater(uint64_t token, Response response) {
  pending_.emplace_back(token, std::move(response));
  if (pending_.size() > 1) return;
  boost::asio::post(io, [this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) ReportPending();
  });
}

void CourierContext::ReportPending() {
  std::vector<std::pair<uint64_t, Response>> pending;
  pending.swap(pending_);
  for (const auto& [token, response] : pending) Report(token, response);
}

}  // namespace carillon::http

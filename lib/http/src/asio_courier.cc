#include "carillon/http/asio_courier.h"

#include <deque>

#include "endpoint.h"

namespace carillon::http {
namespace {

constexpr uint32_t kIndexBits = 24;
constexpr uint32_t kIndexMask = (1U << kIndexBits) - 1;

/// An EndpointId is an index and, above it, how often that index was used before (modulo 256): a
/// request for an endpoint that was closed does not reach its successor.
class AsioCourier final : public Courier {
 public:
  AsioCourier(boost::asio::io_context& io, Resolver& resolver, TlsClient& tls,
              const CourierOptions& options)
      : context_(io, resolver, tls, options) {}

  void SetListener(CourierListener* listener) override { context_.listener = listener; }

  EndpointId Open(const EndpointOptions& options) override {
    if (free_.empty()) {
      free_.push_back(static_cast<EndpointId>(endpoints_.size()));
      endpoints_.emplace_back();
    }
    const EndpointId id = free_.front();
    free_.pop_front();
    endpoints_[id & kIndexMask] = std::make_unique<Endpoint>(context_, id, options);
    return id;
  }

  void Update(EndpointId endpoint, const EndpointOptions& options) override {
    if (Endpoint* found = Find(endpoint)) found->Update(options);
  }

  void Close(EndpointId endpoint) override {
    Endpoint* found = Find(endpoint);
    if (found == nullptr) return;
    found->CancelAll();
    endpoints_[endpoint & kIndexMask].reset();
    free_.push_back(endpoint + (1U << kIndexBits));
  }

  void Start(Request request) override {
    if (Endpoint* found = Find(request.endpoint)) return found->Start(std::move(request));
    Response response;
    response.wire = model::Outcome::kCancelled;
    response.error = "the endpoint was closed";
    response.started = response.ended = context_.clock.Mono();
    context_.ReportLater(request.token, std::move(response));
  }

  void CancelAll() override {
    for (const auto& endpoint : endpoints_) {
      if (endpoint) endpoint->CancelAll();
    }
  }

  ConnectionCounts connections() const override {
    ConnectionCounts counts;
    for (const auto& endpoint : endpoints_) {
      if (endpoint) endpoint->Count(counts);
    }
    return counts;
  }

 private:
  Endpoint* Find(EndpointId id) {
    const size_t index = id & kIndexMask;
    if (index >= endpoints_.size()) return nullptr;
    Endpoint* found = endpoints_[index].get();
    return found != nullptr && found->id() == id ? found : nullptr;
  }

  CourierContext context_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::deque<EndpointId> free_;  // oldest first
};

}  // namespace

std::unique_ptr<Courier> MakeAsioCourier(boost::asio::io_context& io, Resolver& resolver,
                                         TlsClient& tls, const CourierOptions& options) {
  return std::make_unique<AsioCourier>(io, resolver, tls, options);
}

}  // namespace carillon::http

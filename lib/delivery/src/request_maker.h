#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/model/destination.h"
#include "carillon/net/url.h"
#include "carillon/signing/signer.h"

namespace carillon::delivery {

/// Writes the requests of one destination. What does not change between requests is written once.
class RequestMaker {
 public:
  RequestMaker(const model::Destination& destination, const net::Url& url,
               std::string_view user_agent);

  /// `now` is what the receiver checks the age of the request by. `span`: of the attempt, when the
  /// batch is of a trace (see DeliveryBatch::Traced); else 0.
  http::Request Make(http::EndpointId endpoint, uint64_t token, const DeliveryBatch& deliveries,
                     base::WallTime now, uint64_t span = 0);

  /// `webhook-id` of a batch: the first 128 bits of the SHA-256 of its events' ids, each ended by a
  /// zero byte. So a batch has the same id whenever it is sent, and no other batch has it. A batch
  /// of one has the id of its event.
  static std::string BatchId(const DeliveryBatch& deliveries);

 private:
  std::shared_ptr<const std::string> Body(const DeliveryBatch& deliveries) const;

  model::Format format_;
  std::string source_;  // of CloudEvents; empty: the default
  std::string prefix_;
  struct Signature {
    std::string line;  // up to its value
    std::unique_ptr<signing::Signer> signer;
  };
  std::vector<Signature> signatures_;
};

}  // namespace carillon::delivery

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/http/url.h"
#include "carillon/model/destination.h"
#include "carillon/signing/signer.h"
#include "held_event.h"

namespace carillon::delivery {

/// Writes the requests of one destination. What does not change between requests is written once.
class RequestMaker {
 public:
  RequestMaker(const model::Destination& destination, const http::Url& url,
               std::string_view user_agent);

  /// `now` is what the receiver checks the age of the request by.
  http::Request Make(http::EndpointId endpoint, uint64_t token, const HeldRef& event,
                     base::WallTime now);

 private:
  std::shared_ptr<const std::string> Body(const HeldRef& event) const;

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

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "carillon/model/attempt_facts.h"

// Facts of attempts, one kind each. All functions are pure.
namespace carillon::http {

/// Null where there are none.
using FactsPtr = std::shared_ptr<const model::AttemptFacts>;

/// `value` in ms or bytes, as the bound has it.
FactsPtr BoundReached(model::Bound bound, int64_t value);
/// What `also` says, and the bound.
FactsPtr BoundReached(model::Bound bound, int64_t value, const FactsPtr& also);
FactsPtr LookupFailed(std::string host, std::string code);
FactsPtr Blocked(std::string address, std::string rule);
/// Null without a certificate.
FactsPtr CertificateShown(std::optional<model::CertificateFacts> certificate);

}  // namespace carillon::http

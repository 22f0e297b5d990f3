#include "facts.h"

#include <utility>

namespace carillon::http {
namespace {

FactsPtr Kept(model::AttemptFacts facts) {
  return std::make_shared<const model::AttemptFacts>(std::move(facts));
}

}  // namespace

FactsPtr BoundReached(model::Bound bound, int64_t value) {
  return BoundReached(bound, value, nullptr);
}

FactsPtr BoundReached(model::Bound bound, int64_t value, const FactsPtr& also) {
  model::AttemptFacts facts = also == nullptr ? model::AttemptFacts() : *also;
  facts.bound = model::BoundFacts{bound, value};
  return Kept(std::move(facts));
}

FactsPtr LookupFailed(std::string host, std::string code) {
  model::AttemptFacts facts;
  facts.lookup = model::LookupFacts{std::move(host), std::move(code)};
  return Kept(std::move(facts));
}

FactsPtr Blocked(std::string address, std::string rule) {
  model::AttemptFacts facts;
  facts.block = model::BlockFacts{std::move(address), std::move(rule)};
  return Kept(std::move(facts));
}

FactsPtr CertificateShown(std::optional<model::CertificateFacts> certificate) {
  if (!certificate) return nullptr;
  model::AttemptFacts facts;
  facts.certificate = std::move(certificate);
  return Kept(std::move(facts));
}

}  // namespace carillon::http

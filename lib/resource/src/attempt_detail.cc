#include "carillon/resource/attempt_detail.h"

#include <chrono>
#include <string>

#include "carillon/resource/units.h"

namespace carillon::resource {
namespace {

void SetTls(const model::CertificateFacts& facts, v1::AttemptDetail::Tls& to) {
  if (facts.not_before) to.mutable_not_before()->set_seconds(*facts.not_before);
  if (facts.not_after) to.mutable_not_after()->set_seconds(*facts.not_after);
  to.set_subject(facts.subject);
  to.set_issuer(facts.issuer);
  for (const std::string& name : facts.names) to.add_names(name);
  to.set_verify_error(facts.verify_error);
}

/// `64KiB`: a size without the space that messages have in it.
std::string SizeValue(uint64_t bytes) {
  const std::string text = FormatSize(bytes);
  const size_t space = text.find(' ');
  const std::string unit = text.substr(space + 1);
  return text.substr(0, space) + (unit == "bytes" ? "" : unit);
}

void SetLimit(const model::BoundFacts& facts, v1::AttemptDetail::Limit& to) {
  switch (facts.bound) {
    case model::Bound::kConnectTimeout:
      to.set_name("timeouts.connect");
      to.set_value(FormatMillis(std::chrono::milliseconds(facts.value)));
      return;
    case model::Bound::kTotalTimeout:
      to.set_name("timeouts.total");
      to.set_value(FormatMillis(std::chrono::milliseconds(facts.value)));
      return;
    case model::Bound::kResponseHeadBytes:
      to.set_name("delivery.max_response_head_bytes");
      to.set_value(SizeValue(static_cast<uint64_t>(facts.value)));
      return;
  }
}

}  // namespace

v1::AttemptDetail ToMessage(const model::AttemptFacts& facts) {
  v1::AttemptDetail detail;
  if (facts.certificate) SetTls(*facts.certificate, *detail.mutable_tls());
  if (facts.lookup) {
    detail.mutable_dns()->set_host(facts.lookup->host);
    detail.mutable_dns()->set_code(facts.lookup->code);
  }
  if (facts.block) {
    detail.mutable_ssrf()->set_address(facts.block->address);
    detail.mutable_ssrf()->set_rule(facts.block->rule);
  }
  if (facts.bound) SetLimit(*facts.bound, *detail.mutable_limit());
  if (facts.retry_after) detail.mutable_retry_after()->set_seconds(facts.retry_after->count());
  detail.set_redirect_url(facts.redirect_url);
  return detail;
}

}  // namespace carillon::resource

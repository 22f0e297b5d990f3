#include "facts_codec.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "bytes.h"

namespace carillon::deliverylog {
namespace {

using model::AttemptFacts;

/// Stored: never renumbered.
enum class Field : uint8_t {
  kCertificate = 1,  // flags, two times, four texts, and the names, after how many there are
  kLookup = 2,       // host and code
  kBlock = 3,        // address and rule
  kBound = 4,        // which, and its value
  kRetryAfter = 5,   // seconds
  kRedirectUrl = 6,  // the URL
};

constexpr uint8_t kHasNotBefore = 1;
constexpr uint8_t kHasNotAfter = 2;
constexpr size_t kTextBytes = sizeof(uint32_t);
constexpr size_t kFieldBytes = 1 + kTextBytes;

std::string BytesOf(const model::CertificateFacts& certificate) {
  std::string bytes;
  const uint8_t flags = static_cast<uint8_t>((certificate.not_before ? kHasNotBefore : 0) |
                                             (certificate.not_after ? kHasNotAfter : 0));
  PutNumber(bytes, flags);
  PutNumber(bytes, certificate.not_before.value_or(0));
  PutNumber(bytes, certificate.not_after.value_or(0));
  PutText(bytes, certificate.subject);
  PutText(bytes, certificate.issuer);
  PutText(bytes, certificate.verify_error);
  const size_t names = std::min(certificate.names.size(), AttemptFacts::kMaxNames);
  PutNumber(bytes, static_cast<uint8_t>(names));
  for (size_t i = 0; i < names; ++i) PutText(bytes, certificate.names[i]);
  return bytes;
}

model::CertificateFacts TakeCertificate(Taker& from) {
  model::CertificateFacts certificate;
  const auto flags = from.Number<uint8_t>();
  const auto not_before = from.Number<int64_t>();
  const auto not_after = from.Number<int64_t>();
  if ((flags & kHasNotBefore) != 0) certificate.not_before = not_before;
  if ((flags & kHasNotAfter) != 0) certificate.not_after = not_after;
  for (std::string* text : {&certificate.subject, &certificate.issuer, &certificate.verify_error}) {
    text->assign(from.Text());
  }
  const size_t names = std::min<size_t>(from.Number<uint8_t>(), AttemptFacts::kMaxNames);
  for (size_t i = 0; i < names; ++i) certificate.names.emplace_back(from.Text());
  return certificate;
}

std::string BytesOf(std::string_view first, std::string_view second) {
  std::string bytes;
  PutText(bytes, first);
  PutText(bytes, second);
  return bytes;
}

std::string BytesOf(const model::BoundFacts& bound) {
  std::string bytes;
  PutNumber(bytes, static_cast<uint8_t>(bound.bound));
  PutNumber(bytes, bound.value);
  return bytes;
}

void PutField(std::string& out, Field field, std::string_view bytes) {
  PutNumber(out, static_cast<uint8_t>(field));
  PutText(out, bytes);
}

/// False: the field is not whole.
bool TakeField(Field field, Taker from, AttemptFacts& facts) {
  switch (field) {
    case Field::kCertificate:
      facts.certificate = TakeCertificate(from);
      break;
    case Field::kLookup:
      facts.lookup.emplace().host = from.Text();
      facts.lookup->code = from.Text();
      break;
    case Field::kBlock:
      facts.block.emplace().address = from.Text();
      facts.block->rule = from.Text();
      break;
    case Field::kBound: {
      const auto bound = from.Number<uint8_t>();
      const auto value = from.Number<int64_t>();
      // One of a later version has no name here.
      if (bound < model::kBoundCount) facts.bound = {static_cast<model::Bound>(bound), value};
      break;
    }
    case Field::kRetryAfter:
      facts.retry_after = std::chrono::seconds(from.Number<int64_t>());
      break;
    case Field::kRedirectUrl:
      facts.redirect_url = from.Text();
      break;
  }
  return from.ok();
}

}  // namespace

size_t FactsBytes(const AttemptFacts& facts) {
  size_t bytes = 0;
  if (facts.certificate) {
    const model::CertificateFacts& certificate = *facts.certificate;
    bytes += kFieldBytes + 2 + 2 * sizeof(int64_t) + 3 * kTextBytes + certificate.subject.size() +
             certificate.issuer.size() + certificate.verify_error.size();
    for (const std::string& name : certificate.names) bytes += kTextBytes + name.size();
  }
  if (facts.lookup) {
    bytes += kFieldBytes + 2 * kTextBytes + facts.lookup->host.size() + facts.lookup->code.size();
  }
  if (facts.block) {
    bytes += kFieldBytes + 2 * kTextBytes + facts.block->address.size() + facts.block->rule.size();
  }
  if (facts.bound) bytes += kFieldBytes + 1 + sizeof(int64_t);
  if (facts.retry_after) bytes += kFieldBytes + sizeof(int64_t);
  if (!facts.redirect_url.empty()) bytes += kFieldBytes + kTextBytes + facts.redirect_url.size();
  return bytes;
}

void PutFacts(std::string& out, const AttemptFacts& facts) {
  if (facts.certificate) PutField(out, Field::kCertificate, BytesOf(*facts.certificate));
  if (facts.lookup) {
    PutField(out, Field::kLookup, BytesOf(facts.lookup->host, facts.lookup->code));
  }
  if (facts.block) {
    PutField(out, Field::kBlock, BytesOf(facts.block->address, facts.block->rule));
  }
  if (facts.bound) PutField(out, Field::kBound, BytesOf(*facts.bound));
  if (facts.retry_after) {
    std::string bytes;
    PutNumber(bytes, int64_t{facts.retry_after->count()});
    PutField(out, Field::kRetryAfter, bytes);
  }
  if (!facts.redirect_url.empty()) {
    std::string bytes;
    PutText(bytes, facts.redirect_url);
    PutField(out, Field::kRedirectUrl, bytes);
  }
}

std::optional<AttemptFacts> ReadFacts(std::string_view bytes) {
  AttemptFacts facts;
  Taker from(bytes);
  while (from.ok() && !from.rest().empty()) {
    const auto field = static_cast<Field>(from.Number<uint8_t>());
    const std::string_view value = from.Text();
    if (from.ok() && !TakeField(field, Taker(value), facts)) return std::nullopt;
  }
  if (!from.ok()) return std::nullopt;
  return facts;
}

}  // namespace carillon::deliverylog

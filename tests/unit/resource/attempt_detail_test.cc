#include "carillon/resource/attempt_detail.h"

#include <gtest/gtest.h>

namespace carillon::resource {
namespace {

std::string LimitOf(model::Bound bound, int64_t value) {
  model::AttemptFacts facts;
  facts.bound = {bound, value};
  const v1::AttemptDetail detail = ToMessage(facts);
  return detail.limit().name() + ": " + detail.limit().value();
}

TEST(AttemptDetail, BoundsAreAsInTheConfiguration) {
  using model::Bound;
  EXPECT_EQ(LimitOf(Bound::kConnectTimeout, 5000), "timeouts.connect: 5s");
  EXPECT_EQ(LimitOf(Bound::kTotalTimeout, 1500), "timeouts.total: 1s500ms");
  EXPECT_EQ(LimitOf(Bound::kResponseHeadBytes, 65536), "delivery.max_response_head_bytes: 64KiB");
  EXPECT_EQ(LimitOf(Bound::kResponseHeadBytes, 1025), "delivery.max_response_head_bytes: 1025");
}

TEST(AttemptDetail, SaysAllOfIt) {
  model::AttemptFacts facts;
  facts.certificate = model::CertificateFacts{.not_before = 1,
                                              .not_after = 253402300799,  // the end of 9999
                                              .subject = "CN=a",
                                              .issuer = "CN=b",
                                              .names = {"a.example", "b.example"},
                                              .verify_error = "certificate has expired"};
  facts.lookup = {"a.example", "NXDOMAIN"};
  facts.block = {"10.0.0.1", "10.0.0.0/8, private use"};
  facts.retry_after = std::chrono::seconds(30);
  facts.redirect_url = "https://b.example/";
  const v1::AttemptDetail detail = ToMessage(facts);
  EXPECT_EQ(detail.tls().not_before().seconds(), 1);
  EXPECT_EQ(detail.tls().not_after().seconds(), 253402300799);
  EXPECT_EQ(detail.tls().subject(), "CN=a");
  EXPECT_EQ(detail.tls().issuer(), "CN=b");
  EXPECT_EQ(detail.tls().names(1), "b.example");
  EXPECT_EQ(detail.tls().verify_error(), "certificate has expired");
  EXPECT_EQ(detail.dns().host(), "a.example");
  EXPECT_EQ(detail.dns().code(), "NXDOMAIN");
  EXPECT_EQ(detail.ssrf().address(), "10.0.0.1");
  EXPECT_EQ(detail.ssrf().rule(), "10.0.0.0/8, private use");
  EXPECT_EQ(detail.retry_after().seconds(), 30);
  EXPECT_EQ(detail.redirect_url(), "https://b.example/");
  EXPECT_FALSE(detail.has_limit());
}

TEST(AttemptDetail, WhatIsNotKnownIsNotSet) {
  model::AttemptFacts facts;
  facts.certificate = model::CertificateFacts{.subject = "CN=a"};
  const v1::AttemptDetail detail = ToMessage(facts);
  EXPECT_FALSE(detail.tls().has_not_before());
  EXPECT_FALSE(detail.tls().has_not_after());
  EXPECT_FALSE(detail.has_dns());
  EXPECT_FALSE(detail.has_ssrf());
  EXPECT_FALSE(detail.has_limit());
  EXPECT_FALSE(detail.has_retry_after());
}

}  // namespace
}  // namespace carillon::resource

// Which certificates are told of, and when each of them ends.

#include "certificate_ends.h"

#include <gtest/gtest.h>

#include <ctime>

#include "certificates.h"

namespace carillon::server {
namespace {

using metrics::CertificateUse;

constexpr int kMost = 10;

std::vector<metrics::CertificateEnd> EndsOf(std::vector<model::Destination> destinations,
                                            const model::TlsSettings& collector = {}) {
  return SoonestCertificateEnds(
      *resource::MakeSnapshot(1, {}, {}, std::move(destinations), {}, nullptr), collector);
}

class CertificateEnds : public testing::Test {
 protected:
  std::string EndingIn(long seconds) {
    return http::TestCa::CertificateOf(ca_.Server("DNS:a.example", seconds).get());
  }
  static model::Destination With(const std::string& name, const std::string& certificate) {
    model::Destination destination;
    destination.tenant = "t";
    destination.name = name;
    destination.tls.client_certificate = certificate;
    return destination;
  }
  /// Seconds until then, to the minute.
  static long In(const metrics::CertificateEnd& end) {
    return (end.not_after - static_cast<int64_t>(std::time(nullptr)) + 30) / 60 * 60;
  }
  http::TestCa ca_;
};

TEST_F(CertificateEnds, TheSoonestComeFirstAndAreFew) {
  std::vector<model::Destination> destinations = {With("none", "")};
  for (int i = 0; i < 2 * kMost; ++i) {
    const int minutes = 60 * (1 + i * 7 % (2 * kMost));  // in no order
    destinations.push_back(With("d" + std::to_string(minutes), EndingIn(minutes * 60L)));
  }
  const auto ends = EndsOf(destinations);
  ASSERT_EQ(ends.size(), size_t{kMost});
  for (size_t i = 0; i < ends.size(); ++i) {
    const long minutes = 60 * static_cast<long>(i + 1);
    EXPECT_EQ(ends[i].destination, "d" + std::to_string(minutes));
    EXPECT_EQ(ends[i].tenant, "t");
    EXPECT_EQ(In(ends[i]), minutes * 60);
  }
}

TEST_F(CertificateEnds, ThatForTheTokenServerCountsToo) {
  model::OAuth2Authorization oauth2;
  oauth2.tls.client_certificate = EndingIn(3600);
  model::Destination both = With("both", EndingIn(7200));
  both.authorization = oauth2;
  model::Destination one = With("one", "");
  one.authorization = oauth2;
  oauth2.tls.client_certificate = "no certificate";
  model::Destination wrong = With("wrong", EndingIn(10'800));
  wrong.authorization = oauth2;
  const auto ends = EndsOf({wrong, both, one});
  ASSERT_EQ(ends.size(), 3u);
  EXPECT_EQ(In(ends[0]), 3600);
  EXPECT_EQ(In(ends[1]), 3600);
  EXPECT_EQ(ends[2].destination, "wrong");
  EXPECT_EQ(In(ends[2]), 10'800);
}

TEST_F(CertificateEnds, OfAChainTheFirstCountsAndOfABundleTheLast) {
  model::Destination destination = With("d", EndingIn(10'800) + EndingIn(3600) + EndingIn(7200));
  destination.tls.ca_bundle = EndingIn(5400) + EndingIn(14'400) + EndingIn(1800);
  const auto ends = EndsOf({destination});
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].use, CertificateUse::kClient);
  EXPECT_EQ(In(ends[0]), 3600);
  EXPECT_EQ(ends[1].use, CertificateUse::kTrusted);
  EXPECT_EQ(In(ends[1]), 14'400);
  EXPECT_EQ(ends[1].tenant, "t");
  EXPECT_EQ(ends[1].destination, "d");
}

TEST_F(CertificateEnds, OfTwoBundlesTheSoonerEndCounts) {
  for (const bool sooner : {true, false}) {
    model::Destination destination = With("d", "");
    destination.tls.ca_bundle = EndingIn(7200);
    model::OAuth2Authorization oauth2;
    oauth2.tls.ca_bundle = EndingIn(sooner ? 3600 : 10'800);
    destination.authorization = oauth2;
    const auto ends = EndsOf({destination});
    ASSERT_EQ(ends.size(), 1u);
    EXPECT_EQ(In(ends[0]), sooner ? 3600 : 7200);
  }
}

TEST_F(CertificateEnds, TheCollectorsAreToldWithoutADestination) {
  model::TlsSettings collector;
  collector.client_certificate = EndingIn(3600);
  collector.ca_bundle = EndingIn(7200);
  const auto ends = EndsOf({}, collector);
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].use, CertificateUse::kCollectorClient);
  EXPECT_EQ(In(ends[0]), 3600);
  EXPECT_EQ(ends[1].use, CertificateUse::kCollectorTrusted);
  EXPECT_EQ(In(ends[1]), 7200);
  EXPECT_EQ(ends[0].tenant + ends[0].destination + ends[1].destination, "");
}

}  // namespace
}  // namespace carillon::server

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
  CertificateEnds ends;
  ends.Take(resource::Compare(
      {}, *resource::MakeSnapshot(1, {}, {}, std::move(destinations), {}, nullptr)));
  ends.TakeCollector(collector);
  return ends.Soonest();
}

class CertificateEndsTest : public testing::Test {
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

TEST_F(CertificateEndsTest, TheSoonestComeFirstAndAreFew) {
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

TEST_F(CertificateEndsTest, ThatForTheTokenServerCountsToo) {
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

TEST_F(CertificateEndsTest, OfAChainTheFirstCountsAndOfABundleTheLast) {
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

TEST_F(CertificateEndsTest, OfTwoBundlesTheSoonerEndCounts) {
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

TEST_F(CertificateEndsTest, TheCollectorsAreToldWithoutADestination) {
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

TEST_F(CertificateEndsTest, AChangeAddsTakesAwayAndReplaces) {
  CertificateEnds ends;
  const auto first = resource::MakeSnapshot(
      1, {}, {}, {With("a", EndingIn(3600)), With("b", EndingIn(7200))}, {}, nullptr);
  ends.Take(resource::Compare({}, *first));
  ASSERT_EQ(ends.Soonest().size(), 2u);
  // a has another certificate, b is gone, c is new.
  const auto second = resource::MakeSnapshot(
      2, {}, {}, {With("a", EndingIn(10'800)), With("c", EndingIn(1800))}, {}, first.get());
  ends.Take(resource::Compare(*first, *second));
  const auto soonest = ends.Soonest();
  ASSERT_EQ(soonest.size(), 2u);
  EXPECT_EQ(soonest[0].destination, "c");
  EXPECT_EQ(soonest[1].destination, "a");
  EXPECT_EQ(In(soonest[1]), 10'800);
  // a shows none any more.
  const auto third = resource::MakeSnapshot(3, {}, {}, {With("a", "")}, {}, second.get());
  ends.Take(resource::Compare(*second, *third));
  EXPECT_TRUE(ends.Soonest().empty());
}

TEST_F(CertificateEndsTest, ACollectorsChangeReplacesWhatItHad) {
  CertificateEnds ends;
  model::TlsSettings collector;
  collector.client_certificate = EndingIn(3600);
  ends.TakeCollector(collector);
  collector.client_certificate = EndingIn(7200);
  ends.TakeCollector(collector);
  ASSERT_EQ(ends.Soonest().size(), 1u);
  EXPECT_EQ(In(ends.Soonest()[0]), 7200);
  ends.TakeCollector({});
  EXPECT_TRUE(ends.Soonest().empty());
}

int reads = 0;

TEST(PemEndsTest, ATextIsParsedOnceForAsLongAsItIsUsed) {
  reads = 0;
  PemEnds ends([](const std::string&) -> PemEnds::End { return ++reads; });
  const base::SharedText text("a");
  EXPECT_EQ(ends.Use(text), 1);
  EXPECT_EQ(ends.Use(base::SharedText("a")), 1);
  EXPECT_EQ(ends.Use(base::SharedText("b")), 2);
  EXPECT_EQ(ends.Use({}), std::nullopt);
  ends.Release(text);
  EXPECT_EQ(ends.Use(text), 1);
  ends.Release(text);
  ends.Release(text);
  EXPECT_EQ(ends.Use(text), 3);
}

}  // namespace
}  // namespace carillon::server

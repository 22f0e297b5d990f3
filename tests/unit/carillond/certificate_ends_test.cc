// Whose client certificates end soonest.

#include "certificate_ends.h"

#include <gtest/gtest.h>

#include <ctime>

#include "certificates.h"

namespace carillon::server {
namespace {

constexpr int kMost = 10;

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
  const auto ends = SoonestCertificateEnds(destinations);
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
  const auto ends = SoonestCertificateEnds(std::vector{wrong, both, one});
  ASSERT_EQ(ends.size(), 3u);
  EXPECT_EQ(In(ends[0]), 3600);
  EXPECT_EQ(In(ends[1]), 3600);
  EXPECT_EQ(ends[2].destination, "wrong");
  EXPECT_EQ(In(ends[2]), 10'800);
}

}  // namespace
}  // namespace carillon::server

// Who calls by a client certificate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "carillon/access/authenticator.h"
#include "carillon/access/forwarded.h"
#include "carillon/aip/error.h"
#include "sample_methods.h"

namespace carillon::access {
namespace {

using ::testing::HasSubstr;

class CertificatesTest : public testing::Test {
 protected:
  static Authenticator::CertificateGrant Holder(const std::string& subject, v1::Role role) {
    Principal principal = Of(role, {"acme"});
    principal.kind = PrincipalKind::kCertificate;
    principal.name = "certificate:" + subject;
    return {subject, std::move(principal)};
  }
  base::PeerCertificatePtr Certificate(std::vector<std::string> names) const {
    return std::make_shared<const base::PeerCertificate>(
        base::PeerCertificate{std::move(names), clock_.Wall() + std::chrono::hours(1)});
  }
  absl::StatusOr<Authenticator::CallerPtr> Call(const base::PeerCertificatePtr& certificate,
                                                const std::string& header = "") {
    return authenticator_.Authenticate(
        header, [] { return std::string("10.0.0.1"); }, [&] { return certificate; });
  }
  std::string Who(const base::PeerCertificatePtr& certificate) {
    const auto caller = Call(certificate);
    return caller.ok() ? (*caller)->principal().name
                       : v1::ErrorReason_Name(aip::ReasonOf(caller.status()));
  }

  base::SimulatedClock clock_;
  Authenticator authenticator_{clock_};
};

TEST_F(CertificatesTest, TheFirstNameThatIsKnownCounts) {
  authenticator_.SetCertificates({Holder("CN=shop", v1::ROLE_PUBLISHER),
                                  Holder("spiffe://house/shop", v1::ROLE_READER),
                                  Holder("sha256:00", v1::ROLE_TENANT_ADMIN)});
  EXPECT_TRUE(authenticator_.asks());
  EXPECT_EQ(Who(Certificate({"sha256:01", "spiffe://house/shop", "CN=shop"})),
            "certificate:spiffe://house/shop");
  EXPECT_EQ(Who(Certificate({"sha256:00", "spiffe://house/shop", "CN=shop"})),
            "certificate:sha256:00");
  EXPECT_EQ(Who(Certificate({"sha256:01", "CN=shop"})), "certificate:CN=shop");
  EXPECT_EQ((*Call(Certificate({"CN=shop"})))->principal().role, v1::ROLE_PUBLISHER);
}

TEST_F(CertificatesTest, OneThatIsUnknownOrNotShownIsNoCredential) {
  authenticator_.SetCertificates({Holder("CN=shop", v1::ROLE_PUBLISHER)});
  for (const auto& certificate : {Certificate({"CN=Shop"}), Certificate({"shop"}), Certificate({}),
                                  base::PeerCertificatePtr()}) {
    EXPECT_EQ(Who(certificate), "CREDENTIALS_MISSING");
  }
  EXPECT_THAT(std::string(Call(Certificate({"CN=other"})).status().message()),
              HasSubstr("access.certificates"));
}

TEST_F(CertificatesTest, ATokenIsLookedAtFirst) {
  authenticator_.SetCertificates({Holder("CN=shop", v1::ROLE_PUBLISHER)});
  const base::Secret token = NewToken();
  authenticator_.SetTokens({{*HashToken(token.Reveal()), Of(v1::ROLE_READER)}});
  const auto caller = Call(Certificate({"CN=shop"}), "Bearer " + std::string(token.Reveal()));
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ((*caller)->principal().role, v1::ROLE_READER);
  EXPECT_EQ(aip::ReasonOf(Call(Certificate({"CN=shop"}), "Bearer nonsense").status()),
            v1::CREDENTIALS_INVALID);
}

TEST_F(CertificatesTest, OneThatHasEndedIsNotBelievedOnAConnectionThatLasts) {
  authenticator_.SetCertificates({Holder("CN=shop", v1::ROLE_PUBLISHER)});
  const auto certificate = Certificate({"CN=shop"});
  EXPECT_TRUE(Call(certificate).ok());
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Who(certificate), "CREDENTIALS_EXPIRED");
}

TEST_F(CertificatesTest, WhoIsTakenAwayOrChangedIsRevoked) {
  authenticator_.SetCertificates(
      {Holder("CN=shop", v1::ROLE_PUBLISHER), Holder("CN=eyes", v1::ROLE_READER)});
  const auto shop = Call(Certificate({"CN=shop"}));
  const auto eyes = Call(Certificate({"CN=eyes"}));
  ASSERT_TRUE(shop.ok() && eyes.ok());
  authenticator_.SetCertificates(
      {Holder("CN=shop", v1::ROLE_TENANT_ADMIN), Holder("CN=eyes", v1::ROLE_READER)});
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(**shop)), v1::CREDENTIALS_INVALID);
  EXPECT_TRUE(authenticator_.Check(**eyes).ok());
  authenticator_.SetCertificates({});
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(**eyes)), v1::CREDENTIALS_INVALID);
  EXPECT_FALSE(authenticator_.asks());
}

TEST(Forwarded, ACertificateComesBackAsItWas) {
  const base::PeerCertificate certificate{{"sha256:00", "a.example", "CN=Bj\xc3\xb6rn"},
                                          base::WallTime(std::chrono::seconds(4711))};
  const auto back = DecodePeerCertificate(EncodePeerCertificate(certificate));
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(*back, certificate);
  for (const char* text : {"", "x", "\n", "12", "a\nCN=x", "1a\nCN=x"}) {
    EXPECT_EQ(DecodePeerCertificate(text), nullptr) << text;
  }
}

}  // namespace
}  // namespace carillon::access

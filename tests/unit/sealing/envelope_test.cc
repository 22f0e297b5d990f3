#include "carillon/sealing/envelope.h"

#include <gmock/gmock.h>

#include <string>

namespace carillon::sealing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MasterKey Master(char hex_digit) { return *MasterKey::Parse(std::string(64, hex_digit)); }

TEST(MasterKeyTest, ReadsHexAndBase64) {
  const auto hex = MasterKey::Parse(" " + std::string(64, '0') + "\n");
  const auto base64 = MasterKey::Parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
  ASSERT_TRUE(hex.ok() && base64.ok());
  EXPECT_EQ(hex->key(), base64->key());
  EXPECT_EQ(hex->key().Reveal(), std::string(32, '\0'));
  EXPECT_EQ(hex->id(), base64->id());
  EXPECT_EQ(hex->id().size(), MasterKey::kIdBytes);
  EXPECT_NE(Master('1').id(), Master('2').id());
}

TEST(MasterKeyTest, RefusesOthersWithoutRepeatingThem) {
  for (const std::string& text :
       {std::string(), std::string("hunter2-hunter2"), std::string(62, 'a'), std::string(66, 'a'),
        std::string(64, 'g'), std::string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")}) {
    const auto key = MasterKey::Parse(text);
    ASSERT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument) << text;
    if (!text.empty()) EXPECT_THAT(std::string(key.status().message()), Not(HasSubstr(text)));
  }
}

TEST(Envelope, OpensForItsOwnerOnly) {
  const MasterKeys keys({Master('1')});
  const base::Secret secret(std::string("whsec_x"));
  const std::string sealed = SealSecret(keys, secret, "uid/keys.0");
  EXPECT_THAT(sealed, Not(HasSubstr("whsec")));
  ASSERT_TRUE(OpenSecret(keys, sealed, "uid/keys.0").ok());
  EXPECT_EQ(*OpenSecret(keys, sealed, "uid/keys.0"), secret);
  EXPECT_EQ(OpenSecret(keys, sealed, "uid/keys.1").status().code(), absl::StatusCode::kDataLoss);
}

TEST(Envelope, SaysThatAnotherMasterKeyIsNeeded) {
  const std::string sealed =
      SealSecret(MasterKeys({Master('1')}), base::Secret(std::string("s")), "o");
  const auto other = OpenSecret(MasterKeys({Master('2')}), sealed, "o");
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("other than the configured one"));
  const auto none = OpenSecret(MasterKeys(), sealed, "o");
  EXPECT_EQ(none.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("none is configured"));
}

TEST(Envelope, MovesToANewMasterKey) {
  const std::string sealed =
      SealSecret(MasterKeys({Master('1')}), base::Secret(std::string("s")), "o");
  const MasterKeys both({Master('2'), Master('1')});
  EXPECT_TRUE(OpenSecret(both, sealed, "o").ok());
  EXPECT_FALSE(IsCurrent(both, sealed));
  const auto moved = Rewrap(both, sealed, "o");
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_TRUE(IsCurrent(both, *moved));
  const auto opened = OpenSecret(MasterKeys({Master('2')}), *moved, "o");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->Reveal(), "s");
  EXPECT_FALSE(OpenSecret(MasterKeys({Master('1')}), *moved, "o").ok());
  EXPECT_FALSE(Rewrap(both, sealed, "other").ok());
}

TEST(Envelope, RefusesWhatWasChanged) {
  const MasterKeys keys({Master('1')});
  const std::string sealed = SealSecret(keys, base::Secret(std::string("secret")), "o");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(OpenSecret(keys, changed, "o").ok()) << i;
    EXPECT_FALSE(OpenSecret(keys, sealed.substr(0, i), "o").ok()) << i;
  }
}

TEST(Envelope, TheSameSecretLooksDifferentEachTime) {
  const MasterKeys keys({Master('1')});
  const base::Secret secret(std::string("s"));
  EXPECT_NE(SealSecret(keys, secret, "o"), SealSecret(keys, secret, "o"));
}

}  // namespace
}  // namespace carillon::sealing

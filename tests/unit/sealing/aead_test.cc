#include "carillon/sealing/aead.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

#include "absl/strings/escaping.h"

namespace carillon::sealing {
namespace {

base::Secret Key(char fill) { return base::Secret(std::string(kKeyBytes, fill)); }

TEST(Aead, OpensWhatItSealed) {
  for (const std::string& plain :
       {std::string(), std::string("x"), std::string("a\0b", 3), std::string(100'000, 'z')}) {
    for (const char* context : {"", "tenants/acme"}) {
      const std::string sealed = Seal(Key('k'), plain, context);
      EXPECT_EQ(sealed.size(), plain.size() + kOverhead);
      const auto opened = Open(Key('k'), sealed, context);
      ASSERT_TRUE(opened.ok()) << opened.status();
      EXPECT_EQ(opened->Reveal(), plain);
    }
  }
}

TEST(Aead, OpensWhatOthersSealed) {
  // From the GCM specification (McGrew and Viega), test case 16.
  const auto hex = [](const char* text) { return absl::HexStringToBytes(text); };
  const base::Secret key(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  const std::string sealed =
      hex("cafebabefacedbaddecaf888"
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
          "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
          "76fc6ece0f4e1768cddf8853bb2d551b");
  const auto opened = Open(key, sealed, hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(absl::BytesToHexString(std::string(opened->Reveal())),
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

TEST(Aead, RefusesWhatWasChanged) {
  const std::string sealed = Seal(Key('k'), "secret", "owner");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(Open(Key('k'), changed, "owner").status().code(), absl::StatusCode::kDataLoss) << i;
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(Open(Key('k'), sealed.substr(0, size), "owner").ok()) << size;
  }
  EXPECT_FALSE(Open(Key('k'), sealed + "x", "owner").ok());
}

TEST(Aead, RefusesAnotherKeyAndAnotherContext) {
  const std::string sealed = Seal(Key('k'), "secret", "owner");
  EXPECT_FALSE(Open(Key('l'), sealed, "owner").ok());
  EXPECT_FALSE(Open(Key('k'), sealed, "other").ok());
  EXPECT_FALSE(Open(Key('k'), sealed, "").ok());
}

TEST(Aead, NeverSealsTheSameWay) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(Seal(Key('k'), "secret", "").substr(0, kNonceBytes));
    seen.insert(std::string(MakeKey().Reveal()));
  }
  EXPECT_EQ(seen.size(), 2000u);
}

TEST(Mac, IsHmacSha256) {
  // RFC 4231, test case 2.
  EXPECT_EQ(absl::BytesToHexString(
                Mac(base::Secret(std::string("Jefe")), "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace carillon::sealing

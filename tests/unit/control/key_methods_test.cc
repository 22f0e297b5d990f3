#include "carillon/control/key_methods.h"

#include <google/protobuf/empty.pb.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kFirst[] = "tenants/acme/destinations/orders/keys/first";

class KeyMethodsTest : public ControlTest {
 protected:
  KeyMethodsTest() { EXPECT_TRUE(Create("orders", kUrl).ok()); }

  KeyMethods keys() { return {*repository_, *types_[0], clock_}; }
  template <typename Response, typename Request>
  absl::StatusOr<Response> Do(void (KeyMethods::*method)(const Request&, const Caller&,
                                                         KeyMethods::Done),
                              const std::string& text) {
    KeyMethods methods = keys();
    const auto request = Made<Request>(text);
    return Await<Response>([&](Methods::Done done) {
      (methods.*method)(request, {.principal = "tokens/ops"}, std::move(done));
    });
  }
  absl::StatusOr<v1::Key> CreateKey(const std::string& id, const std::string& rest = "") {
    return Do<v1::Key>(&KeyMethods::Create,
                       absl::StrCat("parent: \"", kOrders, "\" key_id: \"", id, "\" ", rest));
  }
  absl::StatusOr<v1::RotateKeyResponse> Rotate(const std::string& rest = "") {
    return Do<v1::RotateKeyResponse>(&KeyMethods::Rotate,
                                     absl::StrCat("name: \"", kFirst, "\" ", rest));
  }
  absl::Status DeleteKey(const std::string& id, const std::string& rest = "") {
    return Do<google::protobuf::Empty>(&KeyMethods::Delete,
                                       absl::StrCat("name: \"", kOrders, "/keys/", id, "\" ", rest))
        .status();
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto listed = keys().List(kOrders);
    EXPECT_TRUE(listed.ok()) << listed.status();
    for (const v1::Key& key : *listed)
      names.push_back(key.name().substr(key.name().rfind('/') + 1));
    return names;
  }
};

TEST_F(KeyMethodsTest, ListsWithoutSecrets) {
  EXPECT_THAT(Names(), ElementsAre("first", "second"));
  const auto key = keys().Get(kFirst);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->secret().value(), "");
  EXPECT_TRUE(key->secret().set());
  EXPECT_EQ(key->secret().last_characters().size(), 4u);
  EXPECT_EQ(key->uid().size(), 36u);
  EXPECT_THAT(key->etag(), StartsWith("\""));
  EXPECT_EQ(key->create_time().seconds(), 1'700'000'000);
}

TEST_F(KeyMethodsTest, ANewOneSignsFirst) {
  const auto made = CreateKey("next", "key { algorithm: ED25519 }");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->secret().value(), StartsWith("whsk_"));
  EXPECT_THAT(Names(), ElementsAre("next", "first", "second"));
  EXPECT_EQ(InForce("orders")->keys.front().name, "next");
  EXPECT_EQ(keys().Get(made->name())->etag(), made->etag());
  EXPECT_THAT(CreateKey("", "key { }")->name(), StartsWith(absl::StrCat(kOrders, "/keys/key-")));
}

TEST_F(KeyMethodsTest, TheFirstOneEndsUnsignedRequests) {
  v1::Destination given = *Get(kOrders);
  given.set_unsigned_requests(true);
  ASSERT_TRUE(Update(given, {"unsigned_requests"}).ok());
  EXPECT_THAT(Names(), SizeIs(0));
  ASSERT_TRUE(CreateKey("next", "key { }").ok());
  EXPECT_FALSE(Get(kOrders)->unsigned_requests());
  EXPECT_FALSE(InForce("orders")->unsigned_requests);
  EXPECT_THAT(InForce("orders")->keys, SizeIs(1));
}

TEST_F(KeyMethodsTest, RefusesBadOnes) {
  EXPECT_EQ(aip::ReasonOf(CreateKey("first", "key { }").status()), v1::RESOURCE_EXISTS);
  const auto bad = CreateKey("next", "key { secret { value: \"x\" } }");
  google::rpc::BadRequest detail;
  ASSERT_TRUE(aip::GetDetail(bad.status(), detail));
  EXPECT_THAT(detail.field_violations(0).field(), StartsWith("key.secret"));
  EXPECT_EQ(aip::ReasonOf(CreateKey("next", "key { secret { env: \"HOME\" } }").status()),
            v1::FILE_ONLY);
  EXPECT_EQ(aip::ReasonOf(CreateKey("UPPER", "key { }").status()), v1::FIELD_INVALID);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(CreateKey(absl::StrCat("k", i), "key { }").ok());
  EXPECT_EQ(aip::ReasonOf(CreateKey("ninth", "key { }").status()), v1::FIELD_INVALID);
  EXPECT_THAT(Names(), SizeIs(8));
}

TEST_F(KeyMethodsTest, ValidateOnlyMakesNone) {
  const auto made = CreateKey("next", "key { } validate_only: true");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->secret().value(), "");
  EXPECT_EQ(made->uid(), "");
  EXPECT_THAT(Names(), SizeIs(2));
}

TEST_F(KeyMethodsTest, ARepeatedCallGetsTheSecretAgain) {
  const auto first = CreateKey("next", "key { } request_id: \"r\"");
  ASSERT_TRUE(first.ok()) << first.status();
  Restart();
  const auto again = CreateKey("next", "key { } request_id: \"r\"");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

TEST_F(KeyMethodsTest, RevokedOnesSignNoMore) {
  EXPECT_EQ(aip::ReasonOf(DeleteKey("first", "etag: \"x\"")), v1::ETAG_MISMATCH);
  ASSERT_TRUE(DeleteKey("first").ok());
  EXPECT_THAT(InForce("orders")->keys, SizeIs(1));
  EXPECT_EQ(aip::ReasonOf(DeleteKey("first")), v1::RESOURCE_NOT_FOUND);
  EXPECT_TRUE(DeleteKey("first", "allow_missing: true").ok());
  EXPECT_EQ(aip::ReasonOf(DeleteKey("second")), v1::LAST_KEY);
  EXPECT_THAT(Names(), ElementsAre("second"));
}

TEST_F(KeyMethodsTest, RotationLetsBothSignForTheOverlap) {
  const auto rotated = Rotate("overlap { seconds: 60 } key_id: \"next\"");
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  EXPECT_THAT(rotated->key().secret().value(), StartsWith("whsec_"));
  EXPECT_EQ(rotated->replaced_key().name(), kFirst);
  EXPECT_EQ(rotated->replaced_key().expire_time().seconds(), 1'700'000'060);
  EXPECT_EQ(rotated->replaced_key().secret().value(), "");
  EXPECT_THAT(Names(), ElementsAre("next", "first", "second"));
  ASSERT_TRUE(InForce("orders")->keys[1].expires_at);
  EXPECT_FALSE(InForce("orders")->keys[0].expires_at);
  EXPECT_FALSE(InForce("orders")->keys[2].expires_at);
  // Again: the old one does not go on for longer.
  ASSERT_TRUE(Rotate("overlap { seconds: 600 }").ok());
  EXPECT_EQ(keys().Get(kFirst)->expire_time().seconds(), 1'700'000'060);
}

TEST_F(KeyMethodsTest, RotationHasADefaultAndBounds) {
  EXPECT_EQ(Rotate()->replaced_key().expire_time().seconds(), 1'700'000'000 + 86'400);
  EXPECT_TRUE(Rotate("overlap { seconds: 2592000 }").ok());
  EXPECT_EQ(aip::ReasonOf(Rotate("overlap { seconds: 2592001 }").status()), v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(Rotate("overlap { seconds: -1 }").status()), v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(Rotate("etag: \"x\"").status()), v1::ETAG_MISMATCH);
  EXPECT_EQ(aip::ReasonOf(Rotate("key_id: \"first\"").status()), v1::RESOURCE_EXISTS);
  EXPECT_EQ(aip::ReasonOf(Rotate("key_id: \"second\"").status()), v1::RESOURCE_EXISTS);
  ASSERT_TRUE(Rotate("overlap { }").ok());
  EXPECT_EQ(aip::ReasonOf(keys().Get(kFirst).status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(KeyMethodsTest, OnlyTheEndIsUpdated) {
  const auto update = [&](const std::string& text) {
    return Do<v1::Key>(&KeyMethods::Update, text);
  };
  const auto named = [](const std::string& id, const std::string& rest) {
    return absl::StrCat("key { name: \"", kOrders, "/keys/", id, "\" ", rest, " } ");
  };
  const auto updated = update(named("first", "expire_time { seconds: 1800000000 }"));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->expire_time().seconds(), 1'800'000'000);
  EXPECT_EQ(updated->etag(), keys().Get(kFirst)->etag());
  EXPECT_EQ(aip::ReasonOf(update(named("second", "expire_time { seconds: 1800000000 }")).status()),
            v1::LAST_KEY);
  EXPECT_EQ(aip::ReasonOf(update(named("second", "secret { value: \"x\" }")).status()),
            v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(update(named("none", "")).status()), v1::RESOURCE_NOT_FOUND);
  ASSERT_TRUE(update(named("first", "") + "update_mask { paths: \"expire_time\" }").ok());
  EXPECT_FALSE(keys().Get(kFirst)->has_expire_time());
}

TEST_F(KeyMethodsTest, ThoseOfTheFileAreReadOnly) {
  EXPECT_TRUE(keys().List("tenants/acme/destinations/in-file").ok());
  EXPECT_EQ(aip::ReasonOf(Do<v1::Key>(&KeyMethods::Create,
                                      "parent: \"tenants/acme/destinations/in-file\" key { }")
                              .status()),
            v1::READ_ONLY_FILE);
  EXPECT_EQ(aip::ReasonOf(keys().List("tenants/acme/destinations/none").status()),
            v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(keys().List("x").status()), v1::FIELD_INVALID);
}

}  // namespace
}  // namespace carillon::control

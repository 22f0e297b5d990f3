#include "carillon/aip/field_mask.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <string>
#include <vector>

#include "aip_test.pb.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"

namespace carillon::aip {
namespace {

using ::carillon::aiptest::Thing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Thing FromText(const std::string& text) {
  Thing thing;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &thing)) << text;
  return thing;
}

google::protobuf::FieldMask Mask(const std::vector<std::string>& paths) {
  google::protobuf::FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  return mask;
}

constexpr char kStored[] = R"pb(
  name: "tenants/a/things/x"
  display_name: "X"
  state: ACTIVE
  small: 1
  bound: 2
  labels { key: "team" value: "billing" }
  labels { key: "app.io/x" value: "y" }
  types: "a"
  types: "b"
  retry {
    delays { items { seconds: 5 } }
    jitter: 0.1
    budget { ratio: 0.5 }
  }
  filter { payload: "p" }
  algorithm: "hmac"
  authorization {
    basic {
      username: "u"
      password { value: "old" set: true }
    }
  }
  headers { name: "A" value: "1" }
  headers {
    name: "B"
    secret { value: "hidden" }
  }
  keys {
    name: "first"
    secret { value: "whsec" }
  }
  etag: "e1")pb";

/// What comes of an update; `paths` empty: without a mask.
absl::Status Update_(Thing& stored, const std::string& given,
                     const std::vector<std::string>& paths = {}) {
  const Thing thing = FromText(given);
  const google::protobuf::FieldMask mask = Mask(paths);
  return Merge({"thing", thing, &mask, {{"keys", "is changed by KeyService"}}}, stored);
}

/// What is stored after the update, as the changes to kStored say.
Thing After(const std::string& given, const std::vector<std::string>& paths = {}) {
  Thing stored = FromText(kStored);
  const absl::Status status = Update_(stored, given, paths);
  EXPECT_TRUE(status.ok()) << given << ": " << status;
  return stored;
}

void ExpectRefused(const std::string& given, const std::vector<std::string>& paths,
                   v1::ErrorReason reason, const std::string& says) {
  Thing stored = FromText(kStored);
  const absl::Status status = Update_(stored, given, paths);
  EXPECT_EQ(ReasonOf(status), reason) << given << testing::PrintToString(paths) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(says));
}

/// The paths that the update changed.
std::vector<std::string> Changed(const std::string& given,
                                 const std::vector<std::string>& paths = {}) {
  return ChangedPaths(FromText(kStored), After(given, paths));
}

TEST(FieldMask, WithoutAMaskWhatIsSetIsChanged) {
  EXPECT_THAT(Changed(""), ElementsAre());
  EXPECT_THAT(Changed("display_name: \"Y\" small: 0"), ElementsAre("display_name"));
  EXPECT_EQ(After("bound: 0").bound(), 0u);  // it has presence: it was said
  const Thing thing = After("retry { jitter: 0.9 }");
  EXPECT_FALSE(thing.retry().has_delays());  // the message is replaced
  EXPECT_THAT(Changed("types: \"c\""), ElementsAre("types"));
  EXPECT_THAT(After("types: \"c\"").types(), ElementsAre("c"));
  EXPECT_THAT(Changed("labels { key: \"x\" value: \"1\" }"),
              ElementsAre("labels.app.io/x", "labels.team", "labels.x"));
}

TEST(FieldMask, StarReplacesEverything) {
  const Thing thing = After("name: \"tenants/a/things/x\" display_name: \"Y\"", {"*"});
  EXPECT_EQ(thing.display_name(), "Y");
  EXPECT_EQ(thing.small(), 0);
  EXPECT_FALSE(thing.has_bound());
  EXPECT_EQ(thing.labels_size(), 0);
  EXPECT_EQ(thing.types_size(), 0);
  EXPECT_FALSE(thing.has_retry());
  EXPECT_FALSE(thing.has_authorization());
  // What callers do not set stays.
  EXPECT_EQ(thing.state(), Thing::ACTIVE);
  EXPECT_EQ(thing.etag(), "e1");
  EXPECT_EQ(thing.algorithm(), "hmac");
  EXPECT_EQ(thing.keys_size(), 1);
}

TEST(FieldMask, StarStandsAlone) {
  ExpectRefused("", {"*", "small"}, v1::UPDATE_MASK_INVALID, "stands alone");
  ExpectRefused("", {"retry.*"}, v1::UPDATE_MASK_INVALID, "stands alone");
}

TEST(FieldMask, PathsAreExact) {
  EXPECT_THAT(Changed("display_name: \"Y\" small: 9", {"small"}), ElementsAre("small"));
  EXPECT_THAT(Changed("", {"display_name", "bound", "types", "retry"}),
              ElementsAre("display_name", "bound", "types", "retry"));
  EXPECT_THAT(Changed("display_name: \"Y\"", {"displayName"}), ElementsAre("display_name"));
  EXPECT_THAT(Changed("small: 9", {"small", "small"}), ElementsAre("small"));
}

TEST(FieldMask, PathsReachIntoMessages) {
  const Thing thing = After("retry { jitter: 0.9 }", {"retry.jitter"});
  EXPECT_EQ(thing.retry().jitter(), 0.9);
  EXPECT_TRUE(thing.retry().has_delays());
  EXPECT_THAT(Changed("", {"retry.jitter"}), ElementsAre("retry.jitter"));
  EXPECT_FALSE(After("", {"retry.jitter"}).retry().has_jitter());
  EXPECT_THAT(Changed("retry { budget { ratio: 1 } }", {"retry.budget.ratio"}),
              ElementsAre("retry.budget.ratio"));
  EXPECT_THAT(Changed("retry { }", {"retry"}),
              ElementsAre("retry.delays", "retry.jitter", "retry.budget"));
}

TEST(FieldMask, PathsMakeNoMessagesForNothing) {
  Thing stored;
  ASSERT_TRUE(Update_(stored, "", {"retry.budget.ratio"}).ok());
  ASSERT_TRUE(Update_(stored, "retry { }", {"retry.budget.ratio"}).ok());
  EXPECT_FALSE(stored.has_retry());
  ASSERT_TRUE(Update_(stored, "retry { budget { ratio: 0 } }", {"retry.budget.ratio"}).ok());
  EXPECT_TRUE(stored.retry().budget().has_ratio());
}

TEST(FieldMask, MembersOfAOneofClearOneAnother) {
  const std::string exponential = "retry { exponential { factor: 2 } }";
  Thing thing = After(exponential, {"retry.exponential"});
  EXPECT_TRUE(thing.retry().has_exponential());
  EXPECT_FALSE(thing.retry().has_delays());
  EXPECT_EQ(thing.retry().jitter(), 0.1);
  thing = After(exponential, {"retry.exponential.factor"});
  EXPECT_TRUE(thing.retry().has_exponential());
  // One that is not given clears itself, not the other.
  thing = After(exponential, {"retry.none"});
  EXPECT_TRUE(thing.retry().has_delays());
  thing = After("", {"retry.delays"});
  EXPECT_EQ(thing.retry().schedule_case(), aiptest::Retry::SCHEDULE_NOT_SET);
}

TEST(FieldMask, ListsAndAtomicFieldsAreWhole) {
  for (const char* path : {"types.0", "headers.0", "headers.name", "changes.0", "numbers.1"}) {
    ExpectRefused("", {path}, v1::UPDATE_MASK_INVALID, "is replaced as a whole");
  }
  for (const char* path : {"filter.payload", "wait.seconds", "authorization.bearer.value"}) {
    ExpectRefused("", {path}, v1::UPDATE_MASK_INVALID, "is replaced as a whole");
  }
  ExpectRefused("", {"types[0]"}, v1::UPDATE_MASK_INVALID, "there is no field");
}

TEST(FieldMask, MapsAreReachedByKey) {
  EXPECT_THAT(Changed("labels { key: \"team\" value: \"ops\" }", {"labels.team"}),
              ElementsAre("labels.team"));
  EXPECT_THAT(Changed("labels { key: \"team\" value: \"billing\" }", {"labels.team"}),
              ElementsAre());
  EXPECT_EQ(After("", {"labels.team"}).labels().count("team"), 0u);
  EXPECT_EQ(After("", {"labels.team"}).labels().count("app.io/x"), 1u);
  EXPECT_EQ(After("", {"labels.app.io/x"}).labels().count("app.io/x"), 0u);
  EXPECT_EQ(After("", {"labels.`app.io/x`"}).labels().count("app.io/x"), 0u);
  EXPECT_THAT(Changed("labels { key: \"n\" value: \"1\" }", {"labels.n"}), ElementsAre("labels.n"));
  EXPECT_THAT(Changed("", {"labels.none"}), ElementsAre());
  EXPECT_EQ(After("", {"labels"}).labels_size(), 0);
}

TEST(FieldMask, UnknownPathsAreNamed) {
  ExpectRefused("", {"smal"}, v1::UPDATE_MASK_INVALID, "did you mean 'small'?");
  ExpectRefused("", {"retry.jiter"}, v1::UPDATE_MASK_INVALID, "did you mean 'jitter'?");
  ExpectRefused("", {"small.x"}, v1::UPDATE_MASK_INVALID, "has no fields");
  ExpectRefused("", {""}, v1::UPDATE_MASK_INVALID, "there is no field ''");
  ExpectRefused("", {"retry."}, v1::UPDATE_MASK_INVALID, "there is no field ''");
}

TEST(FieldMask, HasABound) {
  const std::vector<std::string> many(257, "small");
  ExpectRefused("", many, v1::UPDATE_MASK_INVALID, "at most 256 paths");
}

TEST(FieldMask, OutputOnlyFieldsAreIgnored) {
  EXPECT_EQ(After("state: PAUSED status { dead_count: 3 }").state(), Thing::ACTIVE);
  EXPECT_EQ(After("state: PAUSED", {"state"}).state(), Thing::ACTIVE);
  EXPECT_EQ(After("state: PAUSED", {"*"}).state(), Thing::ACTIVE);
  EXPECT_FALSE(After("status { dead_count: 3 }", {"status.dead_count"}).has_status());
  EXPECT_EQ(After("etag: \"e2\"").etag(), "e1");
  EXPECT_EQ(After("etag: \"e2\"", {"etag"}).etag(), "e1");
}

TEST(FieldMask, ImmutableFieldsMustBeEqual) {
  After("algorithm: \"hmac\"");
  After("algorithm: \"hmac\"", {"algorithm"});
  After("algorithm: \"hmac\"", {"*"});
  ExpectRefused("algorithm: \"ed25519\"", {}, v1::FIELD_INVALID,
                "thing.algorithm: cannot be changed");
  ExpectRefused("algorithm: \"ed25519\"", {"algorithm"}, v1::FIELD_INVALID, "cannot be changed");
  ExpectRefused("", {"algorithm"}, v1::FIELD_INVALID, "cannot be changed");
  ExpectRefused("algorithm: \"ed25519\"", {"*"}, v1::FIELD_INVALID, "cannot be changed");
  ExpectRefused("name: \"tenants/a/things/y\"", {}, v1::FIELD_INVALID, "thing.name");
}

TEST(FieldMask, FieldsWithMethodsOfTheirOwnCannotBeNamed) {
  // As they were read: without their secrets.
  After("keys { name: \"first\" secret { set: true } }");
  After("keys { name: \"first\" secret { } }", {"*"});
  ExpectRefused("keys { name: \"first\" }", {"keys"}, v1::FIELD_INVALID, "KeyService");
  ExpectRefused("keys { name: \"second\" secret { value: \"s\" } }", {}, v1::FIELD_INVALID,
                "thing.keys: is changed by KeyService");
  ExpectRefused("keys { name: \"first\" secret { value: \"other\" } }", {}, v1::FIELD_INVALID,
                "KeyService");
}

TEST(FieldMask, SecretsWithoutASourceStay) {
  for (const std::vector<std::string>& paths :
       {std::vector<std::string>(), {"authorization"}, {"authorization.basic"}, {"*"}}) {
    const Thing thing =
        After("authorization { basic { username: \"v\" password { set: true } } }", paths);
    EXPECT_EQ(thing.authorization().basic().username(), "v");
    EXPECT_EQ(thing.authorization().basic().password().value(), "old");
  }
  EXPECT_EQ(After("authorization { basic { password { } } }", {"authorization.basic.password"})
                .authorization()
                .basic()
                .password()
                .value(),
            "old");
  EXPECT_EQ(After("authorization { basic { password { value: \"new\" } } }")
                .authorization()
                .basic()
                .password()
                .value(),
            "new");
}

TEST(FieldMask, SecretsGoWithTheFieldThatHoldsThem) {
  EXPECT_FALSE(After("", {"authorization"}).has_authorization());
  EXPECT_FALSE(
      After("authorization { basic { username: \"u\" } }").authorization().basic().has_password());
  const Thing thing = After("authorization { bearer { } }");
  EXPECT_TRUE(thing.authorization().has_bearer());
  EXPECT_EQ(thing.authorization().bearer().source_case(), v1::Secret::SOURCE_NOT_SET);
}

TEST(FieldMask, SecretsInListsStayByName) {
  const Thing thing = After(R"pb(
    headers {
      name: "B"
      secret {}
    }
    headers {
      name: "C"
      secret {}
    }
    headers {
      name: "A"
      secret {}
    })pb");
  ASSERT_EQ(thing.headers_size(), 3);
  EXPECT_EQ(thing.headers(0).secret().value(), "hidden");
  EXPECT_EQ(thing.headers(1).secret().source_case(), v1::Secret::SOURCE_NOT_SET);
  EXPECT_EQ(thing.headers(2).secret().source_case(), v1::Secret::SOURCE_NOT_SET);
}

TEST(FieldMask, CallersCannotSetWhatIsOutputOnlyWithin) {
  const Thing thing =
      After("authorization { basic { password { value: \"n\" last_characters: \"abcd\" } } }");
  EXPECT_EQ(thing.authorization().basic().password().last_characters(), "");
}

TEST(ChangedPathsTest, MakeOneOfTheOther) {
  const std::string others[] = {"",
                                "small: 1",
                                kStored,
                                "retry { none: true }",
                                "retry { exponential { factor: 0 } }",
                                "labels { key: \"team\" value: \"x\" } bound: 0",
                                "types: \"a\"",
                                "authorization { bearer { value: \"b\" } } wait { seconds: 1 }"};
  for (const std::string& from : others) {
    for (const std::string& to : others) {
      Thing before = FromText(from);
      Thing after = FromText(to);
      for (Thing* thing : {&before, &after}) {
        thing->clear_name();
        thing->clear_algorithm();
        thing->clear_keys();
        thing->clear_state();
        thing->clear_etag();
      }
      const auto mask = Mask(ChangedPaths(before, after));
      if (mask.paths_size() > 0) ASSERT_TRUE(Merge({"thing", after, &mask}, before).ok());
      ClearOutputOnly(after);
      ClearOutputOnly(before);
      EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(before, after))
          << from << " to " << to;
    }
  }
}

TEST(ChangedPathsTest, TellsUnsetFromZero) {
  EXPECT_THAT(ChangedPaths(FromText(""), FromText("bound: 0")), ElementsAre("bound"));
  EXPECT_THAT(ChangedPaths(FromText(""), FromText("retry { }")), ElementsAre("retry"));
  EXPECT_THAT(ChangedPaths(FromText(""), FromText("state: ACTIVE etag: \"x\"")), ElementsAre());
}

TEST(Behavior, NamesWhatIsMissing) {
  aiptest::Request request;
  const auto fields = [&] {
    std::vector<std::string> names;
    for (const FieldViolation& violation : MissingFields(request)) {
      EXPECT_EQ(violation.reason, "REQUIRED");
      names.push_back(violation.field);
    }
    return names;
  };
  EXPECT_THAT(fields(), ElementsAre("parent", "thing", "items"));
  request.set_parent("p");
  request.mutable_thing();
  request.add_items("i");
  EXPECT_THAT(fields(), ElementsAre());
}

}  // namespace
}  // namespace carillon::aip

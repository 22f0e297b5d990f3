#include "carillon/config/to_yaml.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <string>

#include "carillon/config/set_member.h"
#include "carillon/resource/path.h"
#include "carillon/resource/references.h"
#include "carillon/v1/destination.pb.h"
#include "from_yaml.h"

namespace carillon::config {
namespace {

using google::protobuf::util::TimeUtil;
using testing::HasSubstr;
using testing::Not;

template <typename T>
T Read(const std::string& yaml) {
  const auto tree = ParseYaml(yaml);
  EXPECT_TRUE(tree.ok()) << tree.status();
  T message;
  resource::NoReferences none;
  resource::Errors errors(none);
  FromYaml(**tree, message, resource::Path(), errors);
  EXPECT_TRUE(errors.empty()) << errors.ToString();
  return message;
}

v1::Destination Full() {
  v1::Destination d;
  d.set_name("tenants/acme/destinations/orders");
  d.set_display_name("Bestellungen: \"ERP\" #1\nzwei");
  d.set_url("https://hooks.example.com/orders");
  d.set_description("true");
  d.set_format(v1::FORMAT_ARRAY);
  d.set_concurrency(4);
  *d.mutable_timeouts()->mutable_total() = TimeUtil::MillisecondsToDuration(1'500);
  for (const int seconds : {5, 300}) {
    *d.mutable_retry()->mutable_delays()->add_items() = TimeUtil::SecondsToDuration(seconds);
  }
  d.mutable_retry()->set_jitter(0.1);
  v1::Key& key = *d.add_keys();
  key.set_name("tenants/acme/destinations/orders/keys/first");
  key.mutable_secret()->set_value("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  *key.mutable_expire_time() = TimeUtil::SecondsToTimestamp(1'800'000'000);
  v1::Header& header = *d.add_headers();
  header.set_name("x-team");
  header.set_value("12");
  (*d.mutable_labels())["team"] = "billing";
  (*d.mutable_labels())["carillon/apply-set"] = "1";
  (*d.mutable_annotations())["note"] = "";
  return d;
}

TEST(ToYaml, IsReadBackAsTheSame) {
  const v1::Destination d = Full();
  EXPECT_EQ(Read<v1::Destination>(ToYaml(d)).DebugString(), d.DebugString()) << ToYaml(d);
}

TEST(ToYaml, HasTheFormOfTheFile) {
  const std::string yaml = ToYaml(Full());
  EXPECT_THAT(yaml, HasSubstr("format: array\n"));
  EXPECT_THAT(yaml, HasSubstr("total: 1s500ms\n"));
  EXPECT_THAT(yaml, HasSubstr("delays:\n    - 5s\n    - 5m\n"));
  EXPECT_THAT(yaml, HasSubstr("description: \"true\"\n"));
  EXPECT_THAT(yaml, HasSubstr("secret: whsec_MfKQ"));
  EXPECT_THAT(yaml, HasSubstr("expire_time: 2027-01-15T08:00:00Z\n"));
}

TEST(ToYaml, ScalarsOfFiltersKeepTheirTypes) {
  v1::Subscription s;
  s.add_types("order.*");
  for (const char* text : {"12", "true", "DE", ""}) {
    s.mutable_filter()->add_one_of()->set_string_value(text);
  }
  s.mutable_filter()->add_one_of()->set_number("1e400");
  s.mutable_filter()->add_one_of()->set_bool_value(true);
  s.mutable_filter()->set_payload("country");
  EXPECT_EQ(Read<v1::Subscription>(ToYaml(s)).DebugString(), s.DebugString()) << ToYaml(s);
}

TEST(ToYaml, WhatOnlyAnswersHaveIsLeftOutForFiles) {
  v1::Destination d = Full();
  d.set_uid("0190");
  d.set_etag("\"k3v9\"");
  d.set_state(v1::Destination::ACTIVE);
  d.mutable_origin()->set_kind(v1::Origin::API);
  EXPECT_THAT(ToYaml(d), HasSubstr("state: active\n"));
  const std::string input = ToYaml(d, YamlMembers::kInput);
  EXPECT_THAT(input, Not(HasSubstr("state")));
  EXPECT_THAT(input, Not(HasSubstr("etag")));
  EXPECT_EQ(Read<v1::Destination>(input).DebugString(), Full().DebugString());
}

TEST(ToYaml, AnEmptyMessage) { EXPECT_EQ(ToYaml(v1::Destination()), "{}\n"); }

TEST(SetMember, ReadsAsTheFileDoes) {
  v1::Destination d;
  EXPECT_TRUE(SetMember("retry.jitter", "0.5", ValueForm::kYaml, d).ok());
  EXPECT_TRUE(SetMember("retry.delays", "[5s, 1m]", ValueForm::kYaml, d).ok());
  EXPECT_TRUE(SetMember("format", "array", ValueForm::kYaml, d).ok());
  EXPECT_TRUE(SetMember("labels.carillon.dev/team", "billing", ValueForm::kYaml, d).ok());
  EXPECT_EQ(d.retry().jitter(), 0.5);
  EXPECT_EQ(d.retry().delays().items_size(), 2);
  EXPECT_EQ(d.format(), v1::FORMAT_ARRAY);
  EXPECT_EQ(d.labels().at("carillon.dev/team"), "billing");
}

TEST(SetMember, OfMembersThatExcludeEachOtherTheLastCounts) {
  v1::Destination d;
  EXPECT_TRUE(SetMember("retry.none", "true", ValueForm::kYaml, d).ok());
  EXPECT_TRUE(SetMember("retry.delays", "[5s]", ValueForm::kYaml, d).ok());
  EXPECT_TRUE(d.retry().has_delays());
}

TEST(SetMember, TextIsNotRead) {
  v1::Subscription s;
  EXPECT_TRUE(SetMember("display_name", "[a: b", ValueForm::kText, s).ok());
  EXPECT_TRUE(SetMember("types", "order.*", ValueForm::kText, s).ok());
  EXPECT_TRUE(SetMember("types", "*", ValueForm::kText, s).ok());
  EXPECT_EQ(s.display_name(), "[a: b");
  EXPECT_THAT(s.types(), testing::ElementsAre("order.*", "*"));
  EXPECT_TRUE(SetMember("types", "[a]", ValueForm::kYaml, s).ok());
  EXPECT_THAT(s.types(), testing::ElementsAre("a"));
}

TEST(SetMember, MistakesNameTheMember) {
  const auto message = [](std::string_view path, std::string_view value) {
    v1::Destination d;
    return std::string(SetMember(path, value, ValueForm::kYaml, d).message());
  };
  EXPECT_THAT(message("retry.jiter", "1"), HasSubstr("did you mean 'jitter'"));
  EXPECT_THAT(message("concurrency", "many"), HasSubstr("concurrency: must be a whole number"));
  EXPECT_THAT(message("state", "active"), HasSubstr("state: stands in answers only"));
  EXPECT_THAT(message("url", "[a"), HasSubstr("url: not YAML"));
  EXPECT_THAT(message("retry..jitter", "1"), HasSubstr("names with dots between"));
  EXPECT_THAT(message("", "1"), HasSubstr("names with dots between"));
}

TEST(FillFromYaml, TakesAnAnswerAsItCame) {
  const std::string json =
      R"({"name": "tenants/acme/destinations/orders", "url": "https://a.example",
    "format": "FORMAT_ARRAY", "timeouts": {"total": "2.500s"}, "etag": "\"k\"", "revision": "12",
    "state": "ACTIVE", "origin": {"kind": "API"}, "keys": [{"name": "k", "secret": {"set": true,
    "lastCharacters": "abcd"}}]})";
  v1::Destination d;
  const absl::Status status = FillFromYaml(json, d);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(d.revision(), 12);
  EXPECT_EQ(d.state(), v1::Destination::ACTIVE);
  EXPECT_EQ(d.timeouts().total().nanos(), 500'000'000);
  EXPECT_EQ(d.keys(0).name(), "k");
  EXPECT_EQ(d.keys(0).secret().last_characters(), "abcd");
}

TEST(FillFromYaml, MistakesNameTheMember) {
  v1::Destination d;
  EXPECT_THAT(std::string(FillFromYaml("urll: x", d).message()), HasSubstr("did you mean 'url'"));
  EXPECT_THAT(std::string(FillFromYaml("a: [", d).message()), HasSubstr("line"));
  EXPECT_THAT(std::string(FillFromYaml("", d).message()), HasSubstr("empty"));
}

}  // namespace
}  // namespace carillon::config

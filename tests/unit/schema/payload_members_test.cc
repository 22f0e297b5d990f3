// What filters can ask about.
#include "carillon/schema/payload_members.h"

#include "absl/strings/str_join.h"
#include "schema_fixtures.h"

namespace carillon::schema {
namespace {

using Kind = PayloadMember::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> PathsOf(const std::vector<PayloadMember>& members) {
  std::vector<std::string> paths;
  for (const PayloadMember& member : members) paths.push_back(absl::StrJoin(member.names, "."));
  return paths;
}

PayloadMember Named(const std::vector<PayloadMember>& members, const std::string& path) {
  for (const PayloadMember& member : members) {
    if (absl::StrJoin(member.names, ".") == path) return member;
  }
  ADD_FAILURE() << "no " << path;
  return {};
}

std::vector<PayloadMember> OfSchema(const std::string& text, const std::string& sample = "") {
  const auto schema = JsonSchema::Parse(text);
  EXPECT_TRUE(schema.ok()) << schema.status();
  EventType type;
  type.json = *schema;
  type.sample = sample;
  return FindMembers(type);
}

TEST(Members, OfASample) {
  const auto members = FindMembers(
      R"({"id":"a","n":1.5,"on":false,"none":null,"who":{"name":"b"},"list":[{"x":1}]})");
  EXPECT_THAT(PathsOf(members), ElementsAre("id", "n", "on", "none", "who", "who.name", "list"));
  EXPECT_EQ(Named(members, "id").kind, Kind::kText);
  EXPECT_EQ(Named(members, "id").sample, R"("a")");
  EXPECT_EQ(Named(members, "n").kind, Kind::kNumber);
  EXPECT_EQ(Named(members, "on").kind, Kind::kBoolean);
  EXPECT_EQ(Named(members, "none").kind, Kind::kAny);
  EXPECT_EQ(Named(members, "who").kind, Kind::kObject);
  EXPECT_EQ(Named(members, "list").kind, Kind::kList);
  EXPECT_EQ(Named(members, "list").sample, R"([{"x":1}])");
}

TEST(Members, WhatIsNoObjectHasNone) {
  for (const char* sample : {"", "1", "[{\"a\":1}]", "null", "{\"a\":"}) {
    EXPECT_THAT(FindMembers(sample), IsEmpty()) << sample;
  }
}

TEST(Members, OfAMessage) {
  EventType type;
  type.message = TypeOf(R"(
      import "google/protobuf/timestamp.proto";
      import "google/protobuf/wrappers.proto";
      import "google/protobuf/struct.proto";
      enum State { NEW = 0; PAID = 1; }
      message Who { string full_name = 1; Who parent = 2; }
      message M {
        int64 total_cents = 1; bool on = 2; State state = 3; Who who = 4; repeated Who others = 5;
        map<string, string> labels = 6; google.protobuf.Timestamp at = 7;
        google.protobuf.Int64Value maybe = 8; google.protobuf.Struct rest = 9; bytes raw = 10;
      })");
  type.sample = R"({"totalCents":9007199254740993,"labels":{"a":"b"}})";
  const auto members = FindMembers(type);
  EXPECT_EQ(Named(members, "totalCents").kind, Kind::kNumber);
  EXPECT_EQ(Named(members, "totalCents").sample, "9007199254740993");
  EXPECT_EQ(Named(members, "on").kind, Kind::kBoolean);
  EXPECT_EQ(Named(members, "state").kind, Kind::kText);
  EXPECT_THAT(Named(members, "state").values, ElementsAre(R"("NEW")", R"("PAID")"));
  EXPECT_EQ(Named(members, "who").kind, Kind::kObject);
  EXPECT_EQ(Named(members, "who.fullName").kind, Kind::kText);
  EXPECT_EQ(Named(members, "who.parent.parent.fullName").kind, Kind::kText);
  EXPECT_EQ(Named(members, "others").kind, Kind::kList);
  EXPECT_EQ(Named(members, "labels").kind, Kind::kObject);
  EXPECT_EQ(Named(members, "labels.a").sample, R"("b")");
  EXPECT_EQ(Named(members, "at").kind, Kind::kText);
  EXPECT_EQ(Named(members, "maybe").kind, Kind::kNumber);
  EXPECT_EQ(Named(members, "rest").kind, Kind::kObject);
  EXPECT_EQ(Named(members, "raw").kind, Kind::kText);
  for (const PayloadMember& member : members) {
    EXPECT_LE(member.names.size(), kMaxMemberDepth);
    EXPECT_NE(member.names.front() + "." + member.names.back(), "others.fullName");
  }
}

TEST(Members, OfAJsonSchema) {
  const auto members = OfSchema(R"({
      "type": "object",
      "properties": {
        "state": {"enum": ["new", "paid", 3], "description": "How it stands."},
        "total": {"type": ["integer", "null"], "title": "Cents"},
        "who": {"$ref": "#/$defs/who"},
        "list": {"type": "array", "items": {"type": "object", "properties": {"x": {}}}},
        "mixed": {"type": ["string", "number"]},
        "gone": false
      },
      "anyOf": [{"properties": {"card": {"type": "string"}}}, {"properties": {"iban": {"const": "x"}}}],
      "$defs": {"who": {"properties": {"name": {"type": "string"}, "boss": {"$ref": "#/$defs/who"}}}}
    })",
                                R"({"state":"paid","extra":{"y":1}})");
  EXPECT_EQ(Named(members, "state").kind, Kind::kText);
  EXPECT_THAT(Named(members, "state").values, ElementsAre(R"("new")", R"("paid")", "3"));
  EXPECT_EQ(Named(members, "state").description, "How it stands.");
  EXPECT_EQ(Named(members, "state").sample, R"("paid")");
  EXPECT_EQ(Named(members, "total").kind, Kind::kNumber);
  EXPECT_EQ(Named(members, "total").description, "Cents");
  EXPECT_EQ(Named(members, "who").kind, Kind::kObject);
  EXPECT_EQ(Named(members, "who.boss.boss.name").kind, Kind::kText);
  EXPECT_EQ(Named(members, "list").kind, Kind::kList);
  EXPECT_EQ(Named(members, "mixed").kind, Kind::kAny);
  EXPECT_EQ(Named(members, "card").kind, Kind::kText);
  EXPECT_THAT(Named(members, "iban").values, ElementsAre(R"("x")"));
  EXPECT_EQ(Named(members, "extra.y").kind, Kind::kNumber);
  for (const std::string& path : PathsOf(members)) {
    EXPECT_NE(path, "gone");
    EXPECT_NE(path, "list.x");
  }
}

TEST(Members, AreBounded) {
  std::string wide = "{";
  for (int i = 0; i < 3000; ++i) wide += "\"m" + std::to_string(i) + "\":1,";
  wide.back() = '}';
  EXPECT_EQ(FindMembers(wide).size(), kMaxMembers);

  std::string deep;
  for (int i = 0; i < 30; ++i) deep += "{\"a\":";
  EXPECT_EQ(FindMembers(deep + "1" + std::string(30, '}')).size(), kMaxMemberDepth);

  EXPECT_THAT(FindMembers("{\"" + std::string(300, 'a') + "\":1}"), IsEmpty());
  EXPECT_EQ(FindMembers("{\"a\":\"" + std::string(300, 'b') + "\"}")[0].sample, "");
}

// Thirty of itself in each: what is in it is more than anybody counts.
TEST(Members, ASchemaWithinItselfEnds) {
  std::string properties;
  for (int i = 0; i < 30; ++i) {
    properties += (i > 0 ? ",\"p" : "\"p") + std::to_string(i) + "\":{\"$ref\":\"#\"}";
  }
  EXPECT_EQ(OfSchema("{\"properties\":{" + properties + "}}").size(), kMaxMembers);
}

TEST(Members, ValuesAreBounded) {
  std::string values;
  for (int i = 0; i < 300; ++i) values += (i > 0 ? "," : "") + std::to_string(i);
  const auto members = OfSchema("{\"properties\":{\"a\":{\"enum\":[" + values + "]}}}");
  EXPECT_EQ(members[0].values.size(), kMaxMemberValues);
  EXPECT_EQ(members[0].kind, Kind::kNumber);
}

}  // namespace
}  // namespace carillon::schema

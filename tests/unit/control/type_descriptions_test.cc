#include "carillon/control/type_descriptions.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "carillon/aip/error.h"
#include "carillon/aip/field_mask.h"
#include "carillon/v1/config.pb.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TypeDescriptions& Descriptions() {
  static const TypeDescriptions descriptions;
  return descriptions;
}

v1::DescribeTypeResponse Of(const std::string& type) {
  auto response = Descriptions().Describe(type);
  EXPECT_TRUE(response.ok()) << response.status();
  return *std::move(response);
}

v1::DescribeTypeResponse::Field FieldOf(const std::string& type, const std::string& path) {
  const v1::DescribeTypeResponse response = Of(type);
  for (const auto& field : response.fields()) {
    if (field.path() == path) return field;
  }
  ADD_FAILURE() << type << " has no " << path;
  return {};
}

/// Whoever writes a member into the contract says what it is for.
TEST(TypeDescriptions, EveryMemberOfEveryResourceHasATypeAndAComment) {
  for (const char* const type :
       {"carillon.v1.Destination", "carillon.v1.Subscription", "carillon.v1.Key",
        "carillon.v1.ServerSettings", "carillon.v1.JournalSettings"}) {
    std::set<std::string> paths;
    const v1::DescribeTypeResponse response = Of(type);
    EXPECT_GT(response.fields_size(), 3) << type;
    for (const auto& field : response.fields()) {
      EXPECT_TRUE(paths.insert(field.path()).second) << field.path();
      EXPECT_NE(field.type(), "") << field.path();
      if (!field.output_only()) EXPECT_NE(field.comment(), "") << type << " " << field.path();
    }
  }
}

TEST(TypeDescriptions, SaysWhatTheOptionsSay) {
  const auto url = FieldOf("carillon.v1.Destination", "url");
  EXPECT_EQ(url.type(), "string");
  EXPECT_TRUE(url.required());
  const auto uid = FieldOf("carillon.v1.Destination", "uid");
  EXPECT_TRUE(uid.output_only());
  EXPECT_TRUE(FieldOf("carillon.v1.Destination", "name").immutable());
  const auto format = FieldOf("carillon.v1.Destination", "format");
  EXPECT_EQ(format.type(), "carillon.v1.Format");
  EXPECT_THAT(format.enum_values(), testing::Contains("FORMAT_ARRAY"));
  EXPECT_THAT(format.enum_values(), testing::Not(testing::Contains("FORMAT_UNSPECIFIED")));
  const auto labels = FieldOf("carillon.v1.Destination", "labels");
  EXPECT_EQ(labels.type(), "map<string, string>");
  EXPECT_FALSE(labels.repeated());
  EXPECT_TRUE(FieldOf("carillon.v1.Subscription", "types").repeated());
  const auto payload = FieldOf("carillon.v1.ServerSettings", "max_payload_bytes");
  EXPECT_EQ(payload.rule().default_(), "256KiB");
  EXPECT_EQ(payload.rule().min(), "1KiB");
  EXPECT_THAT(payload.comment(), HasSubstr("Largest payload as JSON, in bytes"));
}

TEST(TypeDescriptions, OneofsAreNamed) {
  std::set<std::string> oneofs;
  const v1::DescribeTypeResponse response = Of("carillon.v1.Destination");
  for (const auto& field : response.fields()) {
    if (!field.oneof().empty()) oneofs.insert(field.oneof());
    EXPECT_FALSE(field.oneof().starts_with("_")) << "that of an optional member: " << field.path();
  }
  EXPECT_FALSE(oneofs.empty());
}

/// Each path that can be written is one that an update mask may name.
TEST(TypeDescriptions, PathsAreThoseOfUpdateMasks) {
  const v1::DescribeTypeResponse response = Of("carillon.v1.Destination");
  bool inner = false;
  for (const auto& field : response.fields()) {
    v1::Destination resource;
    const v1::Destination given;
    google::protobuf::FieldMask mask;
    mask.add_paths(field.path());
    const absl::Status status =
        aip::Merge({.field = "destination", .given = given, .mask = &mask}, resource);
    EXPECT_TRUE(status.ok()) << status;
    inner = inner || field.path().find('.') != std::string::npos;
  }
  EXPECT_TRUE(inner) << "members of members are there";
}

TEST(TypeDescriptions, WhatContainsItselfEnds) {
  const v1::DescribeTypeResponse response = Of("carillon.v1.Filter");
  EXPECT_GT(response.fields_size(), 2);
  EXPECT_LT(response.fields_size(), 100);
}

TEST(TypeDescriptions, OnlyMessagesOfTheContract) {
  for (const char* const type : {"", "Destination", "carillon.v1.Nothing",
                                 "google.protobuf.Timestamp", "carillon.v1.DestinationService"}) {
    const auto response = Descriptions().Describe(type);
    EXPECT_EQ(aip::ReasonOf(response.status()), v1::FIELD_INVALID) << type;
  }
}

}  // namespace
}  // namespace carillon::control

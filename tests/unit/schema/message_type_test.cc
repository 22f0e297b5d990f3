#include "carillon/schema/message_type.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "schema_fixtures.h"

namespace carillon::schema {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using testing::HasSubstr;

std::string ErrorOf(const std::string& set, const std::string& message = "acme.M") {
  MessageTypes types;
  const auto read = types.Read(set, message);
  if (read.ok()) return "";
  EXPECT_TRUE(absl::IsInvalidArgument(read.status()) || absl::IsNotFound(read.status()));
  return std::string(read.status().message());
}

std::string ErrorOf(const FileDescriptorSet& set, const std::string& message = "acme.M") {
  return ErrorOf(set.SerializeAsString(), message);
}

TEST(MessageTypes, KeepsWhatTheMessageNeeds) {
  FileDescriptorSet set =
      Compile({{"other.proto", "syntax = \"proto3\"; package other; message O {}"},
               {"base.proto", "syntax = \"proto3\"; package base; message B { string s = 1; }"},
               {"acme.proto",
                "syntax = \"proto3\"; package acme; import \"base.proto\"; "
                "import \"google/protobuf/timestamp.proto\"; option java_package = \"x\"; "
                "message M { base.B b = 1 [deprecated = true]; google.protobuf.Timestamp t = 2; "
                "message N {} } service S { rpc Call(M) returns (M); }"}});
  auto& file = *std::ranges::find(*set.mutable_file(), "acme.proto", &FileDescriptorProto::name);
  file.mutable_source_code_info()->add_location()->set_leading_comments("said");
  const auto type = ReadType(set.SerializeAsString(), "acme.M");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->descriptor().full_name(), "acme.M");
  FileDescriptorSet kept;
  ASSERT_TRUE(kept.ParseFromString(type->set_bytes()));
  ASSERT_EQ(kept.file_size(), 3);
  EXPECT_EQ(kept.file(0).name(), "base.proto");
  EXPECT_EQ(kept.file(1).name(), "google/protobuf/timestamp.proto");
  EXPECT_EQ(kept.file(2).name(), "acme.proto");
  EXPECT_EQ(kept.file(2).service_size(), 0);
  EXPECT_FALSE(kept.file(2).has_options());
  EXPECT_FALSE(kept.file(2).has_source_code_info());
  EXPECT_EQ(type->digest().size(), 64U);

  // What is kept is read again as the same; comments and services make no difference.
  const auto again = ReadType(type->set_bytes(), "acme.M");
  EXPECT_EQ(again->digest(), type->digest());
  EXPECT_EQ(again->set_bytes(), type->set_bytes());
  file.clear_source_code_info();
  file.clear_service();
  EXPECT_EQ(ReadType(set.SerializeAsString(), "acme.M")->digest(), type->digest());
  EXPECT_NE(ReadType(set.SerializeAsString(), "acme.M.N"), nullptr);
}

TEST(MessageTypes, EqualSetsShareTheirPool) {
  MessageTypes types;
  const std::string set = CompileOne("message M {} message N {}");
  const auto m = *types.Read(set, "acme.M");
  const auto n = *types.Read(set, "acme.N");
  EXPECT_EQ(m->descriptor().file(), n->descriptor().file());
}

TEST(MessageTypes, OutlivesItsReader) {
  MessageTypePtr type;
  {
    MessageTypes types;
    type = *types.Read(CompileOne("message M { int32 a = 1; }"), "acme.M");
  }
  google::protobuf::Arena arena;
  EXPECT_EQ(type->New(arena)->GetDescriptor()->full_name(), "acme.M");
}

TEST(MessageTypes, SaysWhatIsWrong) {
  const std::string good = CompileOne("message M { map<string, int32> m = 1; }");
  EXPECT_THAT(ErrorOf(good, "acme.X"), HasSubstr("is the full name of no message"));
  EXPECT_THAT(ErrorOf(good, ""), HasSubstr("is the full name of no message"));
  EXPECT_THAT(ErrorOf(good, "acme.M.MEntry"), HasSubstr("is the full name of no message"));
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("is not a google.protobuf.FileDescriptorSet"));
  EXPECT_THAT(ErrorOf(good.substr(0, good.size() - 1)),
              HasSubstr("is not a google.protobuf.FileDescriptorSet"));
  EXPECT_THAT(ErrorOf(good, "carillon.v1.SessionEvent"), HasSubstr("it is the server's"));
  EXPECT_THAT(ErrorOf(good, "google.protobuf.Struct"), HasSubstr("it is the server's"));

  FileDescriptorSet set;
  set.ParseFromString(good);
  set.mutable_file(0)->add_dependency("gone.proto");
  EXPECT_THAT(ErrorOf(set), HasSubstr("lacks gone.proto, which a.proto imports"));
  set.mutable_file(0)->set_dependency(0, "a.proto");
  EXPECT_THAT(ErrorOf(set), HasSubstr("a file that imports itself: a.proto"));
  set.ParseFromString(good);
  *set.add_file() = set.file(0);
  EXPECT_THAT(ErrorOf(set), HasSubstr("has the file a.proto twice"));
  set.ParseFromString(good);
  set.mutable_file(0)->mutable_message_type(0)->mutable_field(0)->set_type_name(".acme.Gone");
  EXPECT_THAT(ErrorOf(set), HasSubstr("\".acme.Gone\" is not defined"));
  set.ParseFromString(good);
  set.mutable_file(0)->mutable_message_type(0)->mutable_field(0)->set_number(0);
  EXPECT_THAT(ErrorOf(set), HasSubstr("is wrong: a.proto: acme.M.m:"));
}

TEST(MessageTypes, OnlyTakesMessagesThatBecomeJson) {
  FileDescriptorSet set =
      Compile({{"a.proto",
                "syntax = \"proto2\"; package acme; message N { extensions 10 to 20; } "
                "message M { optional N n = 1; }"}});
  EXPECT_THAT(ErrorOf(set), HasSubstr("acme.N has extensions"));
  set = Compile({{"a.proto",
                  "syntax = \"proto3\"; package acme; import \"google/protobuf/any.proto\"; "
                  "message M { repeated google.protobuf.Any any = 1; }"}});
  EXPECT_THAT(ErrorOf(set), HasSubstr("google.protobuf.Any may hold what"));
}

TEST(MessageTypes, TheServersOwnFilesCannotBeReplaced) {
  FileDescriptorSet set = Compile({{"a.proto",
                                    "syntax = \"proto3\"; package acme; import "
                                    "\"google/protobuf/timestamp.proto\"; "
                                    "message M { google.protobuf.Timestamp t = 1; }"}});
  ASSERT_EQ(set.file(0).name(), "google/protobuf/timestamp.proto");
  FileDescriptorProto& fake = *set.mutable_file(0);
  fake.mutable_message_type(0)->clear_field();
  const auto type = ReadType(set.SerializeAsString(), "acme.M");
  EXPECT_EQ(type->descriptor().field(0)->message_type()->field_count(), 2);
  fake.set_name("mine.proto");
  set.mutable_file(1)->set_dependency(0, "mine.proto");
  EXPECT_THAT(ErrorOf(set), HasSubstr("has a file of the package google.protobuf: mine.proto"));
}

FileDescriptorSet OneFile() {
  FileDescriptorSet set;
  FileDescriptorProto& file = *set.add_file();
  file.set_name("a.proto");
  file.set_package("acme");
  file.set_syntax("proto3");
  file.add_message_type()->set_name("M");
  return set;
}

TEST(MessageTypes, Bounds) {
  FileDescriptorSet set = OneFile();
  for (size_t i = 0; i < kMaxFiles; ++i) set.add_file()->set_name(absl::StrCat("f", i));
  EXPECT_THAT(ErrorOf(set), HasSubstr("has more than 500 files"));
  set.mutable_file()->RemoveLast();
  EXPECT_EQ(ErrorOf(set), "");

  set = OneFile();
  for (size_t i = 1; i < kMaxMessages; ++i) {
    set.mutable_file(0)->add_message_type()->set_name(absl::StrCat("M", i));
  }
  EXPECT_EQ(ErrorOf(set), "");
  set.mutable_file(0)->add_enum_type()->set_name("E");
  EXPECT_THAT(ErrorOf(set), HasSubstr("has more than 5000 messages and enumerations"));

  set = OneFile();
  for (size_t i = 1; i <= kMaxFieldsOfMessage; ++i) {
    auto& field = *set.mutable_file(0)->mutable_message_type(0)->add_field();
    field.set_name(absl::StrCat("f", i));
    field.set_number(static_cast<int>(i));
    field.set_label(field.LABEL_OPTIONAL);
    field.set_type(field.TYPE_INT32);
  }
  EXPECT_EQ(ErrorOf(set), "");
  *set.mutable_file(0)->mutable_message_type(0)->add_field() = set.file(0).message_type(0).field(0);
  EXPECT_THAT(ErrorOf(set), HasSubstr("M has more than 1000 fields or values"));

  set = OneFile();
  auto* nested = set.mutable_file(0)->mutable_message_type(0);
  for (size_t i = 1; i < kMaxNesting; ++i) {
    nested = nested->add_nested_type();
    nested->set_name("M");
  }
  EXPECT_EQ(ErrorOf(set), "");
  nested->add_nested_type()->set_name("M");
  EXPECT_THAT(ErrorOf(set), HasSubstr("nested more than 31 deep"));

  set = OneFile();
  set.mutable_file(0)->add_message_type()->set_name(std::string(kMaxFullNameBytes, 'n'));
  EXPECT_THAT(ErrorOf(set), HasSubstr("has a name of more than 512 bytes"));

  set = OneFile();
  for (size_t i = 0; i <= kMaxElements; ++i) {
    set.mutable_file(0)->mutable_message_type(0)->add_extension_range();
  }
  EXPECT_THAT(ErrorOf(set), HasSubstr("has more than 60000 elements in all"));

  set = OneFile();
  for (int i = 0; i < 20; ++i) {
    set.mutable_file(0)->mutable_source_code_info()->add_location()->set_leading_comments(
        std::string(kMaxSetBytes / 10, 'c'));
  }
  EXPECT_EQ(ErrorOf(set), "");
  set.mutable_file(0)->add_dependency(std::string(kMaxSetBytes, 'd'));
  EXPECT_THAT(ErrorOf(set), HasSubstr("has more than 1048576 bytes, comments not counted"));
}

}  // namespace
}  // namespace carillon::schema

#include "carillon/control/event_type_import.h"

#include <google/protobuf/descriptor.pb.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/v1/options.pb.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

FileDescriptorProto& AddFile(FileDescriptorSet& set, const std::string& name) {
  FileDescriptorProto& file = *set.add_file();
  file.set_name(name);
  file.set_package("acme");
  file.set_syntax("proto3");
  return file;
}

/// A message whose only field is of that name.
DescriptorProto& AddWith(FileDescriptorProto& file, const std::string& name,
                         const std::string& field, const std::string& event_type = "") {
  DescriptorProto& message = *file.add_message_type();
  message.set_name(name);
  FieldDescriptorProto& added = *message.add_field();
  added.set_name(field);
  added.set_number(1);
  added.set_label(FieldDescriptorProto::LABEL_OPTIONAL);
  added.set_type(FieldDescriptorProto::TYPE_INT64);
  if (!event_type.empty()) message.mutable_options()->SetExtension(v1::event_type, event_type);
  return message;
}

class EventTypeImportTest : public ControlTest {
 protected:
  EventTypeImportTest() {
    FileDescriptorProto& file = AddFile(set_, "a.proto");
    AddWith(file, "Paid", "total", "order.paid");
    AddWith(file, "Shipped", "parcel", "order.shipped");
    AddWith(AddFile(set_, "other.proto"), "Other", "x");
  }

  v1::ImportEventTypesRequest Request() const {
    v1::ImportEventTypesRequest request;
    request.set_descriptor_set(set_.SerializeAsString());
    return request;
  }
  static v1::ImportEventTypesRequest Mapped(v1::ImportEventTypesRequest request,
                                            const std::string& message, const std::string& type) {
    auto& mapping = *request.add_mappings();
    mapping.set_message(message);
    mapping.set_event_type(type);
    return request;
  }
  absl::StatusOr<v1::ImportEventTypesResponse> Import(const v1::ImportEventTypesRequest& request) {
    return Await<v1::ImportEventTypesResponse>([&](Methods::Done done) {
      import_.Import(request, {.principal = "tokens/ops"}, std::move(done));
    });
  }
  v1::EventType Stored(const std::string& id) {
    const Entry entry = repository_->Find("eventTypes/" + id);
    return entry.message == nullptr ? v1::EventType()
                                    : static_cast<const v1::EventType&>(*entry.message);
  }
  static std::string FieldOf(const absl::Status& status) {
    google::rpc::BadRequest bad;
    if (!aip::GetDetail(status, bad) || bad.field_violations().empty()) return "";
    return bad.field_violations(0).field();
  }

  FileDescriptorSet set_;
  EventTypeImport import_{*repository_, *types_[5], clock_};
};

TEST_F(EventTypeImportTest, WhatHasTheOptionAndWhatIsMappedInOneChange) {
  const int writes = store_->writes;
  const auto done = Import(Mapped(Request(), "acme.Other", "eventTypes/order.other"));
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(done->created(), ElementsAre("eventTypes/order.other", "eventTypes/order.paid",
                                           "eventTypes/order.shipped"));
  EXPECT_EQ(store_->writes, writes + 1);
  EXPECT_EQ(Stored("order.paid").protobuf().message(), "acme.Paid");
  EXPECT_EQ(Stored("order.paid").schema_version(), 1);
  EXPECT_THAT(Stored("order.paid").sample(), HasSubstr("total"));
  FileDescriptorSet needed;
  ASSERT_TRUE(needed.ParseFromString(Stored("order.other").protobuf().descriptor_set()));
  ASSERT_EQ(needed.file_size(), 1) << "what the message does not need is left out";
  EXPECT_EQ(needed.file(0).name(), "other.proto");

  const auto again = Import(Request());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(again->created(), IsEmpty());
  EXPECT_EQ(again->unchanged_count(), 2);
  EXPECT_EQ(store_->writes, writes + 1);
}

TEST_F(EventTypeImportTest, OnlyTheSchemaOfAnEventTypeChanges) {
  Methods methods(*repository_, *types_[5], clock_);
  v1::EventType given;
  given.set_description("Paid");
  ASSERT_TRUE(Await<v1::EventType>([&](Methods::Done done) {
                methods.Create({"CreateEventType", given}, {.principal = "tokens/ops"}, "",
                               "order.paid", given, std::move(done));
              }).ok());
  auto done = Import(Request());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(done->updated(), ElementsAre("eventTypes/order.paid"));
  EXPECT_EQ(Stored("order.paid").description(), "Paid");

  // A new field, and a sample that has it.
  FieldDescriptorProto& more = *set_.mutable_file(0)->mutable_message_type(0)->add_field();
  more.CopyFrom(set_.file(0).message_type(0).field(0));
  more.set_name("more");
  more.set_number(2);
  done = Import(Request());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(done->updated(), ElementsAre("eventTypes/order.paid", "eventTypes/order.shipped"))
      << "they are in one file, which both have";
  EXPECT_THAT(Stored("order.paid").sample(), HasSubstr("more"));
  EXPECT_TRUE(Stored("order.paid").sample_generated());
  EXPECT_EQ(Stored("order.paid").schema_version(), 2);
}

TEST_F(EventTypeImportTest, OneThatBreaksImportsNoneUnlessForced) {
  ASSERT_TRUE(Import(Request()).ok());
  set_.mutable_file(0)->mutable_message_type(0)->mutable_field(0)->set_name("renamed");
  AddWith(*set_.mutable_file(0), "New", "x", "order.new");
  const auto refused = Import(Request());
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::INCOMPATIBLE_SCHEMA) << refused.status();
  EXPECT_EQ(Stored("order.new").name(), "");
  v1::ImportEventTypesRequest forced = Request();
  forced.set_force(true);
  const auto done = Import(forced);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(done->created(), ElementsAre("eventTypes/order.new"));
}

TEST_F(EventTypeImportTest, WhatIsWrongIsNamed) {
  const auto field = [this](const v1::ImportEventTypesRequest& request) {
    const auto refused = Import(request);
    EXPECT_EQ(aip::ReasonOf(refused.status()), v1::FIELD_INVALID) << refused.status();
    return FieldOf(refused.status());
  };
  v1::ImportEventTypesRequest request;
  request.set_descriptor_set("no set");
  EXPECT_EQ(field(request), "descriptor_set");
  EXPECT_EQ(field(v1::ImportEventTypesRequest()), "descriptor_set") << "it has no message";
  EXPECT_EQ(field(Mapped(Request(), "acme.None", "a.b")), "mappings[0].message");
  EXPECT_EQ(field(Mapped(Request(), "acme.Other", "")), "mappings[0]");
  EXPECT_EQ(field(Mapped(Request(), "acme.Other", "order.paid")), "mappings[0]");
  EXPECT_EQ(field(Mapped(Request(), "acme.Other", "No Type")), "mappings[0]");
  request = Request();
  request.set_request_id("a b");
  EXPECT_EQ(field(request), "request_id");
  request = Request();
  request.set_descriptor_set(std::string(EventTypeImport::kMaxSetBytes + 1, 'x'));
  EXPECT_EQ(field(request), "descriptor_set");
  request = Request();
  for (size_t i = 0; i <= EventTypeImport::kMaxTypes; ++i) request.add_mappings();
  EXPECT_EQ(field(request), "mappings");
  set_.mutable_file(0)->add_dependency("missing.proto");
  EXPECT_EQ(field(Request()), "descriptor_set");
  EXPECT_THAT(repository_->List("eventTypes/"), IsEmpty());
}

TEST_F(EventTypeImportTest, WhatTheFileHasAndWhatIsBuiltInIsRefused) {
  EXPECT_EQ(aip::ReasonOf(Import(Mapped(Request(), "acme.Other", "of.file")).status()),
            v1::READ_ONLY_FILE);
  EXPECT_EQ(aip::ReasonOf(Import(Mapped(Request(), "acme.Other", "session.create")).status()),
            v1::READ_ONLY_BUILT_IN);
}

TEST_F(EventTypeImportTest, TriedNothingChangesAndRepeatedItIsDoneOnce) {
  v1::ImportEventTypesRequest request = Request();
  request.set_validate_only(true);
  const auto dry = Import(request);
  ASSERT_TRUE(dry.ok()) << dry.status();
  EXPECT_EQ(dry->created_size(), 2);
  EXPECT_THAT(repository_->List("eventTypes/"), IsEmpty());
  request.set_validate_only(false);
  request.set_request_id("r");
  ASSERT_TRUE(Import(request).ok());
  EXPECT_EQ(Import(request)->created_size(), 2) << "the first answer";
  request.set_force(true);
  EXPECT_EQ(aip::ReasonOf(Import(request).status()), v1::REQUEST_ID_REUSED);
}

}  // namespace
}  // namespace carillon::control

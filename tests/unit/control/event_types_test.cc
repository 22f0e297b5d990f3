#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>

#include <string>

#include "carillon/control/standard_methods.h"
#include "carillon/v1/event_type_service.pb.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorSet;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kPaid[] = "eventTypes/order.paid";

/// A set with the message `acme.Paid`, whose fields are of these names, the first number 1.
std::string SetWith(const std::vector<std::string>& fields) {
  FileDescriptorSet set;
  auto& file = *set.add_file();
  file.set_name("a.proto");
  file.set_package("acme");
  file.set_syntax("proto3");
  auto& message = *file.add_message_type();
  message.set_name("Paid");
  for (const std::string& name : fields) {
    FieldDescriptorProto& field = *message.add_field();
    field.set_name(name);
    field.set_number(message.field_size());
    field.set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    field.set_type(FieldDescriptorProto::TYPE_INT64);
  }
  return set.SerializeAsString();
}

class EventTypesTest : public ControlTest {
 protected:
  EventTypesTest() : event_types_(*repository_, *types_[5], clock_) {}

  static v1::EventType WithFields(const std::vector<std::string>& fields) {
    v1::EventType type;
    type.mutable_protobuf()->set_message("acme.Paid");
    type.mutable_protobuf()->set_descriptor_set(SetWith(fields));
    return type;
  }
  absl::StatusOr<v1::EventType> Register(const v1::EventType& given,
                                         const std::string& id = "order.paid",
                                         const Said& said = {}) {
    return Await<v1::EventType>([&](Methods::Done done) {
      event_types_.Create({"CreateEventType", given, said.request_id, said.validate_only},
                          {.principal = said.principal}, "", id, given, std::move(done));
    });
  }
  absl::StatusOr<v1::EventType> Change(v1::EventType given, bool force = false,
                                       const std::vector<std::string>& paths = {}) {
    if (given.name().empty()) given.set_name(kPaid);
    google::protobuf::FieldMask mask;
    for (const std::string& path : paths) mask.add_paths(path);
    return Await<v1::EventType>([&](Methods::Done done) {
      ChangeRequest request{"UpdateEventType", given};
      request.force = force;
      event_types_.Update(request, {.principal = "tokens/ops"}, given, mask, false,
                          std::move(done));
    });
  }
  absl::StatusOr<v1::EventType> SetState(v1::EventType::State state, const std::string& etag = "",
                                         const std::string& name = kPaid) {
    const v1::ArchiveEventTypeRequest request;
    return Await<v1::EventType>([&](Methods::Done done) {
      event_types_.Modify(
          {"ArchiveEventType", request}, {.principal = "tokens/ops"}, name, etag,
          [state](Message& type) {
            static_cast<v1::EventType&>(type).set_state(state);
            return absl::OkStatus();
          },
          std::move(done));
    });
  }
  absl::Status Remove(const std::string& name = kPaid) {
    const v1::DeleteEventTypeRequest request;
    return Await<v1::EventType>([&](Methods::Done done) {
             event_types_.Delete(
                 {"DeleteEventType", request}, {.principal = "tokens/ops"}, {.name = name},
                 [](const auto&) { return std::make_unique<v1::EventType>(); }, std::move(done));
           })
        .status();
  }
  v1::EventType Shown(const std::string& name = kPaid) {
    absl::StatusOr<Answer> answer = event_types_.Get(name);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? static_cast<const v1::EventType&>(**answer) : v1::EventType();
  }
  /// The registered type in force; null: there is none.
  schema::EventTypePtr TypeInForce(const std::string& id = "order.paid") {
    const base::MutexLock lock(mutex_);
    return schema::FindEventType(*in_force_->event_types, id);
  }
  std::vector<std::string> NamesInForce() {
    const base::MutexLock lock(mutex_);
    return *in_force_->types;
  }

  Methods event_types_;
};

TEST_F(EventTypesTest, WhatIsRegisteredIsInForceAndStaysSo) {
  const auto made = Register(WithFields({"order_id"}));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), kPaid);
  EXPECT_EQ(made->state(), v1::EventType::ACTIVE);
  EXPECT_EQ(made->schema_version(), 1);
  EXPECT_EQ(made->origin().kind(), v1::Origin::API);
  EXPECT_FALSE(made->etag().empty());
  EXPECT_EQ(made->protobuf().digest().size(), 64U);
  EXPECT_TRUE(made->protobuf().descriptor_set().empty()) << "answers of changes are short";
  EXPECT_THAT(NamesInForce(), ElementsAre("order.paid"));
  ASSERT_NE(TypeInForce(), nullptr);
  EXPECT_EQ(TypeInForce()->validation, schema::Validation::kRefuse);
  EXPECT_EQ(TypeInForce()->sample, R"({"orderId":9007199254740993})");

  const v1::EventType shown = Shown();
  EXPECT_EQ(shown.sample(), R"({"orderId":9007199254740993})");
  EXPECT_TRUE(shown.sample_generated());
  EXPECT_FALSE(shown.protobuf().descriptor_set().empty());
  Restart();
  EXPECT_EQ(schema::FindEventType(*repository_->current()->event_types, "order.paid")->sample,
            shown.sample());
}

TEST_F(EventTypesTest, AreCheckedAsAWhole) {
  const auto reason = [&](const std::string& text, const std::string& id = "order.paid") {
    const auto made = Register(Made<v1::EventType>(text), id);
    return made.ok() ? std::string() : std::string(made.status().message());
  };
  EXPECT_THAT(reason("", "Order"), HasSubstr("must be 1-128 characters of [a-z0-9_.-]"));
  EXPECT_THAT(reason("tags: \"a b\""), HasSubstr("event_type.tags[0]: "));
  EXPECT_THAT(reason("validation: WARN"), HasSubstr("event_type.validation: needs a schema"));
  EXPECT_THAT(reason("validation: 9"), HasSubstr("event_type.validation: "));
  EXPECT_THAT(reason("sample: \"{\""), HasSubstr("event_type.sample: is no JSON at byte 1"));
  EXPECT_THAT(reason("documentation_url: \"ftp://x\""), HasSubstr("event_type.documentation_url"));
  EXPECT_THAT(reason("protobuf { message: \"acme.Paid\" }"), HasSubstr("needs exactly one of"));
  EXPECT_THAT(reason("protobuf { descriptor_set: \"x\" }"), HasSubstr("protobuf.message: must be"));
  EXPECT_THAT(reason("display_name: \"" + std::string(129, 'x') + "\""),
              HasSubstr("event_type.display_name: must be at most 128 bytes"));
  v1::EventType type = WithFields({"a"});
  type.mutable_protobuf()->set_message("acme.Gone");
  EXPECT_THAT(Register(type).status().message(), HasSubstr("event_type.protobuf.message: is the"));
  type = WithFields({"a"});
  type.set_sample("{\"b\":1}");
  EXPECT_THAT(Register(type).status().message(),
              HasSubstr("event_type.sample: does not fit the schema: is no acme.Paid"));
  type = WithFields({"a"});
  type.mutable_protobuf()->clear_descriptor_set();
  type.mutable_protobuf()->set_descriptor_set_file("/etc/passwd");
  EXPECT_EQ(aip::ReasonOf(Register(type).status()), v1::FILE_ONLY);
  EXPECT_EQ(TypeInForce(), nullptr);
}

TEST_F(EventTypesTest, NamesBelongToOneOrigin) {
  EXPECT_EQ(aip::ReasonOf(Register({}, "session.create").status()), v1::RESOURCE_EXISTS);
  EXPECT_EQ(aip::ReasonOf(Register({}, "of.file").status()), v1::NAME_IN_FILE);
  v1::EventType changed;
  changed.set_name("eventTypes/of.file");
  changed.set_description("x");
  EXPECT_EQ(aip::ReasonOf(Change(changed).status()), v1::READ_ONLY_FILE);
  EXPECT_EQ(aip::ReasonOf(Remove("eventTypes/of.file")), v1::READ_ONLY_FILE);
  EXPECT_EQ(aip::ReasonOf(Remove("eventTypes/session.create")), v1::READ_ONLY_BUILT_IN);
  EXPECT_EQ(
      aip::ReasonOf(SetState(v1::EventType::ARCHIVED, "", "eventTypes/list.created").status()),
      v1::READ_ONLY_BUILT_IN);
  EXPECT_EQ(aip::ReasonOf(Remove("eventTypes/no.such")), v1::RESOURCE_NOT_FOUND);
  ASSERT_TRUE(Register({}).ok());
  EXPECT_EQ(aip::ReasonOf(Register({}).status()), v1::RESOURCE_EXISTS);
}

TEST_F(EventTypesTest, BuiltInOnesHaveFullSamples) {
  const v1::EventType shown = Shown("eventTypes/session.create");
  EXPECT_EQ(shown.origin().kind(), v1::Origin::BUILT_IN);
  EXPECT_EQ(shown.protobuf().message(), "carillon.v1.SessionEvent");
  EXPECT_THAT(shown.sample(), HasSubstr("\"location\":"));
  EXPECT_EQ(Shown("eventTypes/of.file").origin().kind(), v1::Origin::FILE);
}

TEST_F(EventTypesTest, AreListedInPages) {
  for (const char* const id : {"b.b", "a.a", "z.z"})
    ASSERT_TRUE(Register(WithFields({"x"}), id).ok());
  std::vector<std::string> names;
  ListRequest request{.method = "ListEventTypes"};
  request.page_size = 7;
  do {
    const auto page = event_types_.List(request, {});
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->total_size, static_cast<int>(model::BuiltInTypes().size()) + 4);
    for (const Answer& each : page->resources) {
      const auto& type = static_cast<const v1::EventType&>(*each);
      names.push_back(type.name());
      EXPECT_TRUE(type.sample().empty() && type.protobuf().descriptor_set().empty());
    }
    request.page_token = page->next_page_token;
  } while (!request.page_token.empty());
  EXPECT_EQ(names.size(), model::BuiltInTypes().size() + 4);
  EXPECT_TRUE(std::ranges::is_sorted(names));
  request.filter = "origin.kind = API AND name != \"eventTypes/z.z\"";
  request.order_by = "name desc";
  const auto some = event_types_.List(request, {});
  ASSERT_TRUE(some.ok()) << some.status();
  ASSERT_EQ(some->resources.size(), 2U);
  EXPECT_EQ(static_cast<const v1::EventType&>(*some->resources[0]).name(), "eventTypes/b.b");
  request.filter = "sample = \"x\"";
  EXPECT_EQ(aip::ReasonOf(event_types_.List(request, {}).status()), v1::FILTER_INVALID);
}

TEST_F(EventTypesTest, ABreakingChangeNeedsForce) {
  ASSERT_TRUE(Register(WithFields({"a", "b"})).ok());
  const auto refused = Change(WithFields({"a", "c"}));
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::INCOMPATIBLE_SCHEMA);
  EXPECT_THAT(refused.status().message(), HasSubstr("acme.Paid.b is c in JSON and was b"));
  EXPECT_EQ(Shown().schema_version(), 1);
  const auto more = Change(WithFields({"a", "b", "c"}));
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_EQ(more->schema_version(), 2);
  EXPECT_EQ(TypeInForce()->sample,
            R"({"a":9007199254740993,"b":9007199254740993,"c":9007199254740993})");
  const auto forced = Change(WithFields({"x"}), true);
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_EQ(forced->schema_version(), 3);
  v1::EventType without;
  EXPECT_EQ(aip::ReasonOf(Change(without, false, {"protobuf"}).status()), v1::INCOMPATIBLE_SCHEMA);
  const auto cleared = Change(without, true, {"protobuf"});
  ASSERT_TRUE(cleared.ok()) << cleared.status();
  EXPECT_EQ(cleared->schema_version(), 0);
  EXPECT_EQ(TypeInForce()->message, nullptr);
}

TEST_F(EventTypesTest, JsonSchemasAreSchemasToo) {
  v1::EventType type;
  type.mutable_json_schema()->set_schema("{ \"type\": \"integer\", \"minimum\": 1 }");
  const auto made = Register(type);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->schema_version(), 1);
  EXPECT_TRUE(made->json_schema().schema().empty()) << "answers of changes are short";
  EXPECT_EQ(made->json_schema().digest().size(), 64U);
  EXPECT_EQ(Shown().json_schema().schema(), "{\"type\":\"integer\",\"minimum\":1}");
  EXPECT_EQ(Shown().sample(), "9007199254740993");
  EXPECT_EQ(TypeInForce()->validation, schema::Validation::kRefuse);
  type.mutable_json_schema()->set_schema("{\"type\":\"number\"}");
  const auto wider = Change(type);
  EXPECT_EQ(aip::ReasonOf(wider.status()), v1::INCOMPATIBLE_SCHEMA);
  type.mutable_json_schema()->set_schema("{\"type\":\"integer\",\"minimum\":2}");
  EXPECT_EQ(Change(type)->schema_version(), 2);
  EXPECT_EQ(aip::ReasonOf(Change(WithFields({"a"})).status()), v1::INCOMPATIBLE_SCHEMA)
      << "another kind of schema";
  type.mutable_json_schema()->set_schema("{\"typo\":1}");
  EXPECT_THAT(Change(type).status().message(),
              HasSubstr("event_type.json_schema.schema: at /typo: is no keyword"));
  type.set_sample("0");
  type.mutable_json_schema()->set_schema("{\"minimum\":3}");
  EXPECT_THAT(Register(type, "order.sent").status().message(),
              HasSubstr("event_type.sample: does not fit the schema: is below `minimum`"));
}

TEST_F(EventTypesTest, ASampleThatIsGivenStays) {
  v1::EventType type = WithFields({"a"});
  type.set_sample("{ \"a\" : \"7\" }");
  ASSERT_TRUE(Register(type).ok());
  EXPECT_EQ(Shown().sample(), R"({"a":"7"})");
  EXPECT_FALSE(Shown().sample_generated());
  ASSERT_TRUE(Change(WithFields({"a", "b"})).ok());
  EXPECT_EQ(Shown().sample(), R"({"a":"7"})");
  ASSERT_TRUE(Change({}, false, {"sample"}).ok());
  EXPECT_TRUE(Shown().sample_generated());
  v1::EventType given;
  given.set_sample("{\"b\":1}");
  ASSERT_TRUE(Change(given).ok());
  EXPECT_EQ(Shown().sample(), R"({"b":1})");
  EXPECT_FALSE(Shown().sample_generated());
}

TEST_F(EventTypesTest, ArchivedOnesAreNotNamedAnew) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  const auto registered = Register({});
  ASSERT_TRUE(registered.ok());
  ASSERT_TRUE(Subscribe("early", "types: \"order.paid\" destinations: \"orders\"").ok());
  EXPECT_EQ(aip::ReasonOf(SetState(v1::EventType::ARCHIVED, "\"stale\"").status()),
            v1::ETAG_MISMATCH);
  const auto archived = SetState(v1::EventType::ARCHIVED, registered->etag());
  ASSERT_TRUE(archived.ok()) << archived.status();
  EXPECT_EQ(archived->state(), v1::EventType::ARCHIVED);
  EXPECT_TRUE(TypeInForce()->archived);
  EXPECT_THAT(NamesInForce(), ElementsAre("order.paid")) << "what there is goes on";
  const auto late = Subscribe("late", "types: \"order.paid\" destinations: \"orders\"");
  EXPECT_THAT(late.status().message(), HasSubstr("unknown event type 'order.paid'"));
  v1::Subscription early;
  early.set_name("tenants/acme/subscriptions/early");
  early.set_display_name("Early");
  const auto changed = Await<v1::Subscription>([&](Methods::Done done) {
    subscriptions_->Update({"UpdateSubscription", early}, {.principal = "tokens/ops"}, early, {},
                           false, std::move(done));
  });
  EXPECT_TRUE(changed.ok()) << changed.status();
  v1::EventType described;
  described.set_description("x");
  ASSERT_TRUE(Change(described).ok());
  EXPECT_EQ(Shown().state(), v1::EventType::ARCHIVED);
  ASSERT_TRUE(SetState(v1::EventType::ACTIVE).ok());
  EXPECT_FALSE(TypeInForce()->archived);
}

TEST_F(EventTypesTest, OneThatASubscriptionNamesIsNotDeleted) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  ASSERT_TRUE(Register({}).ok());
  ASSERT_TRUE(Subscribe("paid", "types: \"order.paid\" destinations: \"orders\"").ok());
  EXPECT_EQ(aip::ReasonOf(Remove()), v1::RESOURCE_IN_USE);
  ASSERT_TRUE(Register({}, "order.sent").ok());
  EXPECT_TRUE(Remove("eventTypes/order.sent").ok());
  EXPECT_EQ(TypeInForce("order.sent"), nullptr);
}

TEST_F(EventTypesTest, ARepetitionHasNoFurtherEffect) {
  const Said said{.request_id = "once"};
  const auto first = Register(WithFields({"a"}), "order.paid", said);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = Register(WithFields({"a"}), "order.paid", said);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->uid(), first->uid());
  EXPECT_EQ(aip::ReasonOf(Register(WithFields({"b"}), "order.paid", said).status()),
            v1::REQUEST_ID_REUSED);
  const auto tried = Register({}, "order.sent", {.validate_only = true});
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_TRUE(tried->etag().empty());
  EXPECT_EQ(TypeInForce("order.sent"), nullptr);
}

}  // namespace
}  // namespace carillon::control

// Bounds and defaults, which the options of fields say.
#include "field_rules.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "carillon/v1/config.pb.h"
#include "google/api/field_behavior.pb.h"

namespace carillon::resource {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

/// Adds all messages of carillon.v1 that one leads to.
void Collect(const Descriptor& type, std::set<const Descriptor*>& types) {
  if (type.file()->package() != "carillon.v1" || !types.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    if (const Descriptor* next = type.field(i)->message_type()) Collect(*next, types);
  }
}

template <typename Visit>
void ForEachField(Visit visit) {
  std::set<const Descriptor*> types;
  Collect(*v1::Config::descriptor(), types);
  for (const Descriptor* type : types) {
    for (int i = 0; i < type->field_count(); ++i) visit(*type->field(i));
  }
}

bool IsNumber(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return true;
    default:
      return field.message_type() == google::protobuf::Duration::descriptor();
  }
}

TEST(FieldRules, EveryNumberAndDurationHasBounds) {
  int count = 0;
  ForEachField([&](const FieldDescriptor& field) {
    if (!IsNumber(field)) return;
    const FieldRule rule = RuleOf(field);
    ++count;
    EXPECT_TRUE(rule.min.has_value()) << field.full_name();
  });
  EXPECT_GT(count, 60);
}

TEST(FieldRules, DefaultsLieWithinTheirBounds) {
  ForEachField([](const FieldDescriptor& field) {
    if (!IsNumber(field)) return;
    const FieldRule rule = RuleOf(field);
    if (!rule.min) return;
    EXPECT_LT(*rule.min, *rule.max) << field.full_name();
    if (!rule.fallback || (rule.or_zero && *rule.fallback == 0)) return;
    EXPECT_GE(*rule.fallback, *rule.min) << field.full_name();
    EXPECT_LE(*rule.fallback, *rule.max) << field.full_name();
  });
}

template <typename M>
std::string ErrorsOf(M message) {
  NoReferences references;
  Errors errors(references);
  ApplyRules(message, Path(), errors);
  return errors.ToString();
}

TEST(FieldRules, DefaultsAreFilledInAndWhatIsGivenStays) {
  v1::Breaker breaker;
  breaker.set_min_attempts(7);
  NoReferences references;
  Errors errors(references);
  ApplyRules(breaker, Path(), errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(breaker.min_attempts(), 7u);
  EXPECT_EQ(breaker.consecutive_failures(), 10u);
  EXPECT_EQ(breaker.failure_rate(), 0.5);
  EXPECT_EQ(breaker.window().seconds(), 60);
  v1::JournalSettings journal;
  ApplyRules(journal, Path(), errors);
  EXPECT_EQ(journal.data_dir(), "carillon-data");
  EXPECT_FALSE(journal.has_kept_bytes()) << "depends on another";
}

TEST(FieldRules, BoundsAreInclusiveAndShownInTheirUnit) {
  v1::Batch batch;
  batch.set_max_bytes(1 << 10);
  EXPECT_EQ(ErrorsOf(batch), "");
  batch.set_max_bytes((1 << 10) - 1);
  EXPECT_EQ(ErrorsOf(batch), "max_bytes: must be 1 KiB to 1 MiB");
  v1::Timeouts timeouts;
  timeouts.mutable_total()->set_seconds(121);
  EXPECT_EQ(ErrorsOf(timeouts), "total: must be 10ms to 2m");
  EXPECT_EQ(ErrorsOf(v1::Rate()), "per_second: must be 0.01 to 100000");
}

TEST(FieldRules, ZeroIsAllowedWhereItMeansNever) {
  v1::Breaker breaker;
  breaker.set_failure_rate(0);
  EXPECT_EQ(ErrorsOf(breaker), "");
  breaker.set_failure_rate(0.001);
  EXPECT_EQ(ErrorsOf(breaker), "failure_rate: must be 0.01 to 1, or 0");
}

TEST(FieldRules, ListsAreCountedAndTheirDurationsLookedAt) {
  v1::Delays delays;
  for (int i = 0; i < 64; ++i) delays.add_items()->set_seconds(i);
  EXPECT_EQ(ErrorsOf(delays), "");
  delays.mutable_items(63)->set_seconds(30 * 86'400 + 1);
  EXPECT_EQ(ErrorsOf(delays), "items[63]: must be 0s to 30d");
  delays.add_items();
  EXPECT_EQ(ErrorsOf(delays), "items: must be at most 64");
  v1::Subscription subscription;
  subscription.add_types("*");
  EXPECT_EQ(ErrorsOf(subscription), "destinations: must be 1 to 256");
}

}  // namespace
}  // namespace carillon::resource

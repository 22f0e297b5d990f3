#include "subjects.h"

#include <gmock/gmock.h>

namespace carillon::statistics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(Subjects, ADestinationIsAPartOfItsTenantAndThatOfAll) {
  Subjects subjects(10);
  const uint32_t orders = subjects.Of("acme", "orders");
  EXPECT_EQ(subjects.Of("acme", "orders"), orders);
  const uint32_t acme = subjects.Get(orders).sum;
  EXPECT_EQ(subjects.Get(acme).subject, (Subject{"acme", ""}));
  EXPECT_EQ(subjects.Get(acme).sum, Subjects::kAll);
  EXPECT_EQ(subjects.Get(Subjects::kAll).sum, 0u);
  EXPECT_NE(subjects.Of("other", "orders"), orders);
  EXPECT_EQ(subjects.Get(subjects.Of("acme", "bills")).sum, acme);
}

TEST(Subjects, WhoHadTheNameBeforeIsAnother) {
  Subjects subjects(10);
  const uint32_t first = subjects.Of("acme", "orders", "uid-1");
  const uint32_t second = subjects.Of("acme", "orders", "uid-2");
  EXPECT_NE(first, second);
  EXPECT_EQ(subjects.Of("acme", "orders", "uid-1"), first);
  EXPECT_EQ(subjects.Get(first).sum, subjects.Get(second).sum);
  EXPECT_EQ(subjects.Get(second).subject, (Subject{"acme", "orders", "uid-2"}));
  const uint32_t of_file = subjects.Of("acme", "orders");
  EXPECT_NE(of_file, first);
  EXPECT_EQ(subjects.Get(of_file).subject, (Subject{"acme", "orders", ""}));
  EXPECT_EQ(subjects.Of("acme", ""), subjects.Get(first).sum);
}

TEST(Subjects, OneTooManyIsCountedWithItsTenantOrInAll) {
  Subjects subjects(3);  // one tenant with two destinations
  const uint32_t first = subjects.Of("acme", "d1");
  EXPECT_NE(subjects.Of("acme", "d2"), first);
  EXPECT_EQ(subjects.Of("acme", "d3"), subjects.Get(first).sum);
  EXPECT_EQ(subjects.Of("other", "d1"), Subjects::kAll);
  EXPECT_EQ(subjects.Of("acme", "d1"), first);
}

TEST(Subjects, WhoHadNothingCountedForLongMakesRoom) {
  Subjects subjects(3);
  const uint32_t old = subjects.Of("acme", "old");
  const uint32_t recent = subjects.Of("acme", "new");
  const uint32_t acme = subjects.Get(old).sum;
  subjects.Touch(old, 100);
  subjects.Touch(recent, 200);
  subjects.Touch(acme, 200);
  EXPECT_THAT(subjects.Forget(150), IsEmpty());  // they are not saved
  EXPECT_THAT(subjects.TakeUnsaved(), UnorderedElementsAre(Subjects::kAll, acme, old, recent));
  EXPECT_THAT(subjects.Forget(150), ElementsAre(old));
  const uint32_t next = subjects.Of("acme", "next");
  EXPECT_NE(next, acme);
  EXPECT_NE(next, old);
}

TEST(Subjects, TheHourIsSavedOnceAnHour) {
  Subjects subjects(3);
  const uint32_t orders = subjects.Of("acme", "orders");
  subjects.TakeUnsaved();
  subjects.Touch(orders, 100);
  subjects.Touch(orders, 100);
  const std::vector<uint32_t> unsaved = subjects.TakeUnsaved();
  EXPECT_THAT(unsaved, ElementsAre(orders));
  subjects.Touch(orders, 100);
  subjects.Touch(orders, 99);  // came late
  EXPECT_THAT(subjects.TakeUnsaved(), IsEmpty());
  subjects.GiveBack(unsaved);
  EXPECT_THAT(subjects.TakeUnsaved(), ElementsAre(orders));
}

TEST(Subjects, ThoseOfTheFileKeepTheirNumbers) {
  Subjects subjects(10);
  subjects.Restore(Subjects::kAll, {}, 0);
  subjects.Restore(7, {"acme", ""}, 100);
  subjects.Restore(5, {"acme", "orders", ""}, 100);
  subjects.Restore(6, {"acme", "orders", "uid"}, 100);
  EXPECT_EQ(subjects.Of("acme", "orders"), 5u);
  EXPECT_EQ(subjects.Of("acme", "orders", "uid"), 6u);
  EXPECT_EQ(subjects.Get(5).sum, 7u);
  EXPECT_EQ(subjects.Of("acme", "bills"), 8u);
  EXPECT_THAT(subjects.TakeUnsaved(), ElementsAre(8));
}

}  // namespace
}  // namespace carillon::statistics

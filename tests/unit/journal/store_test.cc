#include "store.h"

#include <gtest/gtest.h>

#include "schema.h"

namespace carillon::journal {
namespace {

constexpr base::WallTime kDue = base::WallTime(std::chrono::nanoseconds(5));

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    sqlite::Database database = *sqlite::Database::Open(":memory:", nullptr);
    EXPECT_TRUE(Migrate(database, SchemaSteps()).ok());
    store_ = *Store::Create(std::move(database));
    EXPECT_TRUE(store_.Begin().ok());
  }
  ~StoreTest() override { store_.Rollback(); }

  void Park(std::vector<Parked> rows) { EXPECT_TRUE(store_.Park(rows).ok()); }
  static Parked Batch(uint64_t position, size_t deliveries) {
    Parked row{1, Due::At(kDue), position, 1};
    while (row.rest.size() + 1 < deliveries) {
      row.rest.push_back({position + row.rest.size() + 1, 0});
    }
    return row;
  }
  int64_t Rows() { return *store_.database().Scalar("SELECT count(*) FROM parked"); }

  Store store_;
};

TEST_F(StoreTest, AStepOfClosingIsBoundedInDeliveriesAndInRows) {
  Park({Batch(1, 6), Batch(11, 6), Batch(21, 6)});
  uint64_t dead = 0;
  EXPECT_FALSE(*store_.CloseStep(1, kDue, 10, dead));
  EXPECT_EQ(dead, 12u);
  EXPECT_EQ(Rows(), 1);
  EXPECT_TRUE(*store_.CloseStep(1, kDue, 10, dead));
  EXPECT_EQ(dead, 18u);
  EXPECT_EQ(Rows(), 0);

  std::vector<Parked> marks;
  for (uint64_t i = 1; i <= 15; ++i) marks.push_back({1, Due::Stuck(), i, 1, 7, {}});
  Park(marks);
  EXPECT_FALSE(*store_.CloseStep(1, kDue, 10, dead));
  EXPECT_EQ(Rows(), 5);
  EXPECT_TRUE(*store_.CloseStep(1, kDue, 10, dead));
  EXPECT_EQ(dead, 18u);
}

}  // namespace
}  // namespace carillon::journal

#include "schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::journal {
namespace {

using testing::HasSubstr;

constexpr const char* kFirst = "CREATE TABLE t(a); INSERT INTO t VALUES(7);";
constexpr const char* kSecond = "ALTER TABLE t ADD COLUMN b; UPDATE t SET b = a * 2;";
constexpr const char* kBroken = "UPDATE t SET a = 0; INSERT INTO nowhere VALUES(1);";

sqlite::Database Memory() { return *sqlite::Database::Open(":memory:", nullptr); }

TEST(Schema, AnEmptyFileIsBroughtToTheLatestVersion) {
  sqlite::Database database = Memory();
  ASSERT_TRUE(Migrate(database, SchemaSteps()).ok());
  EXPECT_EQ(*database.Scalar("PRAGMA user_version"), static_cast<int64_t>(SchemaSteps().size()));
  EXPECT_EQ(*database.Scalar("SELECT length(hash_key) FROM state"), 16);
  ASSERT_TRUE(Migrate(database, SchemaSteps()).ok());  // again: nothing to do
}

TEST(Schema, RowsOfTheFirstVersionHaveNoGroupNoRestAndAreWell) {
  sqlite::Database database = Memory();
  ASSERT_TRUE(Migrate(database, SchemaSteps().first(1)).ok());
  ASSERT_TRUE(database
                  .Exec("INSERT INTO parked VALUES(1, 2, 3, 4);"
                        "INSERT INTO lanes(tenant, name, since) VALUES('acme', 'one', 1)")
                  .ok());
  ASSERT_TRUE(Migrate(database, SchemaSteps()).ok());
  EXPECT_EQ(*database.Scalar("SELECT count(*) FROM parked WHERE lane = 1 AND due_ns = 2 AND "
                             "position = 3 AND attempts = 4 AND group_id = 0 AND rest IS NULL"),
            1);
  EXPECT_EQ(*database.Scalar("SELECT count(*) FROM lanes WHERE failing_since IS NULL AND "
                             "disabled IS NULL AND disabled_at = 0"),
            1);
}

TEST(Schema, ParkedRowsOfTheSecondVersionGetAboutTheBytesOfTheirEvents) {
  sqlite::Database database = Memory();
  ASSERT_TRUE(Migrate(database, SchemaSteps().first(2)).ok());
  ASSERT_TRUE(database
                  .Exec("INSERT INTO journal VALUES(1, 10, 0, 0, zeroblob(1000));"
                        "INSERT INTO journal VALUES(11, 2, 0, 0, zeroblob(8000));"
                        "INSERT INTO parked VALUES(1, 2, 3, 4, 0, NULL);"
                        "INSERT INTO parked VALUES(1, 2, 12, 4, 0, zeroblob(8));"
                        "INSERT INTO parked VALUES(2, 2, 11, 4, 0, NULL)")
                  .ok());
  ASSERT_TRUE(Migrate(database, SchemaSteps()).ok());
  EXPECT_EQ(*database.Scalar("SELECT bytes FROM parked WHERE position = 3"), 100);
  EXPECT_EQ(*database.Scalar("SELECT bytes FROM parked WHERE position = 12"), 12'000);
  EXPECT_EQ(*database.Scalar("SELECT bytes FROM parked WHERE position = 11"), 4000);
}

TEST(Schema, AnOlderFileKeepsItsRows) {
  sqlite::Database database = Memory();
  const char* const old_steps[] = {kFirst};
  const char* const new_steps[] = {kFirst, kSecond};
  ASSERT_TRUE(Migrate(database, old_steps).ok());
  ASSERT_TRUE(database.Exec("UPDATE t SET a = 8").ok());
  ASSERT_TRUE(Migrate(database, new_steps).ok());
  EXPECT_EQ(*database.Scalar("SELECT b FROM t"), 16);
  EXPECT_EQ(*database.Scalar("PRAGMA user_version"), 2);
}

TEST(Schema, AStepThatFailsLeavesNothing) {
  sqlite::Database database = Memory();
  const char* const old_steps[] = {kFirst};
  const char* const bad_steps[] = {kFirst, kBroken};
  ASSERT_TRUE(Migrate(database, old_steps).ok());
  EXPECT_FALSE(Migrate(database, bad_steps).ok());
  EXPECT_EQ(*database.Scalar("SELECT a FROM t"), 7);
  EXPECT_EQ(*database.Scalar("PRAGMA user_version"), 1);
}

TEST(Schema, ANewerFileIsRefused) {
  sqlite::Database database = Memory();
  const char* const new_steps[] = {kFirst, kSecond};
  const char* const old_steps[] = {kFirst};
  ASSERT_TRUE(Migrate(database, new_steps).ok());
  const absl::Status status = Migrate(database, old_steps);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("schema 2"));
}

}  // namespace
}  // namespace carillon::journal

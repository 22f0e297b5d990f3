// SQLite from C++: what statements bind and read, and what is said when it goes wrong.

#include "carillon/sqlite/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace carillon::sqlite {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "carillon-sqlite-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "test.db";
  }
  ~DatabaseTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Database Open() {
    auto database = Database::Open(path_, nullptr);
    if (!database.ok()) throw std::runtime_error(std::string(database.status().message()));
    return *std::move(database);
  }
  static Statement Prepare(Database& database, const char* sql) {
    auto statement = database.Prepare(sql);
    if (!statement.ok()) throw std::runtime_error(std::string(statement.status().message()));
    return *std::move(statement);
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(DatabaseTest, WhatIsBoundIsRead) {
  Database database = Open();
  ASSERT_TRUE(database.Exec("CREATE TABLE t(a, b, c, d)").ok());
  Statement put = Prepare(database, "INSERT INTO t VALUES(?, ?, ?, ?)");
  const std::string bytes("a\0b", 3);
  ASSERT_TRUE(put.Bind(1, INT64_MIN).BindBlob(2, bytes).BindText(3, "text").BindNull(4).Run().ok());
  EXPECT_EQ(database.changes(), 1);
  EXPECT_EQ(database.last_insert_id(), 1);
  Statement get = Prepare(database, "SELECT a, b, c, d FROM t");
  ASSERT_TRUE(get.Step().value());
  EXPECT_EQ(get.Columns(), 4);
  EXPECT_EQ(get.Int(0), INT64_MIN);
  EXPECT_EQ(get.Blob(1), bytes);
  EXPECT_EQ(get.Blob(2), "text");
  EXPECT_TRUE(get.Null(3));
  EXPECT_FALSE(get.Null(1));
  EXPECT_FALSE(get.Step().value());
}

TEST_F(DatabaseTest, BytesThatAreNoneAreNotNull) {
  Database database = Open();
  ASSERT_TRUE(database.Exec("CREATE TABLE t(a BLOB NOT NULL)").ok());
  Statement put = Prepare(database, "INSERT INTO t VALUES(?)");
  ASSERT_TRUE(put.BindBlob(1, "").Run().ok());
  ASSERT_TRUE(put.BindBlob(1, std::string_view()).Run().ok()) << "of no text at all";
  ASSERT_TRUE(put.BindText(1, std::string_view()).Run().ok());
  Statement get = Prepare(database, "SELECT a FROM t");
  for (int row = 0; row < 3; ++row) {
    ASSERT_TRUE(get.Step().value());
    EXPECT_EQ(get.Blob(0), "");
    EXPECT_FALSE(get.Null(0));
  }
}

TEST_F(DatabaseTest, AColumnIsCopiedAsItIs) {
  Database database = Open();
  ASSERT_TRUE(database.Exec("CREATE TABLE t(a); INSERT INTO t VALUES(7), (NULL), (x'00ff')").ok());
  ASSERT_TRUE(database.Exec("CREATE TABLE u(a)").ok());
  Statement from = Prepare(database, "SELECT a FROM t");
  Statement to = Prepare(database, "INSERT INTO u VALUES(?)");
  while (from.Step().value()) ASSERT_TRUE(to.BindFrom(1, from, 0).Run().ok());
  EXPECT_EQ(
      database.Scalar("SELECT count(*) FROM (SELECT a FROM t EXCEPT SELECT a FROM u)").value(), 0);
  EXPECT_EQ(database.Scalar("SELECT count(*) FROM u WHERE a IS NULL").value(), 1);
}

TEST_F(DatabaseTest, AStatementIsReadyAgainAtItsEnd) {
  Database database = Open();
  ASSERT_TRUE(database.Exec("CREATE TABLE t(a); INSERT INTO t VALUES(1), (2)").ok());
  Statement get = Prepare(database, "SELECT a FROM t WHERE a >= ? ORDER BY a");
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(get.Bind(1, 1).Step().value());
    EXPECT_EQ(get.Int(0), 1);
    ASSERT_TRUE(get.Step().value());
    ASSERT_FALSE(get.Step().value());
  }
  ASSERT_TRUE(get.Bind(1, 1).Step().value());
  get.Reset();
  ASSERT_TRUE(get.Bind(1, 2).Step().value()) << "what was left was left";
  EXPECT_EQ(get.Int(0), 2);
}

TEST_F(DatabaseTest, AScalarOfNothingIsWhatWasAskedFor) {
  Database database = Open();
  ASSERT_TRUE(database.Exec("CREATE TABLE t(a)").ok());
  EXPECT_EQ(database.Scalar("SELECT a FROM t", 7).value(), 7);
  EXPECT_EQ(database.Scalar("SELECT max(a) FROM t", 7).value(), 7);
  EXPECT_EQ(database.Scalar("SELECT count(*) FROM t", 7).value(), 0);
  EXPECT_FALSE(database.Scalar("SELECT b FROM t").ok());
}

TEST_F(DatabaseTest, ATransactionCanBeLeft) {
  Database database = Open();
  ASSERT_TRUE(database.Exec("CREATE TABLE t(a)").ok());
  database.Rollback();  // there is none
  ASSERT_TRUE(database.Exec("BEGIN; INSERT INTO t VALUES(1)").ok());
  database.Rollback();
  EXPECT_EQ(database.Scalar("SELECT count(*) FROM t").value(), 0);
  EXPECT_TRUE(database.Exec("BEGIN").ok()) << "none is open";
}

TEST_F(DatabaseTest, ErrorsTellWhatCanBeDone) {
  EXPECT_EQ(Database::Open(folder_ / "nowhere" / "t.db", nullptr).status().code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Open().Exec("this is no SQL").code(), StatusCode::kUnavailable);

  std::ofstream(path_) << std::string(10'000, 'x');
  const absl::Status damaged = Open().Exec("SELECT count(*) FROM sqlite_master");
  EXPECT_EQ(damaged.code(), StatusCode::kDataLoss);
  EXPECT_THAT(damaged.message(), HasSubstr("(SQLite code 26"));
  std::filesystem::remove(path_);

  Database full = Open();
  ASSERT_TRUE(full.Exec("CREATE TABLE t(a); PRAGMA max_page_count=2").ok());
  EXPECT_EQ(full.Exec("INSERT INTO t VALUES(zeroblob(100000))").code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(full.Scalar("SELECT count(*) FROM t").value(), 0) << "nothing happened";
}

TEST_F(DatabaseTest, ALockThatAnotherHoldsIsToldAsThat) {
  Database one = Open();
  Database two = Open();
  sqlite3_busy_timeout(two.handle(), 0);
  ASSERT_TRUE(one.Exec("CREATE TABLE t(a); BEGIN IMMEDIATE").ok());
  EXPECT_EQ(two.Exec("BEGIN IMMEDIATE").code(), StatusCode::kAborted);
  one.Rollback();
  EXPECT_TRUE(two.Exec("BEGIN IMMEDIATE").ok());
}

}  // namespace
}  // namespace carillon::sqlite

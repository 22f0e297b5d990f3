// Operations on disk.

#include "carillon/operations/operation_store.h"

#include <gmock/gmock.h>

#include <fstream>

#include "carillon/sqlite/database.h"
#include "operations_fakes.h"

namespace carillon::operations {
namespace {

StoredOperation Made(const std::string& name) {
  StoredOperation stored;
  stored.operation.set_name(name);
  stored.operation.set_kind(v1::Operation::REPLAY);
  stored.revision = 3;
  stored.request = std::string("\0request", 8);
  stored.request_key = "tokens/ops\nm\nr";
  stored.cursor = 7;
  stored.end = uint64_t{1} << 62;
  return stored;
}

TEST(OperationStoreTest, WhatIsWrittenIsThereAfterARestart) {
  const TestFolder folder;
  std::string key;
  {
    const auto store = OperationStore::Open(folder.file());
    ASSERT_TRUE(store.ok()) << store.status();
    key = (*store)->key().Reveal();
    EXPECT_EQ(key.size(), 32u);
    ASSERT_TRUE((*store)->Put(Made("tenants/acme/operations/1")).ok());
    ASSERT_TRUE((*store)->Put(Made("tenants/acme/operations/2")).ok());
    StoredOperation again = Made("tenants/acme/operations/1");
    again.cursor = 8;
    ASSERT_TRUE((*store)->Put(again).ok());
    ASSERT_TRUE((*store)->Remove("tenants/acme/operations/2").ok());
    EXPECT_TRUE((*store)->Remove("tenants/acme/operations/2").ok());
  }
  const auto store = OperationStore::Open(folder.file());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->key().Reveal(), key);
  const auto all = (*store)->Load();
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 1u);
  const StoredOperation& one = all->front();
  EXPECT_EQ(one.operation.kind(), v1::Operation::REPLAY);
  EXPECT_EQ(one.request, std::string("\0request", 8));
  EXPECT_EQ(one.request_key, "tokens/ops\nm\nr");
  EXPECT_EQ(one.revision, 3u);
  EXPECT_EQ(one.cursor, 8u);
  EXPECT_EQ(one.end, uint64_t{1} << 62);
}

// As a version wrote it that counted no outcomes.
TEST(OperationStoreTest, ReadsAnEarlierStep) {
  const TestFolder folder;
  {
    const auto store = OperationStore::Open(folder.file());
    ASSERT_TRUE((*store)->Put(Made("tenants/acme/operations/1")).ok());
  }
  {
    auto db = sqlite::Database::Open(folder.file(), nullptr);
    ASSERT_TRUE(db->Exec("ALTER TABLE operation DROP COLUMN counted").ok());
    ASSERT_TRUE(db->Exec("PRAGMA user_version=1").ok());
  }
  for (const uint64_t counted : {0u, 17u}) {
    const auto store = OperationStore::Open(folder.file());
    ASSERT_TRUE(store.ok()) << store.status();
    auto all = (*store)->Load();
    ASSERT_TRUE(all.ok()) << all.status();
    ASSERT_EQ(all->size(), 1u);
    EXPECT_EQ(all->front().counted, counted);
    all->front().counted = 17;
    ASSERT_TRUE((*store)->Put(all->front()).ok());
  }
}

TEST(OperationStoreTest, RefusesWhatIsNotItsOwn) {
  const TestFolder folder;
  {
    auto db = sqlite::Database::Open(folder.file(), nullptr);
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE(db->Exec("CREATE TABLE other(a)").ok());
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(OperationStore::Open(folder.file()).status()));
  std::filesystem::remove(folder.file());
  ASSERT_TRUE(OperationStore::Open(folder.file()).ok());
  {
    auto db = sqlite::Database::Open(folder.file(), nullptr);
    ASSERT_TRUE(db->Exec("PRAGMA user_version=99").ok());
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(OperationStore::Open(folder.file()).status()));
}

TEST(OperationStoreTest, ADamagedRowIsToldOf) {
  const TestFolder folder;
  {
    const auto store = OperationStore::Open(folder.file());
    ASSERT_TRUE((*store)->Put(Made("tenants/acme/operations/1")).ok());
  }
  {
    auto db = sqlite::Database::Open(folder.file(), nullptr);
    ASSERT_TRUE(db->Exec("UPDATE operation SET operation = x'ffff'").ok());
  }
  const auto store = OperationStore::Open(folder.file());
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE(absl::IsDataLoss((*store)->Load().status()));
}

}  // namespace
}  // namespace carillon::operations

// What is left after a crash, of a damaged file, on a full disk.
#include <gmock/gmock.h>

#include <fstream>

#include "store_fixture.h"

namespace carillon::statistics {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class StoreDamageTest : public StoreTest {
 protected:
  void Damage(size_t from, size_t bytes) {
    std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(from));
    file << std::string(bytes, '\x5a');
  }
};

TEST_F(StoreDamageTest, AfterAKillWhatWasWrittenIsThereOnce) {
  Open();
  for (int i = 0; i < 50; ++i) Add(Success());
  store_->Flush();
  for (int i = 0; i < 50; ++i) Add(Success());
  // The files as a killed process leaves them: nobody has closed them.
  const fs::path image = folder_ / "image";
  fs::create_directory(image);
  for (const char* const suffix : {"", "-wal"}) {
    fs::copy(options_.path + suffix, image / (std::string("statistics.db") + suffix));
  }
  store_.reset();
  options_.path = image / "statistics.db";
  Open();
  EXPECT_EQ(Successes(Sum({"acme", "orders"})), 50u);
  Add(Success());
  EXPECT_EQ(Successes(Sum({"acme", "orders"})), 51u);
}

TEST_F(StoreDamageTest, ADamagedFileIsSetAsideAtTheStart) {
  Open();
  Add(Success());
  store_.reset();
  Damage(0, 100);
  Open();
  EXPECT_EQ(store_->figures().damaged, 1u);
  EXPECT_TRUE(fs::exists(options_.path + ".bad"));
  Add(Success());
  EXPECT_EQ(Successes(Sum({"acme", "orders"})), 1u);
  EXPECT_THAT(lines_.str(), HasSubstr("counting begins anew"));
}

TEST_F(StoreDamageTest, AFileOfAnotherKindIsSetAside) {
  std::ofstream(options_.path) << "this is a text, and not a short one: it has more than a head";
  Open();
  EXPECT_EQ(store_->figures().damaged, 1u);
  Add(Success());
  EXPECT_EQ(Successes(Sum({})), 1u);
}

TEST_F(StoreDamageTest, OneThatAReadFindsDamagedIsSetAside) {
  Open();
  for (int i = 0; i < 2000; ++i) Add(Success("acme", "destination-" + std::to_string(i)));
  store_.reset();
  Damage(4096, fs::file_size(options_.path) - 4096);
  Open();
  // Found by the write before the read, by the read, or when the subjects were restored.
  Add(Success());
  (void)Find(Last(std::chrono::hours(1), std::chrono::minutes(1), {"acme", "orders"}));
  store_->Flush();
  EXPECT_GE(store_->figures().damaged, 1u);
  Add(Success());
  EXPECT_GE(Successes(Sum({"acme", "orders"})), 1u);
}

TEST_F(StoreDamageTest, WhileTheDiskIsFullItIsCountedInMemory) {
  Open();
  Add(Success());
  store_.reset();
  options_.min_free_bytes = UINT64_MAX;  // no disk has so much
  options_.retry_after = std::chrono::milliseconds(0);
  Open();
  Add(Success());
  store_->Flush();
  EXPECT_TRUE(store_->figures().failing);
  EXPECT_EQ(store_->figures().counted, 0u);
  EXPECT_EQ(store_->figures().dropped_disk, 0u);
  EXPECT_EQ(Successes(Sum({"acme", "orders"})), 1u);  // what is on disk can be read
  EXPECT_THAT(lines_.str(), HasSubstr("nearly full"));
}

TEST_F(StoreDamageTest, WhatDoesNotFitIntoMemoryIsDroppedAndCounted) {
  options_.min_free_bytes = UINT64_MAX;
  options_.max_pending = 10;
  Open();
  for (int i = 0; i < 25; ++i) {
    Add(Success("acme", "d" + std::to_string(i)));
    store_->Flush();
  }
  EXPECT_EQ(store_->figures().dropped_disk, 20u);
}

TEST_F(StoreDamageTest, WhatNobodyMayWriteIsSaid) {
  options_.path = folder_ / "absent" / "statistics.db";
  const auto opened = StatisticsStore::Open(options_, clock_, *logger_);
  EXPECT_TRUE(absl::IsPermissionDenied(opened.status())) << opened.status();
}

TEST_F(StoreDamageTest, TheFileIsForItsOwnerOnly) {
  Open();
  Add(Success());
  store_->Flush();
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    const fs::perms mode = fs::status(options_.path + suffix).permissions();
    EXPECT_EQ(mode & (fs::perms::group_all | fs::perms::others_all), fs::perms::none) << suffix;
  }
}

}  // namespace
}  // namespace carillon::statistics

#include "wal_scan.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "carillon/sqlite/database.h"
#include "database_header.h"
#include "disk_hold.h"
#include "file_watch.h"
#include "high_water_file.h"

namespace carillon::journal {
namespace {

constexpr size_t kFrame = 24 + 4096;

/// A database in a folder of its own, with a write-ahead file that SQLite wrote.
class WalScanTest : public testing::Test {
 protected:
  WalScanTest() {
    folder_ = testing::TempDir() + "/wal-XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr) ADD_FAILURE();
    absl::StatusOr<sqlite::Database> database = sqlite::Database::Open(folder_ + "/db", nullptr);
    sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    EXPECT_TRUE(database->Exec("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0").ok());
    EXPECT_TRUE(database->Exec("CREATE TABLE t(a, b)").ok());
    for (int i = 0; i < kCommits; ++i) {
      EXPECT_TRUE(database->Exec("INSERT INTO t VALUES(1, randomblob(7000))").ok());
    }
    std::ifstream in(folder_ + "/db-wal", std::ios::binary);
    wal_ = std::string((std::istreambuf_iterator<char>(in)), {});
  }
  ~WalScanTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  WalScan Scan(const std::string& bytes) {
    std::ofstream(folder_ + "/wal", std::ios::binary) << bytes;
    return *ScanWal(*FileBytes::Open(folder_ + "/wal"), 4096);
  }
  static constexpr int kCommits = 6;
  std::string folder_;
  std::string wal_;
};

TEST_F(WalScanTest, TakesWhatSqliteWrote) {
  const WalScan scan = Scan(wal_);
  EXPECT_TRUE(scan.header_good);
  EXPECT_EQ(scan.page_bytes, 4096u);
  EXPECT_EQ(scan.taken, (wal_.size() - 32) / kFrame);
  EXPECT_EQ(scan.frames_of_use.size(), scan.taken);
  EXPECT_EQ(scan.taken_pages, scan.pages_of_use);
  EXPECT_FALSE(scan.damaged_frame.has_value());
  EXPECT_FALSE(Scan("").has_header);
  EXPECT_FALSE(Scan(wal_.substr(0, 31)).has_header);
}

/// Every byte once, with a bit of it flipped: what is taken ends before the damage, and what is not
/// in the last two transactions is told.
TEST_F(WalScanTest, AnyFlippedBitIsFound) {
  const WalScan whole = Scan(wal_);
  std::vector<uint64_t> commits;  // frames that end a transaction
  for (const WalFrame& frame : whole.frames_of_use) {
    if (frame.db_pages != 0) commits.push_back(frame.number);
  }
  ASSERT_GT(commits.size(), 3u);
  const size_t step = 61;  // of every kind of byte of every frame, some
  for (size_t at = 0; at < wal_.size(); at += at < 32 || (at - 32) % kFrame < 24 ? 1 : step) {
    std::string bytes = wal_;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    const WalScan scan = Scan(bytes);
    SCOPED_TRACE(at);
    const uint64_t frame = at < 32 ? 0 : (at - 32) / kFrame + 1;
    EXPECT_LE(scan.taken, frame == 0 ? 0 : frame - 1);
    if (frame <= commits[commits.size() - 3]) {
      ASSERT_TRUE(scan.damaged_frame.has_value());
      EXPECT_EQ(*scan.damaged_frame, frame);
      EXPECT_GE(scan.frames_of_use.size(), whole.taken - 1);  // all but that one
      const auto lost = std::ranges::count_if(commits, [&](uint64_t at) { return at > frame; });
      if (frame > 0) EXPECT_EQ(scan.lost_commits, static_cast<uint64_t>(lost));
    } else if (frame > commits[commits.size() - 2]) {
      EXPECT_FALSE(scan.damaged_frame.has_value()) << "a torn tail";
    }
  }
}

/// The last transaction may have reached the disk in any part and order.
TEST_F(WalScanTest, ATornTailIsNoDamage) {
  const WalScan whole = Scan(wal_);
  uint64_t begin = 0;  // the last frame of the transaction before the last
  for (const WalFrame& frame : whole.frames_of_use) {
    if (frame.db_pages != 0 && frame.number < whole.taken) begin = frame.number;
  }
  const uint64_t count = whole.taken - begin;
  ASSERT_GT(count, 1u);
  for (uint64_t lost = 1; lost < (uint64_t{1} << count); ++lost) {
    std::string bytes = wal_;
    for (uint64_t i = 0; i < count; ++i) {
      if ((lost >> i & 1) != 0) bytes.replace(32 + (begin + i) * kFrame, kFrame, kFrame, '\0');
    }
    const WalScan scan = Scan(bytes);
    EXPECT_EQ(scan.taken, begin);
    EXPECT_FALSE(scan.damaged_frame.has_value()) << lost;
  }
}

TEST_F(WalScanTest, WhatATransactionWithoutItsEndWroteIsOfNoUse) {
  const WalScan scan = Scan(wal_.substr(0, wal_.size() - kFrame));
  EXPECT_LT(scan.taken, (wal_.size() - 32) / kFrame - 1);
  EXPECT_EQ(scan.frames_of_use.size(), scan.taken);
}

TEST_F(WalScanTest, FramesOfAnEarlierRunAreNoDamage) {
  std::string bytes = wal_;
  // A transaction, and behind it what an earlier run of the file left: frames of other salts.
  const WalScan whole = Scan(wal_);
  uint64_t first = 0;
  for (const WalFrame& frame : whole.frames_of_use) {
    if (first == 0 && frame.db_pages != 0) first = frame.number;
  }
  for (uint64_t i = first; i < whole.taken; ++i) bytes[32 + i * kFrame + 11] ^= 1;
  const WalScan scan = Scan(bytes);
  EXPECT_EQ(scan.taken, first);
  EXPECT_FALSE(scan.damaged_frame.has_value());
}

TEST_F(WalScanTest, TheHeaderOfADatabaseTellsWhoseItIs) {
  absl::StatusOr<DatabaseHeader> header = ReadDatabaseHeader(*FileBytes::Open(folder_ + "/db"));
  EXPECT_TRUE(header->is_database);
  EXPECT_EQ(header->page_bytes, 4096u);
  EXPECT_EQ(header->application_id, 0u);
  std::ofstream(folder_ + "/text") << std::string(5000, 'x');
  EXPECT_FALSE(ReadDatabaseHeader(*FileBytes::Open(folder_ + "/text"))->is_database);
}

TEST_F(WalScanTest, AMarkOutlivesATornWrite) {
  StoreId id{};
  id[3] = 7;
  {
    absl::StatusOr<HighWaterFile> mark = HighWaterFile::Open(folder_, {id, 5, false, false, 0});
    ASSERT_TRUE(mark.ok());
    for (uint64_t position = 6; position <= 9; ++position) mark->Advance(position);
  }
  bool damaged = false;
  absl::StatusOr<std::optional<HighWater>> read = HighWaterFile::Read(folder_, damaged);
  ASSERT_TRUE(read.ok() && read->has_value());
  EXPECT_EQ(**read, (HighWater{id, 9, true, false, 0}));
  std::ifstream in(HighWaterPath(folder_), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  for (size_t slot : {0, 4096}) {
    for (size_t at = 0; at < 64; ++at) {
      std::string torn = bytes;
      torn[slot + at] ^= 0x10;
      std::ofstream(HighWaterPath(folder_), std::ios::binary) << torn;
      read = HighWaterFile::Read(folder_, damaged);
      ASSERT_TRUE(read.ok() && read->has_value());
      EXPECT_GE((*read)->last_position, 8u);
      EXPECT_LE((*read)->last_position, 9u);
    }
  }
  std::ofstream(HighWaterPath(folder_), std::ios::binary) << "nothing";
  read = HighWaterFile::Read(folder_, damaged);
  EXPECT_TRUE(read.ok() && !read->has_value() && damaged);
}

TEST_F(WalScanTest, AWatchSeesWhatWasCut) {
  const base::MonoTime now{std::chrono::seconds(9)};
  FileWatch watch({folder_ + "/db", folder_ + "/db-wal"}, now);
  EXPECT_TRUE(watch.Check(wal_.size(), now).ok());
  std::filesystem::resize_file(folder_ + "/db-wal", wal_.size() - 1);
  EXPECT_NE(watch.Check(wal_.size(), now).message().find("was cut"), std::string::npos);
  EXPECT_TRUE(FileWatch().Check(1, now).ok());
}

TEST(DiskHoldTest, HoldsLongerEachTimeItWasFullAgainSoon) {
  using std::chrono::seconds;
  DiskHold hold(seconds(5));
  const DiskHold::Time start{seconds(1000)};
  EXPECT_EQ(hold.Failed(start), start + seconds(5));
  EXPECT_EQ(hold.Failed(start + seconds(2)), start + seconds(7));  // the same shortage
  EXPECT_TRUE(hold.Holds(start + seconds(6)));
  EXPECT_FALSE(hold.Holds(start + seconds(7)));
  EXPECT_EQ(hold.Failed(start + seconds(8)), start + seconds(18));
  DiskHold::Time now = start + seconds(18);
  for (int i = 0; i < 10; ++i) now = hold.Failed(now);
  EXPECT_EQ(hold.Failed(now), now + seconds(20));
  EXPECT_EQ(hold.Failed(now + seconds(200)), now + seconds(205));  // long after
}

}  // namespace
}  // namespace carillon::journal

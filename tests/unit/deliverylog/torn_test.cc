// What is left of the log when its files end anywhere, or are damaged.

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "log_fixture.h"

namespace carillon::deliverylog {
namespace {

namespace fs = std::filesystem;

class TornTest : public LogTest {
 protected:
  /// Writes three segments, the last of which is written to, and copies the files as a power cut
  /// would leave them: the log still has them open.
  void MakeImage() {
    options_.segment_rows = 200;
    Open();
    for (uint64_t i = 1; i <= 550; ++i) {
      Attempt attempt = At(i);
      attempt.has_detail = i % 10 == 0;
      attempt.detail.body = "body-" + std::to_string(i);
      Add(attempt);
      if (i % 25 == 0) log_->Flush();
    }
    log_->Flush();
    image_ = folder_ / "image";
    fs::copy(options_.folder, image_);
    log_.reset();
  }
  void TakeImage() {
    log_.reset();
    fs::remove_all(options_.folder);
    fs::copy(image_, options_.folder);
  }
  /// What is there is whole: no row is there twice, none is changed, the newest comes first.
  size_t CountWhole() {
    const std::vector<Record> all = FindAll({.limit = 1000, .details = true});
    uint64_t last = UINT64_MAX;
    for (const Record& record : all) {
      EXPECT_LT(record.figures.position, last);
      last = record.figures.position;
      EXPECT_EQ(record.event_id, "event-" + std::to_string(last));
      EXPECT_EQ(record.has_detail, last % 10 == 0);
      if (record.has_detail) {
        EXPECT_EQ(record.detail->body, "body-" + std::to_string(last));
      }
    }
    return all.size();
  }
  fs::path image_;
};

TEST_F(TornTest, AKilledProcessLosesNothingThatWasWritten) {
  MakeImage();
  TakeImage();
  Open();
  EXPECT_EQ(CountWhole(), 550u);
  Add(At(551));
  log_->Flush();
  EXPECT_EQ(FindAll({.position = 551}).size(), 1u);
}

TEST_F(TornTest, ATornWriteAheadFileLosesTheNewestOnly) {
  MakeImage();
  fs::path wal;
  for (const auto& each : fs::directory_iterator(image_)) {
    if (each.path().string().ends_with("-wal") && fs::file_size(each.path()) > 0) wal = each.path();
  }
  ASSERT_FALSE(wal.empty());
  const uintmax_t size = fs::file_size(wal);
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    TakeImage();
    const fs::path torn = fs::path(options_.folder) / wal.filename();
    fs::resize_file(torn, random() % size);
    for (const auto& each : Files("-shm")) fs::remove(each);
    Open();
    const size_t rows = CountWhole();
    EXPECT_GE(rows, 400u);  // those of the sealed segments
    EXPECT_LE(rows, 550u);
    Add(At(551));
    log_->Flush();
    EXPECT_EQ(FindAll({.position = 551}).size(), 1u);
  }
}

TEST_F(TornTest, ADamagedSegmentIsSetAsideAndTheOthersStay) {
  MakeImage();
  TakeImage();
  std::vector<fs::path> files = Files(".db");
  ASSERT_EQ(files.size(), 3u);
  fs::resize_file(files[1], 3000);
  Open();
  EXPECT_EQ(CountWhole(), 350u);
  EXPECT_EQ(log_->figures().damaged, 1u);
  EXPECT_EQ(Files(".bad").size(), 1u);
}

TEST_F(TornTest, DamageThatAQueryMeetsIsSetAside) {
  MakeImage();
  TakeImage();
  const fs::path oldest = Files(".db").front();
  std::fstream file(oldest, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  const size_t at = bytes.find("event-77");
  ASSERT_NE(at, std::string::npos);
  file.clear();
  file.seekp(static_cast<std::streamoff>(at));
  file.put('X');
  file.close();
  Open();
  absl::StatusOr<Page> page = Find({.limit = 1000});
  EXPECT_TRUE(absl::IsUnavailable(page.status())) << page.status();
  log_->Flush();
  EXPECT_EQ(CountWhole(), 350u);
  EXPECT_EQ(log_->figures().damaged, 1u);
}

}  // namespace
}  // namespace carillon::deliverylog

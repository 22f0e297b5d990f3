// Any one bit, any length, any file: afterwards every answered event is there, or the journal
// refuses to open.

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "damage_support.h"

namespace carillon::journal {
namespace {

class RandomDamageTest : public DamageTest {
 protected:
  static constexpr uint64_t kSettled = 7;

  /// Three stores: killed with part of the write-ahead file copied, killed with none, and stopped.
  void Make() {
    Open();
    lane_ = OpenLane("one").lane;
    FillAnswered(0, 25);
    Settlement settlement;
    settlement.watermark = kSettled;
    settlement.attempts = {AttemptRow{kSettled, lane_}};
    settlement.parked = {{lane_, Due::At(base::FromUnixNanos(99)), 3, 1, 0, {}}};
    Settle(settlement);
    Save("uncopied");
    sizes_["uncopied"] = answered_.size();
    CopyWal();
    FillAnswered(25, 40);
    Save("copied");
    sizes_["copied"] = answered_.size();
    Close();
    Save("stopped");
    sizes_["stopped"] = answered_.size();
  }
  void FillAnswered(int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string id = "id" + std::to_string(i);
      answered_[AppendOne(id, 100 + 37 * i)] = id;
    }
  }

  /// Returns whether it opened.
  bool Check(const std::string& store, const std::string& what) {
    SCOPED_TRACE(store + ": " + what);
    const absl::Status status = TryOpen();
    if (!status.ok()) return false;
    EXPECT_EQ(journal_->recovered().last_position, sizes_[store]);
    EXPECT_LE(journal_->recovered().watermark, kSettled);
    journal_->AddConsumer(&recorder_);
    journal_->Start();
    std::map<uint64_t, std::string> read;
    for (uint64_t from = kSettled + 1;;) {
      const Events batch = Read(from);
      if (batch.empty()) break;
      for (const model::EventPtr& event : batch) {
        read[event->position()] = event->id();
        from = event->position() + 1;
      }
    }
    EXPECT_EQ(fatal_, 0) << fatal_status_;
    for (const auto& [position, id] : answered_) {
      if (position > kSettled && position <= sizes_[store]) {
        EXPECT_EQ(read[position], id) << position;
      }
    }
    return true;
  }

  LaneId lane_ = 0;
  std::map<uint64_t, std::string> answered_;
  std::map<std::string, uint64_t> sizes_;
};

TEST_F(RandomDamageTest, NothingThatWasAnsweredIsLostWithoutAWord) {
  constexpr uint64_t kSeed = 77'231;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  ASSERT_NO_FATAL_FAILURE(Make());
  std::map<std::string, int> refused;
  std::map<std::string, int> tried;
  for (const std::string store : {"uncopied", "copied", "stopped"}) {
    for (const std::string file : {"carillon.db", "carillon.db-wal", "carillon.mark", "lock"}) {
      if (!std::filesystem::exists(Copy(store) + "/" + file)) continue;
      const uint64_t size = Size(Copy(store) + "/" + file);
      const int rounds = file.starts_with("carillon.db") ? 24 : 4;
      for (int i = 0; i < 2 * rounds && size > 0; ++i) {
        PutBack(store);
        const uint64_t at = random() % (8 * size);
        const bool flip = i % 2 == 0;
        if (flip) {
          Flip(Path(file), at);
        } else {
          Truncate(Path(file), at / 8);
        }
        ++tried[file];
        const std::string what = file + (flip ? ", bit " : ", cut at bit ") + std::to_string(at);
        if (!Check(store, what)) ++refused[file];
      }
      PutBack(store);
      std::filesystem::remove(Path(file));
      Check(store, file + " removed");
    }
    PutBack(store);
    EXPECT_TRUE(Check(store, "untouched"));
  }
  EXPECT_GT(refused["carillon.db-wal"], tried["carillon.db-wal"] / 2);
  EXPECT_GT(refused["carillon.db"], 0);
  EXPECT_EQ(refused["carillon.mark"], 0);
  EXPECT_EQ(refused["lock"], 0);
}

}  // namespace
}  // namespace carillon::journal

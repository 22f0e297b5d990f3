// Stores of earlier versions open, and what is in them comes back. lib/journal/FORMAT.md says when
// a store is added to golden/.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/escaping.h"
#include "carillon/base/text.h"
#include "support.h"

namespace carillon::journal {
namespace {

class FormatTest : public JournalTest {
 protected:
  /// Makes the store of a dump in the folder of the test.
  void Restore(const std::string& name) {
    std::ifstream file(std::string(CARILLON_GOLDEN_DIR "/") + name);
    const std::string sql{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(sql.empty()) << name;
    std::filesystem::create_directories(options_.data_dir);
    std::ofstream(DatabaseFile()).close();
    Execute("PRAGMA journal_mode=WAL");
    Execute(sql);
    RestoreMark(sql);
  }

 private:
  /// The two slots of `carillon.mark`, where the dump has them.
  void RestoreMark(const std::string& sql) {
    const std::string begin = "-- carillon.mark: ";
    const size_t at = sql.find(begin);
    if (at == sql.npos) return;
    std::istringstream slots(sql.substr(at + begin.size(), 2 * 128 + 1));
    std::string first, second;
    slots >> first >> second;
    std::ofstream mark(options_.data_dir + "/carillon.mark", std::ios::binary);
    mark << absl::HexStringToBytes(first) << std::string(4096 - 64, '\0')
         << absl::HexStringToBytes(second);
  }
};

TEST_F(FormatTest, AStoreOfTheFirstSchemaIsBroughtToTheLatest) {
  Restore("store_1.sql");
  Open();
  EXPECT_EQ(journal_->recovered().last_position, 2u);
  EXPECT_EQ(journal_->recovered().watermark, 2u);
  const Events events = Read(1);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1]->id(), "golden-2");
  EXPECT_EQ(events[1]->payload(), R"({"order":2})");
  EXPECT_EQ(events[1]->attributes().at(0).second, "eu");
  const auto lanes = OpenLanes({{"default", "refuses"}, {"default", "once"}});
  ASSERT_TRUE(lanes.ok());
  EXPECT_EQ(lanes->at(0).parked, 1u);
  EXPECT_EQ(journal_->shard_stats().dead, 2u);
  EXPECT_EQ(AppendOne("new"), 3u);
}

TEST_F(FormatTest, AStoreOfTheFourthSchemaIsReadWithItsMark) {
  Restore("store_4.sql");
  Open();
  EXPECT_EQ(journal_->recovered().last_position, 3u);
  const Events events = Read(1);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0]->ordering_key(), "k");
  EXPECT_FALSE(events[0]->traced());
  EXPECT_EQ(events[2]->trace()->state, "a=1");
  EXPECT_EQ(journal_->shard_stats().dead, 3u);

  const auto lanes = OpenLanes(
      {{"default", "refuses"}, {"default", "batches"}, {"default", "well"}, {"default", "off"}});
  ASSERT_TRUE(lanes.ok());
  const LaneState& refuses = lanes->at(0);
  EXPECT_EQ(refuses.parked, 3u);
  ASSERT_EQ(refuses.groups.size(), 1u);
  EXPECT_EQ(refuses.groups[0].timed, 1u);
  EXPECT_EQ(refuses.groups[0].held, 2u);
  const DueDeliveries held = TakeHeld(refuses.lane, refuses.groups[0].group);
  ASSERT_EQ(held.due.size(), 2u);
  EXPECT_EQ(held.due[0].event->id(), "golden-2");

  const LaneState& batches = lanes->at(1);
  EXPECT_EQ(batches.parked, 3u);
  const DueDeliveries batch = TakeDue(batches.lane, *batches.next_due);
  ASSERT_EQ(batch.due.size(), 1u);
  EXPECT_EQ(batch.due[0].rest.size(), 2u);
  EXPECT_EQ(batch.due[0].rest[1]->id(), "golden-3");

  EXPECT_EQ(lanes->at(2).parked, 0u);
  EXPECT_EQ(lanes->at(3).health.disabled, DisabledReason::kOperator);
  EXPECT_EQ(lanes->at(3).cursor, 1u);
}

TEST_F(FormatTest, AnIdOfAnEarlierVersionIsStillADuplicate) {
  Restore("store_4.sql");
  // The clock of the test is behind the store's: what is remembered is not too old.
  Open();
  std::vector<std::shared_ptr<model::Event>> again = {
      model::Event::Create({"golden-2", "order.paid", "default", "", {}, {}, "{}"})};
  const uint64_t before = journal_->recovered().last_position;
  std::atomic<int> answered{0};
  journal_->Append(std::move(again), [&](absl::StatusOr<std::vector<Appended>> result) {
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->at(0).duplicate);
    EXPECT_EQ(result->at(0).position, 2u);
    ++answered;
  });
  EXPECT_TRUE(Eventually([&] { return answered == 1; }));
  EXPECT_EQ(journal_->log_stats().last_position, before);
}

}  // namespace
}  // namespace carillon::journal

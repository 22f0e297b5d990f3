// What a replay finds in the journal.

#include "carillon/operations/event_scan.h"

#include <gmock/gmock.h>

#include <optional>

#include "operations_fakes.h"

namespace carillon::operations {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class EventScanTest : public testing::Test {
 protected:
  ScanResult Scan(const EventSelection& selection, uint64_t from, uint64_t end, size_t most = 100) {
    std::optional<ScanResult> result;
    ScanEvents(log_, selection, from, end, most,
               [&](ScanResult scan) { result = std::move(scan); });
    return result.value();
  }
  static std::vector<uint64_t> Positions(const ScanResult& scan) {
    std::vector<uint64_t> positions;
    for (const FoundEvent& found : scan.found) positions.push_back(found.event->position());
    return positions;
  }
  uint64_t Find(base::WallTime time, uint64_t low, uint64_t high) {
    std::optional<uint64_t> position;
    FindPosition(log_, time, low, high, [&](uint64_t found) { position = found; });
    return position.value();
  }

  const base::WallTime start_{seconds(1'700'000'000)};
  FakeLog log_;
};

TEST_F(EventScanTest, FindsWhatIsOfTheTenantAndFulfillsTheFilter) {
  for (int i = 0; i < 10; ++i) log_.Add(i % 3 == 0 ? "other" : "acme", "a.b", start_ + seconds(i));
  const ScanResult all = Scan({.tenant = "acme"}, 1, 11);
  EXPECT_THAT(Positions(all), ElementsAre(2, 3, 5, 6, 8, 9));
  EXPECT_EQ(all.scanned, 10);
  EXPECT_TRUE(all.finished);
  EventSelection even{.tenant = "acme"};
  even.filter =
      *aip::Filter::Parse("attributes.place = \"even\" AND type = \"a.b\"", EventFilterFields());
  EXPECT_THAT(Positions(Scan(even, 1, 11)), ElementsAre(2, 6, 8));
  even.from = start_ + seconds(5);
  even.to = start_ + seconds(7);
  EXPECT_THAT(Positions(Scan(even, 1, 11)), ElementsAre(6));
}

TEST_F(EventScanTest, SaysWhereToGoOnAndHowManyWereLookedAtByThen) {
  for (int i = 0; i < 10; ++i) log_.Add(i % 2 == 0 ? "other" : "acme", "a", start_);
  const ScanResult first = Scan({.tenant = "acme"}, 1, 11, 2);
  EXPECT_THAT(Positions(first), ElementsAre(2, 4));
  EXPECT_EQ(first.found[1].scanned, 4);
  EXPECT_EQ(first.next, 5u);
  EXPECT_FALSE(first.finished);
  const ScanResult rest = Scan({.tenant = "acme"}, first.next, 9);
  EXPECT_THAT(Positions(rest), ElementsAre(6, 8));
  EXPECT_TRUE(rest.finished) << "the end is not included";
}

TEST_F(EventScanTest, PassesOverWhatRetentionHasRemoved) {
  for (int i = 0; i < 6; ++i) log_.Add("acme", "a", start_);
  for (const size_t gone : {0, 1, 3, 5}) log_.events[gone] = nullptr;
  const ScanResult scan = Scan({.tenant = "acme"}, 1, 7);
  EXPECT_THAT(Positions(scan), ElementsAre(3, 5));
  EXPECT_TRUE(scan.finished);
  EXPECT_THAT(Positions(Scan({.tenant = "acme"}, 6, 7)), IsEmpty());
  EXPECT_TRUE(Scan({.tenant = "acme"}, 7, 7).finished);
}

TEST_F(EventScanTest, ALargeJournalIsReadInBoundedSteps) {
  const size_t many = 2 * kScanBytes / 100;
  for (size_t i = 0; i < many; ++i) log_.Add("other", "a", start_);
  const ScanResult scan = Scan({.tenant = "acme"}, 1, many + 1);
  EXPECT_FALSE(scan.finished);
  EXPECT_GT(scan.next, 1u);
  EXPECT_LT(scan.next, many);
}

TEST_F(EventScanTest, TheFirstOfATimeIsFoundWithFewReads) {
  for (int i = 0; i < 1000; ++i) log_.Add("acme", "a", start_ + seconds(i));
  for (const int gone : {0, 1, 2, 500, 501, 998, 999})
    log_.events[static_cast<size_t>(gone)] = nullptr;
  EXPECT_EQ(Find(start_ + seconds(100), 1, 1001), 101u);
  EXPECT_LE(log_.reads, 12);
  EXPECT_EQ(Find(start_ + seconds(502), 1, 1001), 501u) << "the events before it are gone";
  EXPECT_EQ(Find(base::WallTime::min(), 1, 1001), 1u);
  EXPECT_EQ(Find(base::WallTime::max(), 1, 1001), 999u) << "behind 998 there is nothing";
  EXPECT_EQ(Find(start_ + seconds(50), 200, 300), 200u);
  EXPECT_EQ(Find(start_, 5, 5), 5u);
}

}  // namespace
}  // namespace carillon::operations

// A change that says where it is: the lanes at all other places are left alone.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Counts how often destinations are looked at.
class CountingTable final : public routing::RoutingTable {
 public:
  explicit CountingTable(std::vector<routing::DestinationPtr> places)
      : places_(std::move(places)) {}
  uint32_t places() const override { return static_cast<uint32_t>(places_.size()); }
  const routing::DestinationPtr& at(uint32_t place) const override {
    ++looked_at;
    return places_[place];
  }
  void Match(const model::Event& event, std::vector<uint32_t>& out) const override {
    out.clear();
    for (uint32_t i = 0; i < places_.size(); ++i) {
      if (Matches(event, i)) out.push_back(i);
    }
  }
  bool Matches(const model::Event& event, uint32_t place) const override {
    return places_[place] != nullptr && !model::IsOperational(event.type());
  }
  bool IsSubscribed(std::string_view, std::string_view) const override { return false; }

  mutable size_t looked_at = 0;

 private:
  std::vector<routing::DestinationPtr> places_;
};

class ChangeTest : public DispatcherTest {
 protected:
  /// Puts these in force at some places, the others as before. Empty names: nothing.
  absl::Status Change(const std::vector<std::pair<uint32_t, model::Destination>>& changes) {
    std::vector<uint32_t> places;
    for (const auto& [place, destination] : changes) {
      places.push_back(place);
      if (places_.size() <= place) places_.resize(place + 1);
      places_[place] = destination.name.empty()
                           ? nullptr
                           : std::make_shared<const model::Destination>(destination);
    }
    table_ = std::make_shared<CountingTable>(places_);
    std::optional<absl::Status> result;
    dispatcher_->PrepareTable({table_, places}, [&](absl::Status status) {
      if (status.ok()) dispatcher_->CommitTable();
      result = std::move(status);
    });
    while (!result && executor_.Step()) {
    }
    return result.value_or(absl::InternalError("never in force"));
  }
  std::vector<std::string> Ended() {
    std::vector<std::string> ended = std::exchange(ended_, {});
    std::ranges::sort(ended);
    return ended;
  }

  std::vector<routing::DestinationPtr> places_;
  std::shared_ptr<CountingTable> table_;
};

TEST_F(ChangeTest, AddedChangedRenamedRemoved) {
  ASSERT_TRUE(Change({{0, Named("a")}, {1, Named("b")}, {2, Named("c")}}).ok());
  Publish("e1");
  RunFor(milliseconds(500));
  EXPECT_EQ(Ended(), (std::vector<std::string>{"a e1", "b e1", "c e1"}));
  model::Destination changed = Named("b");
  changed.url = "http://elsewhere/";
  ASSERT_TRUE(Change({{1, changed}, {3, Named("d")}}).ok());
  Publish("e2");
  RunFor(milliseconds(500));
  EXPECT_EQ(Ended(), (std::vector<std::string>{"a e2", "c e2", "d e2", "elsewhere e2"}));
  ASSERT_TRUE(Change({{0, {}}, {2, Named("f")}}).ok()) << "c is renamed in place, a is gone";
  RunFor(milliseconds(100));
  Publish("e3");
  RunFor(milliseconds(500));
  EXPECT_EQ(Ended(), (std::vector<std::string>{"d e3", "elsewhere e3", "f e3"}));
  EXPECT_TRUE(store_.lanes.at(1).closed);
  EXPECT_FALSE(store_.lanes.at(2).closed) << "b is what it was";
  EXPECT_TRUE(store_.lanes.at(3).closed) << "c";
  ASSERT_TRUE(Change({{0, Named("g")}}).ok()) << "a place is given again";
  Publish("e4");
  RunFor(milliseconds(500));
  EXPECT_EQ(Ended(), (std::vector<std::string>{"d e4", "elsewhere e4", "f e4", "g e4"}));
}

TEST_F(ChangeTest, WhatIsInFlightElsewhereGoesOn) {
  end_.after = seconds(2);
  ASSERT_TRUE(Change({{0, Named("a")}, {1, Named("b")}}).ok());
  Publish("e1");
  RunFor(seconds(1));
  ASSERT_TRUE(Change({{1, {}}, {2, Named("c")}}).ok());
  RunFor(seconds(3));
  EXPECT_TRUE(store_.delivered.contains({1, 1}));
  EXPECT_FALSE(store_.delivered.contains({2, 1})) << "b was taken out meanwhile";
  Publish("e2");
  RunFor(seconds(3));
  EXPECT_TRUE(store_.delivered.contains({1, 2}));
  EXPECT_TRUE(store_.delivered.contains({3, 2}));
}

TEST_F(ChangeTest, TheReportPassesOverEmptyPlaces) {
  ASSERT_TRUE(Change({{0, Named("a")}, {2, Named("c")}}).ok());
  end_.status = 500;
  Publish("e1");
  RunFor(milliseconds(500));
  std::optional<model::PendingReport> report;
  dispatcher_->ListPending([&](model::PendingReport all) { report = std::move(all); });
  RunFor(milliseconds(100));
  ASSERT_TRUE(report);
  ASSERT_EQ(report->destinations.size(), 2u);
  EXPECT_EQ(report->destinations[0].name, "a");
  EXPECT_EQ(report->destinations[1].name, "c");
}

TEST_F(ChangeTest, ManyOthersAreNotLookedAt) {
  std::vector<std::pair<uint32_t, model::Destination>> many;
  for (uint32_t i = 0; i < 5'000; ++i) many.emplace_back(i, Named("d" + std::to_string(i)));
  ASSERT_TRUE(Change(many).ok());
  EXPECT_GE(table_->looked_at, many.size());
  model::Destination changed = Named("d77");
  changed.concurrency = 1;
  ASSERT_TRUE(Change({{77, changed}}).ok());
  EXPECT_LT(table_->looked_at, 10u);
  ASSERT_TRUE(Change({}).ok()) << "only routes changed";
  EXPECT_EQ(table_->looked_at, 0u);
}

TEST_F(ChangeTest, OneThatCannotBeOpenedChangesNothing) {
  ASSERT_TRUE(Change({{0, Named("a")}}).ok());
  model::Destination changed = Named("a");
  changed.url = "http://elsewhere/";
  const auto before = places_;
  journal_->disk_full = true;
  EXPECT_FALSE(Change({{0, changed}, {1, Named("b")}}).ok());
  journal_->disk_full = false;
  places_ = before;
  Publish("e1");
  RunFor(milliseconds(500));
  EXPECT_EQ(Ended(), std::vector<std::string>{"a e1"});
}

}  // namespace
}  // namespace carillon::delivery

// Several sources as one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "carillon/resource/source.h"
#include "resource_fixtures.h"

namespace carillon::resource {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TestSource final : public Source {
 public:
  TestSource(std::string name, SnapshotPtr first)
      : name_(std::move(name)), current_(std::move(first)) {}
  std::string_view name() const override { return name_; }
  SnapshotPtr current() const override { return current_; }
  void Subscribe(Take take) override { take_ = std::move(take); }
  bool subscribed() const { return take_ != nullptr; }

  absl::Status Offer(const SnapshotPtr& next) {
    absl::Status told = absl::InternalError("nothing was told");
    take_(next, [&](absl::Status status) { told = std::move(status); });
    if (told.ok()) current_ = next;
    return told;
  }
  /// What became of it is told later: `told` gets the name and the status.
  void OfferLater(const SnapshotPtr& next, std::vector<std::string>& told) {
    take_(next, [this, next, &told](const absl::Status& status) {
      if (status.ok()) current_ = next;
      told.push_back(name_ + " " + std::to_string(next->revision) + " " +
                     std::string(absl::StatusCodeToString(status.code())));
    });
  }

 private:
  const std::string name_;
  SnapshotPtr current_;
  Take take_;
};

std::vector<std::string> NamesIn(const SnapshotPtr& snapshot) {
  std::vector<std::string> names;
  snapshot->ForEachDestination(
      [&](const model::Destination& d) { names.push_back(d.tenant + "/" + d.name); });
  return names;
}

/// What a store has: nothing of the operator's.
SnapshotPtr Stored(uint64_t revision, std::vector<model::Destination> destinations,
                   const SnapshotPtr& before = nullptr) {
  auto snapshot = std::make_shared<Snapshot>(*Make(revision, std::move(destinations), {}, before));
  snapshot->settings.reset();
  snapshot->types =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"w", "x"});
  return snapshot;
}

class LayersTest : public testing::Test {
 protected:
  void Start() {
    auto layers = Layers::Create({&file_, &store_});
    ASSERT_TRUE(layers.ok()) << layers.status();
    layers_ = *std::move(layers);
    layers_->Subscribe([this](const SnapshotPtr& snapshot, Source::Done done) {
      if (holds_) {
        EXPECT_EQ(held_, nullptr) << "one at a time";
        if (begun_ != nullptr) begun_->push_back("begun");
        offered_ = snapshot;
        held_ = std::move(done);
        return;
      }
      if (answer_.ok()) taken_ = snapshot;
      done(answer_);
    });
  }
  void Answer(absl::Status status) {
    auto done = std::exchange(held_, nullptr);
    ASSERT_NE(done, nullptr);
    done(std::move(status));
  }

  TestSource file_{"the file", Make(1, {Named("t/a"), Named("u/a")})};
  TestSource store_{"the store", Stored(5, {Named("t/b"), Named("v/a")})};
  std::unique_ptr<Layers> layers_;
  SnapshotPtr taken_;
  absl::Status answer_;
  bool holds_ = false;  // it is answered later
  SnapshotPtr offered_;
  Source::Done held_;
  std::vector<std::string>* begun_ = nullptr;  // told of each that begins
};

TEST_F(LayersTest, AllAreInForce) {
  Start();
  const SnapshotPtr merged = layers_->current();
  EXPECT_THAT(NamesIn(merged), ElementsAre("t/a", "t/b", "u/a", "v/a"));
  EXPECT_THAT(*merged->types, ElementsAre("w", "x", "y"));
  ASSERT_TRUE(merged->settings);
  EXPECT_EQ(merged->settings->max_in_flight, 7u) << "of the layer that has any";
  EXPECT_EQ(merged->tenants[1], file_.current()->tenants[1]) << "shared";
}

TEST_F(LayersTest, AChangeOfEitherIsPassedOn) {
  Start();
  EXPECT_EQ(layers_->current()->revision, 1u);
  ASSERT_TRUE(store_.Offer(Stored(6, {Named("v/a")}, store_.current())).ok());
  EXPECT_THAT(NamesIn(taken_), ElementsAre("t/a", "u/a", "v/a"));
  EXPECT_EQ(taken_, layers_->current());
  EXPECT_EQ(taken_->revision, 2u);
  ASSERT_TRUE(file_.Offer(Make(2, {Named("t/c")}, {}, file_.current())).ok());
  EXPECT_THAT(NamesIn(taken_), ElementsAre("t/c", "v/a"));
  EXPECT_EQ(taken_->revision, 3u);
}

TEST_F(LayersTest, ANameInBothIsRefusedWhoeverCameLater) {
  Start();
  const SnapshotPtr before = layers_->current();
  absl::Status status = store_.Offer(Stored(6, {Named("t/a"), Named("u/a"), Named("v/a")}));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(status.message(),
            "the destination 't/a' of the store is in the file already\n"
            "the destination 'u/a' of the store is in the file already");
  EXPECT_EQ(layers_->current(), before);
  EXPECT_EQ(taken_, nullptr);
  status = file_.Offer(Make(2, {Named("v/a")}, {ToAll("v/s")}));
  EXPECT_THAT(std::string(status.message()), HasSubstr("'v/a'"));
  EXPECT_TRUE(file_.Offer(Make(2, {Named("v/b")})).ok()) << "another name of that tenant";
  EXPECT_THAT(NamesIn(taken_), ElementsAre("t/b", "v/a", "v/b"));
}

TEST_F(LayersTest, ANameMayMoveFromOneToTheOther) {
  Start();
  ASSERT_TRUE(file_.Offer(Make(2, {Named("u/a")}, {}, file_.current())).ok());
  ASSERT_TRUE(store_.Offer(Stored(6, {Named("t/a"), Named("v/a")})).ok());
  EXPECT_THAT(NamesIn(taken_), ElementsAre("t/a", "u/a", "v/a"));
}

TEST_F(LayersTest, SubscriptionsClashAsDestinationsDo) {
  const auto file = Make(1, {}, {ToAll("t/s")});
  const auto store = Make(1, {Named("t/s")}, {ToAll("t/s")});
  EXPECT_EQ(Merge({{"the file", file}, {"the store", store}}, 1).status().message(),
            "the subscription 't/s' of the store is in the file already");
}

TEST_F(LayersTest, OfManyClashesSomeAreTold) {
  std::vector<model::Destination> many;
  for (int i = 0; i < 20; ++i) many.push_back(Named("t/d" + std::to_string(i)));
  const std::string message(
      Merge({{"the file", Make(1, many)}, {"the store", Make(1, many)}}, 1).status().message());
  EXPECT_EQ(std::ranges::count(message, '\n'), 9);
}

TEST_F(LayersTest, OfThreeAClashMayBeWithEither) {
  const auto with = [](const std::string& name) { return Make(1, {Named(name)}); };
  EXPECT_EQ(
      Merge({{"a", with("t/a")}, {"b", with("t/b")}, {"c", with("t/b")}}, 1).status().message(),
      "the destination 't/b' of c is in a, or another source, already");
}

TEST_F(LayersTest, ChangesGoOneAfterAnotherInTheirOrder) {
  Start();
  holds_ = true;
  std::vector<std::string> told;
  store_.OfferLater(Stored(6, {Named("v/a")}), told);
  file_.OfferLater(Make(2, {Named("t/c")}), told);
  store_.OfferLater(Stored(7, {Named("v/b")}), told);
  EXPECT_THAT(NamesIn(offered_), ElementsAre("t/a", "u/a", "v/a"));
  Answer(absl::OkStatus());
  EXPECT_THAT(told, ElementsAre("the store 6 OK"));
  EXPECT_THAT(NamesIn(offered_), ElementsAre("t/c", "v/a"));
  Answer(absl::UnavailableError("no"));
  EXPECT_THAT(NamesIn(offered_), ElementsAre("t/a", "u/a", "v/b")) << "without what was refused";
  Answer(absl::OkStatus());
  EXPECT_THAT(told, ElementsAre("the store 6 OK", "the file 2 UNAVAILABLE", "the store 7 OK"));
  EXPECT_THAT(NamesIn(layers_->current()), ElementsAre("t/a", "u/a", "v/b"));
}

TEST_F(LayersTest, TheNewestOfASourceTakesThePlaceOfWhatWaits) {
  Start();
  holds_ = true;
  std::vector<std::string> told;
  file_.OfferLater(Make(2, {Named("t/c")}), told);
  store_.OfferLater(Stored(6, {Named("v/a")}), told);
  file_.OfferLater(Make(3, {Named("t/d")}), told);
  store_.OfferLater(Stored(7, {Named("v/b")}), told);
  file_.OfferLater(Make(4, {Named("t/e")}), told);
  EXPECT_THAT(told, ElementsAre("the store 6 CANCELLED", "the file 3 CANCELLED"));
  Answer(absl::OkStatus());
  EXPECT_THAT(NamesIn(offered_), ElementsAre("t/c", "v/b")) << "it kept its turn";
  Answer(absl::OkStatus());
  EXPECT_THAT(NamesIn(offered_), ElementsAre("t/e", "v/b"));
  Answer(absl::OkStatus());
  EXPECT_EQ(held_, nullptr);
}

TEST_F(LayersTest, WhatFollowsAChangeComesBeforeTheNext) {
  Start();
  holds_ = true;
  std::vector<std::string> told;
  file_.OfferLater(Make(2, {Named("t/c")}), told);
  store_.OfferLater(Stored(6, {Named("v/a")}), told);
  begun_ = &told;
  Answer(absl::OkStatus());
  EXPECT_THAT(told, ElementsAre("the file 2 OK", "begun"));
}

TEST_F(LayersTest, WhatWaitsWhenItEndsIsCancelled) {
  Start();
  holds_ = true;
  std::vector<std::string> told;
  file_.OfferLater(Make(2, {Named("t/c")}), told);
  store_.OfferLater(Stored(6, {Named("v/a")}), told);
  layers_->Subscribe(nullptr);
  EXPECT_THAT(told, ElementsAre("the store 6 CANCELLED"));
  Answer(absl::OkStatus());
  EXPECT_THAT(told, ElementsAre("the store 6 CANCELLED", "the file 2 OK"));
}

TEST_F(LayersTest, WhatIsRefusedFurtherUpIsNotTaken) {
  Start();
  answer_ = absl::ResourceExhaustedError("the disk is full");
  const SnapshotPtr before = layers_->current();
  EXPECT_EQ(store_.Offer(Stored(6, {})), answer_);
  EXPECT_EQ(layers_->current(), before);
  answer_ = absl::OkStatus();
  ASSERT_TRUE(file_.Offer(Make(2, {})).ok());
  EXPECT_THAT(NamesIn(taken_), ElementsAre("t/b", "v/a")) << "the store's as they were";
}

TEST_F(LayersTest, TheFirstMayClashToo) {
  TestSource other("the store", Stored(1, {Named("u/a")}));
  EXPECT_EQ(Layers::Create({&file_, &other}).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(LayersTest, ItsEndEndsTheSubscriptions) {
  Start();
  EXPECT_TRUE(file_.subscribed());
  layers_.reset();
  EXPECT_FALSE(file_.subscribed());
  EXPECT_FALSE(store_.subscribed());
}

}  // namespace
}  // namespace carillon::resource

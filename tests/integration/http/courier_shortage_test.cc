// What the courier does when this machine is short of descriptors, look-ups, ...
#include <thread>

#include "courier_fixture.h"
#include "few_descriptors.h"

namespace carillon::http {
namespace {

using model::Resource;
using model::ShortageEffect;
using testing::HasSubstr;

class CourierShortageTest : public CourierTest {
 protected:
  CourierOptions With(base::DescriptorBudget* budget) {
    CourierOptions options;
    options.descriptors = budget;
    options.on_shortage = [this](const LocalShortage& shortage) {
      effects_.push_back(shortage.effect);
      resources_.push_back(shortage.resource);
    };
    return options;
  }
  EndpointId Open(const Receiver& receiver) { return courier_->Open(To(receiver.port())); }
  Outcome WireOf(uint64_t token) { return responses_[token].at(0).wire; }

  std::vector<ShortageEffect> effects_;
  std::vector<Resource> resources_;
};

/// A budget that outlives the courier.
struct Held {
  base::DescriptorBudget budget;
  std::unique_ptr<Courier>& courier;
  ~Held() { courier.reset(); }
};

/// Answers when it is told to.
class Gate {
 public:
  Receiver::Script Script() {
    return [this](Peer& peer) {
      while (!peer.ReadRequest().empty()) {
        ++waiting_;
        while (!open_) std::this_thread::sleep_for(milliseconds(1));
        peer.Send(kOk);
      }
    };
  }
  ~Gate() { Open(); }
  void Open() { open_ = true; }
  int waiting() const { return waiting_; }

 private:
  std::atomic<bool> open_ = false;
  std::atomic<int> waiting_ = 0;
};

TEST_F(CourierShortageTest, WithoutADescriptorNothingWasTriedAndNobodyIsToBlame) {
  Receiver receiver(AnswerAll());
  MakeCourier(With(nullptr));
  const EndpointId endpoint = Open(receiver);
  {
    const NoDescriptors none;
    const Response response = Ask(endpoint);
    EXPECT_EQ(response.wire, Outcome::kLocalShortage);
    EXPECT_THAT(response.error, HasSubstr("Too many open files"));
  }
  EXPECT_EQ(receiver.connections(), 0);
  EXPECT_THAT(resources_, testing::ElementsAre(Resource::kDescriptors));
  EXPECT_THAT(effects_, testing::ElementsAre(ShortageEffect::kPostponed));
  EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
}

TEST_F(CourierShortageTest, AnIdleConnectionGivesWayWhereTheProcessHasNoDescriptorLeft) {
  Receiver first(AnswerAll()), second(AnswerAll());
  const EndpointId a = Open(first);
  const EndpointId b = Open(second);
  EXPECT_EQ(Ask(a).wire, Outcome::kSuccess);
  {
    const NoDescriptors none;
    EXPECT_EQ(Ask(b).wire, Outcome::kLocalShortage);
  }
  EXPECT_EQ(Ask(a).wire, Outcome::kSuccess);
  EXPECT_EQ(first.connections(), 2) << "its connection was closed, so that the next finds one";
}

TEST_F(CourierShortageTest, TooManyLookupsAreNoFaultOfTheName) {
  MakeCourier(With(nullptr));
  resolver_.answers["shop.test"] = absl::ResourceExhaustedError("too many look-ups wait");
  const Response response = AskOnce(To(80, "shop.test"));
  EXPECT_EQ(response.wire, Outcome::kLocalShortage);
  EXPECT_THAT(resources_, testing::ElementsAre(Resource::kLookups));
}

TEST_F(CourierShortageTest, OfConnectionsThatWereUsedOnceTheLongestIdleGivesWay) {
  Held held{base::DescriptorBudget(2), courier_};
  base::DescriptorBudget& budget = held.budget;
  MakeCourier(With(&budget));
  Receiver receivers[] = {Receiver(AnswerAll()), Receiver(AnswerAll()), Receiver(AnswerAll())};
  std::vector<EndpointId> endpoints;
  for (const Receiver& receiver : receivers) endpoints.push_back(Open(receiver));
  for (const int i : {0, 1, 0, 2}) EXPECT_EQ(Ask(endpoints[i]).wire, Outcome::kSuccess);
  EXPECT_EQ(budget.taken(), 2u);
  EXPECT_THAT(effects_, testing::ElementsAre(ShortageEffect::kIdleClosed));
  EXPECT_EQ(Ask(endpoints[0]).wire, Outcome::kSuccess);
  EXPECT_EQ(receivers[0].connections(), 1) << "used later than the other";
  EXPECT_EQ(Ask(endpoints[1]).wire, Outcome::kSuccess);
  EXPECT_EQ(receivers[1].connections(), 2);
}

// Closing what was idle for longest would close each right before its turn.
TEST_F(CourierShortageTest, WhereMoreTakeTurnsThanThereArePlacesAPartKeepsItsConnections) {
  Held held{base::DescriptorBudget(20), courier_};
  MakeCourier(With(&held.budget));
  Receiver receiver(AnswerAll());
  std::vector<EndpointId> endpoints;
  for (int i = 0; i < 30; ++i) endpoints.push_back(Open(receiver));
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    for (const EndpointId endpoint : endpoints) {
      EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
    }
  }
  EXPECT_LT(receiver.connections(), 30 * kRounds * 3 / 4);
}

TEST_F(CourierShortageTest, WhatIsUsedAllTheTimeKeepsItsConnectionWhileOthersTakeTurns) {
  Held held{base::DescriptorBudget(10), courier_};
  MakeCourier(With(&held.budget));
  Receiver receiver(AnswerAll()), often(AnswerAll());
  const EndpointId frequent = Open(often);
  std::vector<EndpointId> endpoints;
  for (int i = 0; i < 30; ++i) endpoints.push_back(Open(receiver));
  EXPECT_EQ(Ask(frequent).wire, Outcome::kSuccess);
  for (int round = 0; round < 5; ++round) {
    for (const EndpointId endpoint : endpoints) {
      EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
      EXPECT_EQ(Ask(frequent).wire, Outcome::kSuccess);
    }
  }
  // Of 150 times. What is told apart by time (IdlePool's unit tests), a pause of the machine blurs;
  // were all idle ones alike, it would be 16.
  EXPECT_LT(often.connections(), 8);
}

TEST_F(CourierShortageTest, AnAttemptWaitsForThePlaceOfAnother) {
  Held held{base::DescriptorBudget(1), courier_};
  base::DescriptorBudget& budget = held.budget;
  MakeCourier(With(&budget));
  Gate gate;
  Receiver slow(gate.Script()), quick(AnswerAll());
  const EndpointId a = Open(slow);
  const EndpointId b = Open(quick);
  const uint64_t first = Post(a);
  RunUntil([&] { return gate.waiting() == 1; });
  const uint64_t second = Post(b);
  io_.restart();
  io_.run_for(milliseconds(50));
  EXPECT_EQ(quick.connections(), 0);
  EXPECT_EQ(budget.waiting(), 1u);
  gate.Open();
  RunUntilReported(2);
  EXPECT_EQ(WireOf(first), Outcome::kSuccess);
  EXPECT_EQ(WireOf(second), Outcome::kSuccess);
  EXPECT_THAT(effects_, testing::ElementsAre(ShortageEffect::kWaited));
}

TEST_F(CourierShortageTest, ManyEndpointsTakeTurnsWithFewPlaces) {
  Held held{base::DescriptorBudget(3), courier_};
  base::DescriptorBudget& budget = held.budget;
  MakeCourier(With(&budget));
  Receiver receiver(AnswerAll());
  std::vector<EndpointId> endpoints;
  for (int i = 0; i < 40; ++i) endpoints.push_back(Open(receiver));
  std::vector<uint64_t> tokens;
  for (int round = 0; round < 5; ++round) {
    for (const EndpointId endpoint : endpoints) tokens.push_back(Post(endpoint));
  }
  RunUntilReported(tokens.size());
  for (const uint64_t token : tokens) EXPECT_EQ(WireOf(token), Outcome::kSuccess);
  EXPECT_LE(budget.taken(), 3u);
  RunUntil([&] { return budget.waiting() == 0; });  // what is not needed any more goes round
  courier_.reset();
  EXPECT_EQ(budget.taken(), 0u);
}

TEST_F(CourierShortageTest, WhoWaitsUntilTheTotalTimeoutWasNeverTried) {
  Held held{base::DescriptorBudget(1), courier_};
  base::DescriptorBudget& budget = held.budget;
  MakeCourier(With(&budget));
  Gate gate;
  Receiver slow(gate.Script()), quick(AnswerAll());
  const EndpointId a = Open(slow);
  EndpointOptions hasty = To(quick.port());
  hasty.total_timeout = milliseconds(100);
  const EndpointId b = courier_->Open(hasty);
  Post(a);
  RunUntil([&] { return gate.waiting() == 1; });
  EXPECT_EQ(Ask(b).wire, Outcome::kLocalShortage);
  courier_->Close(b);
  gate.Open();
  RunUntilReported(2);
  // The place that was kept for the one that is gone is not lost.
  RunUntil([&] { return budget.waiting() == 0 && budget.taken() == 0; });
}

TEST_F(CourierShortageTest, AnotherCouriersIdleConnectionGivesWay) {
  Held held{base::DescriptorBudget(1), courier_};
  base::DescriptorBudget& budget = held.budget;
  MakeCourier(With(&budget));
  Receiver first(AnswerAll()), second(AnswerAll());
  EXPECT_EQ(Ask(Open(first)).wire, Outcome::kSuccess);
  std::unique_ptr<Courier> other = std::move(courier_);
  MakeCourier(With(&budget));
  EXPECT_EQ(Ask(Open(second)).wire, Outcome::kSuccess);
  EXPECT_EQ(budget.taken(), 1u);
  other.reset();
  EXPECT_EQ(budget.taken(), 1u);
  courier_.reset();
  EXPECT_EQ(budget.taken(), 0u);
}

TEST_F(CourierShortageTest, AResentRequestKeepsItsPlace) {
  Held held{base::DescriptorBudget(1), courier_};
  base::DescriptorBudget& budget = held.budget;
  MakeCourier(With(&budget));
  Receiver receiver(AnswerAndClose(kOk));
  const EndpointId endpoint = Open(receiver);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask(endpoint).wire, Outcome::kSuccess);
  courier_->Close(endpoint);
  EXPECT_EQ(budget.taken(), 0u);
}

}  // namespace
}  // namespace carillon::http

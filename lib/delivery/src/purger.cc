#include "purger.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace carillon::delivery {
namespace {

absl::Status NoSuchLane() { return absl::NotFoundError("the destination is not in force"); }

}  // namespace

/// Named deliveries that are being given up.
struct Purger::Named {
  PurgeOrder order;
  Done done;
  store::LaneId lane = 0;
  std::vector<std::optional<PurgeResult::Item>> found;  // of each; unset: not looked for yet
  std::vector<uint64_t> dead;                           // positions, ascending
  uint64_t answers = 0;  // of questions for marks, that are to be there

  void Tell() {
    PurgeResult result;
    for (const auto& each : found) {
      result.items.push_back(each.value_or(PurgeResult::Item::kGone));
      result.purged += result.items.back() == PurgeResult::Item::kPurged ? 1 : 0;
    }
    std::exchange(done, nullptr)(std::move(result));
  }
};

void Purger::Run(const PurgeOrder& order, Done done) {
  Lane* const lane = routes_.LaneNamed(order.place, order.tenant, order.name);
  if (lane == nullptr) return done(NoSuchLane());
  if (order.items.empty()) return walks_.Add(*lane, order, std::move(done));
  auto named = std::make_shared<Named>(
      Named{.order = order, .done = std::move(done), .lane = lane->id(), .found = {}, .dead = {}});
  named->found.resize(order.items.size());
  // What was taken to be sent, and waits for its turn, is given up like what was not.
  lane->retries().Drop();
  scheduler_.Touched(*lane);
  FindNext(*lane, named);
}

void Purger::FindNext(Lane& lane, const NamedPtr& named) {
  const std::vector<PurgeOrder::Item>& items = named->order.items;
  for (size_t i = 0; i < items.size(); ++i) {
    if (named->found[i] || !items[i].due) continue;
    return finder_.Find(lane, items[i].position, *items[i].due,
                        [this, named, i](Lane* found, const store::Parked* row) {
                          if (found == nullptr || found->closing()) {
                            return std::exchange(named->done, nullptr)(NoSuchLane());
                          }
                          named->found[i] = PurgeResult::Item::kGone;
                          if (row != nullptr) OnRow(*found, *named, *row);
                          FindNext(*found, named);
                        });
  }
  LetPass(lane, named);
}

// All that are named of a batch go together: its row is another one afterwards.
void Purger::OnRow(Lane& lane, Named& named, const store::Parked& row) {
  std::vector<uint64_t> positions{row.position};
  for (const store::BatchMember& member : row.rest) positions.push_back(member.position);
  std::vector<bool> wanted(positions.size());
  std::vector<size_t> meant;
  for (size_t i = 0; i < named.order.items.size(); ++i) {
    const PurgeOrder::Item& item = named.order.items[i];
    const auto at = std::ranges::find(positions, item.position);
    if (!item.due || at == positions.end()) continue;
    wanted[static_cast<size_t>(at - positions.begin())] = true;
    meant.push_back(i);
  }
  const bool taken = remover_.Remove(lane, row, wanted, 0);
  for (const size_t i : meant) {
    named.found[i] = taken ? PurgeResult::Item::kPurged : PurgeResult::Item::kLeft;
  }
}

// A group that is stuck behind one of them goes on, which is durable before it is answered.
void Purger::LetPass(Lane& lane, const NamedPtr& named) {
  if (lane.groups().IsStuck(0)) {
    for (const PurgeOrder::Item& item : named->order.items) {
      if (!item.due) named->dead.push_back(item.position);
    }
    std::ranges::sort(named->dead);
  }
  if (!named->dead.empty()) {
    std::vector<uint64_t> all;
    std::ranges::merge(lane.passing, named->dead, std::back_inserter(all));
    lane.passing = std::move(all);
    // An answer that is awaited may have been read before.
    const Groups& groups = lane.groups();
    named->answers = groups.marks_asked() + 1;
    lane.groups().WantMarks();
    scheduler_.Touched(lane);
  }
  passing_.push_back(named);
  GoOn();
}

void Purger::GoOn() {
  walks_.Run();
  std::erase_if(passing_, [this](const NamedPtr& named) { return HavePassed(named); });
}

bool Purger::HavePassed(const NamedPtr& named) {
  const PurgeOrder& order = named->order;
  Lane* const lane = routes_.LaneNamed(order.place, order.tenant, order.name);
  if (lane == nullptr || lane->id() != named->lane) {
    std::exchange(named->done, nullptr)(NoSuchLane());
    return true;
  }
  const Groups& groups = lane->groups();
  if (groups.IsStuck(0) && groups.marks_answered() < named->answers) return false;
  for (const uint64_t position : named->dead) {
    lane->passing.erase(std::ranges::find(lane->passing, position));
  }
  remover_.Tell([named](const absl::Status& status) {
    if (!status.ok()) return std::exchange(named->done, nullptr)(status);
    named->Tell();
  });
  return true;
}

}  // namespace carillon::delivery

#include "parked_row_finder.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace carillon::delivery {
namespace {

// Rows that are due at the very same time: a batch that was taken apart makes so many.
constexpr size_t kSameDue = 1 + store::kMaxRest;
// A row is due so much later at most, having lost others of its batch: see ParkedRows::Shrink.
constexpr std::chrono::nanoseconds kShrunk{1 + store::kMaxRest};

}  // namespace

bool Holds(const store::Parked& row, uint64_t position) {
  return row.position == position ||
         std::ranges::any_of(row.rest, [position](const store::BatchMember& member) {
           return member.position == position;
         });
}

struct ParkedRowFinder::Search {
  uint64_t position = 0;
  store::Due last;  // the latest that it may be due
  Task task;
  std::optional<Lane::Listing> listing;
};

void ParkedRowFinder::Find(Lane& lane, uint64_t position, base::WallTime due, Task task) {
  auto search = std::make_shared<Search>(
      Search{.position = position, .last = store::Due::At(due + kShrunk), .task = std::move(task)});
  // What is removed meanwhile is not taken from an answer that was read before.
  search->listing = lane.BeginListing();
  Ask(lane, search, {lane.id(), store::Due::At(due), 0});
}

void ParkedRowFinder::Ask(Lane& lane, const std::shared_ptr<Search>& search,
                          const store::ParkedKey& from) {
  journal_.ListParked(lane, UINT64_MAX, from, kSameDue,
                      [this, search](Lane* asked, const store::ParkedPage& page) {
                        if (asked == nullptr) return search->task(nullptr, nullptr);
                        OnPage(*asked, search, page);
                      });
}

void ParkedRowFinder::OnPage(Lane& lane, const std::shared_ptr<Search>& search,
                             const store::ParkedPage& page) {
  const auto found = std::ranges::find_if(page.rows, [&](const store::Parked& row) {
    return row.due <= search->last && Holds(row, search->position);
  });
  const bool there = found != page.rows.end() && !lane.closing();
  const bool more = page.next && page.next->due <= search->last && !lane.closing();
  if (!there && more) return Ask(lane, search, *page.next);
  search->task(&lane, there ? &*found : nullptr);
  lane.EndListing(*std::move(search->listing));
}

}  // namespace carillon::delivery

#include "carillon/statistics/cell.h"

#include <algorithm>
#include <numeric>

#include "varint.h"

namespace carillon::statistics {
namespace {

/// Takes the counts of attempts that a cell begins with, and adds them to `attempts`.
bool TakeAttempts(std::string_view& bytes, std::array<uint64_t, model::kOutcomeCount>& attempts) {
  uint64_t mask = 0;
  if (!TakeVarint(bytes, mask) || (mask >> model::kOutcomeCount) != 0) return false;
  for (size_t i = 0; i < attempts.size(); ++i) {
    uint64_t count = 0;
    if ((mask >> i & 1) == 0) continue;
    if (!TakeVarint(bytes, count)) return false;
    attempts[i] += count;
  }
  return true;
}

}  // namespace

uint64_t Cell::AllAttempts() const {
  return std::accumulate(attempts.begin(), attempts.end(), uint64_t{0});
}

void Cell::Merge(const Cell& other) {
  for (size_t i = 0; i < attempts.size(); ++i) attempts[i] += other.attempts[i];
  delivered += other.delivered;
  dead += other.dead;
  sent_bytes += other.sent_bytes;
  accepted += other.accepted;
  max_us = std::max(max_us, other.max_us);
  latency.Merge(other.latency);
}

void Cell::AppendTo(std::string& bytes) const {
  uint64_t mask = 0;
  for (size_t i = 0; i < attempts.size(); ++i) {
    if (attempts[i] > 0) mask |= uint64_t{1} << i;
  }
  PutVarint(bytes, mask);
  for (const uint64_t count : attempts) {
    if (count > 0) PutVarint(bytes, count);
  }
  for (const uint64_t number : {delivered, dead, sent_bytes, accepted, uint64_t{max_us}}) {
    PutVarint(bytes, number);
  }
  latency.AppendTo(bytes);
}

bool Cell::MergeFrom(std::string_view bytes) {
  if (!TakeAttempts(bytes, attempts)) return false;
  for (uint64_t* const number : {&delivered, &dead, &sent_bytes, &accepted}) {
    uint64_t count = 0;
    if (!TakeVarint(bytes, count)) return false;
    *number += count;
  }
  uint64_t longest = 0;
  if (!TakeVarint(bytes, longest) || longest > UINT32_MAX) return false;
  max_us = std::max(max_us, static_cast<uint32_t>(longest));
  return latency.MergeFrom(bytes) && bytes.empty();
}

uint64_t Cell::AttemptsIn(std::string_view bytes) {
  Cell cell;
  return TakeAttempts(bytes, cell.attempts) ? cell.AllAttempts() : 0;
}

}  // namespace carillon::statistics

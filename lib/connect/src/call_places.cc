#include "call_places.h"

#include "absl/strings/str_cat.h"

namespace carillon::connect {
namespace {

constexpr std::chrono::seconds kLater{1};

Error TooManyBytes(size_t most) {
  return MakeError(v1::TOO_MANY_WAITING_BYTES,
                   absl::StrCat("the requests by HTTP that are under way have up to ", most,
                                " bytes, the most that is allowed; try again later"),
                   kLater);
}

}  // namespace

std::optional<Error> CallPlaces::Enter(bool stream, size_t bytes, Ticket& ticket) {
  const base::MutexLock lock(mutex_);
  const size_t most = stream ? bounds_.max_streams : bounds_.max_calls;
  size_t& count = stream ? streams_ : calls_;
  if (count >= most) {
    return MakeError(
        stream ? v1::TOO_MANY_STREAMS : v1::TOO_MANY_CALLS,
        absl::StrCat(most, stream ? " streams" : " calls",
                     " by HTTP are under way, the most that is allowed; try again later"),
        kLater);
  }
  if (bytes_ + bytes > bounds_.max_held_bytes) return TooManyBytes(bounds_.max_held_bytes);
  ++count;
  bytes_ += bytes;
  ticket.all_ = this;
  ticket.stream_ = stream;
  ticket.bytes_ = bytes;
  return std::nullopt;
}

std::optional<Error> CallPlaces::Ticket::Hold(size_t bytes) {
  if (all_ == nullptr || bytes <= bytes_) return std::nullopt;
  const base::MutexLock lock(all_->mutex_);
  const size_t more = bytes - bytes_;
  if (all_->bytes_ + more > all_->bounds_.max_held_bytes) {
    return TooManyBytes(all_->bounds_.max_held_bytes);
  }
  all_->bytes_ += more;
  bytes_ = bytes;
  return std::nullopt;
}

void CallPlaces::Ticket::Leave() {
  CallPlaces* const all = std::exchange(all_, nullptr);
  if (all == nullptr) return;
  const base::MutexLock lock(all->mutex_);
  --(stream_ ? all->streams_ : all->calls_);
  all->bytes_ -= bytes_;
}

}  // namespace carillon::connect

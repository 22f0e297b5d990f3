#include "places.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "carillon/base/mutex.h"
#include "endpoint.h"

namespace carillon::http {
namespace {

/// What one call of another courier makes this one close at most.
constexpr size_t kMostAtOnce = 16;

}  // namespace

/// Where the budget leaves word, on any thread; read on the courier's. Posted calls hold it, so it
/// can outlive the courier and its context.
class Places::Box final : public base::DescriptorBudget::Party,
                          public std::enable_shared_from_this<Box> {
 public:
  Box(boost::asio::io_context& io, Places& places) : io_(&io), places_(&places) {}

  void OnPlace() override {
    const base::MutexLock lock(mutex_);
    ++arrived_;
    Post();
  }

  void OnWanted(size_t wanted) override {
    const base::MutexLock lock(mutex_);
    wanted_ = wanted;
    Post();
  }

  /// How many places came and were not taken over.
  size_t Shut() {
    const base::MutexLock lock(mutex_);
    io_ = nullptr;
    places_ = nullptr;
    return std::exchange(arrived_, 0);
  }

 private:
  void Post() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (io_ == nullptr || std::exchange(posted_, true)) return;
    boost::asio::post(*io_, [self = shared_from_this()] { self->Read(); });
  }

  void Read() {
    base::MutexLock lock(mutex_);
    posted_ = false;
    Places* const places = places_;
    if (places == nullptr) return;
    const size_t arrived = std::exchange(arrived_, 0);
    const size_t wanted = std::exchange(wanted_, 0);
    lock.Unlock();
    places->OnPlaces(arrived);
    places->OnWanted(wanted);
  }

  base::Mutex mutex_;
  boost::asio::io_context* io_ ABSL_GUARDED_BY(mutex_);  // null once shut
  Places* places_ ABSL_GUARDED_BY(mutex_);
  size_t arrived_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t wanted_ ABSL_GUARDED_BY(mutex_) = 0;
  bool posted_ ABSL_GUARDED_BY(mutex_) = false;
};

Places::Places(boost::asio::io_context& io, base::DescriptorBudget* budget,
               const base::Clock& clock)
    : budget_(budget),
      clock_(clock),
      box_(budget == nullptr ? nullptr : std::make_shared<Box>(io, *this)) {
  if (budget_ != nullptr) budget_->Join(*box_);
}

Places::~Places() {
  if (budget_ == nullptr) return;
  budget_->Leave(*box_);
  for (size_t left = box_->Shut(); left > 0; --left) budget_->Give();
}

Places::Taken Places::Take(Endpoint& endpoint) {
  if (budget_ == nullptr || budget_->TryTake()) return Taken::kYes;
  if (endpoint.waits_for_place) return Taken::kWaited;
  if (CloseLeastNeeded() && budget_->TryTake()) return Taken::kFromIdle;
  if (budget_->TakeOrWait(*box_)) return Taken::kYes;
  endpoint.waits_for_place = true;
  waiting_.push_back(&endpoint);
  return Taken::kWaits;
}

void Places::Give() {
  if (budget_ != nullptr) budget_->Give();
}

void Places::Forget(Endpoint& endpoint) {
  if (!std::exchange(endpoint.waits_for_place, false)) return;
  std::erase(waiting_, &endpoint);
}

bool Places::CloseLeastNeeded() {
  IdleSlot* const least = idle_.LeastNeeded(clock_.Mono());
  if (least == nullptr) return false;
  static_cast<IdleConnection*>(least)->connection.GiveWay();
  return true;
}

void Places::OnPlaces(size_t count) {
  for (; count > 0; --count) {
    bool used = false;
    while (!used && !waiting_.empty()) {
      Endpoint* const endpoint = waiting_.front();
      waiting_.pop_front();
      endpoint->waits_for_place = false;
      used = endpoint->UsePlace();
    }
    if (!used) Give();
  }
}

void Places::OnWanted(size_t count) {
  for (size_t left = std::min(count, kMostAtOnce); left > 0 && CloseLeastNeeded();) --left;
}

}  // namespace carillon::http

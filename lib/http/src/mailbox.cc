#include "mailbox.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <vector>

namespace carillon::http {

void Mailbox::Ask(Resolver& resolver, const std::string& host, const std::string& tenant,
                  std::weak_ptr<LookupUser> user) {
  resolver.Resolve(host, tenant,
                   [self = shared_from_this(), user = std::move(user)](
                       absl::StatusOr<Addresses> answer) { self->Put({user, std::move(answer)}); });
}

void Mailbox::Shut() {
  const base::MutexLock lock(mutex_);
  io_ = nullptr;
  letters_.clear();
}

void Mailbox::Put(Letter letter) {
  const base::MutexLock lock(mutex_);
  if (io_ == nullptr) return;
  letters_.push_back(std::move(letter));
  Post();
}

void Mailbox::Post() {
  if (std::exchange(posted_, true)) return;
  boost::asio::post(*io_, [self = shared_from_this()] { self->Drain(); });
}

void Mailbox::Drain() {
  std::vector<Letter> letters;
  {
    const base::MutexLock lock(mutex_);
    posted_ = false;
    const auto end = letters_.begin() + static_cast<ptrdiff_t>(std::min(kAtOnce, letters_.size()));
    letters.assign(std::make_move_iterator(letters_.begin()), std::make_move_iterator(end));
    letters_.erase(letters_.begin(), end);
    if (!letters_.empty()) Post();
  }
  for (auto& [waiting, answer] : letters) {
    if (const auto user = waiting.lock()) user->OnResolved(std::move(answer));
  }
}

}  // namespace carillon::http

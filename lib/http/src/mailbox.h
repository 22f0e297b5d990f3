#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "carillon/base/mutex.h"
#include "carillon/http/resolver.h"

namespace carillon::http {

/// Who waits for a look-up.
class LookupUser {
 public:
  virtual void OnResolved(absl::StatusOr<Addresses> answer) = 0;

 protected:
  ~LookupUser() = default;
};

/// Carries answers from the resolver's thread to the courier's. Look-ups hold it, so it can
/// outlive the courier and its context: what comes after `Shut` is dropped. A resolver thread never
/// owns a LookupUser, and so never destroys its sockets. Each answer begins a connection: kAtOnce
/// of them are handed on at a time, so that what else is ready is not kept waiting by a thousand.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  static constexpr size_t kAtOnce = 16;

  explicit Mailbox(boost::asio::io_context& io) : io_(&io) {}

  /// Asks for `host` in the name of `tenant`; `user` is told on the courier's thread, never from
  /// within.
  void Ask(Resolver& resolver, const std::string& host, const std::string& tenant,
           std::weak_ptr<LookupUser> user);
  void Shut();

 private:
  using Letter = std::pair<std::weak_ptr<LookupUser>, absl::StatusOr<Addresses>>;

  void Put(Letter letter);
  void Post() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drain();

  base::Mutex mutex_;
  boost::asio::io_context* io_ ABSL_GUARDED_BY(mutex_);  // null once shut
  std::deque<Letter> letters_ ABSL_GUARDED_BY(mutex_);
  bool posted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace carillon::http

#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
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
/// owns a LookupUser, and so never destroys its sockets.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  explicit Mailbox(boost::asio::io_context& io) : io_(&io) {}

  /// Asks for `host` in the name of `tenant`; `user` is told on the courier's thread, never from
  /// within.
  void Ask(Resolver& resolver, const std::string& host, const std::string& tenant,
           std::weak_ptr<LookupUser> user);
  void Shut();

 private:
  using Letter = std::pair<std::weak_ptr<LookupUser>, absl::StatusOr<Addresses>>;

  void Put(Letter letter);
  void Drain();

  std::mutex mutex_;
  boost::asio::io_context* io_;  // null once shut
  std::vector<Letter> letters_;
};

}  // namespace carillon::http

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "carillon/base/mutex.h"
#include "carillon/base/secret.h"
#include "carillon/guard/rules.h"

namespace carillon::net {

/// A forward proxy that is asked by CONNECT, in the clear. Where it stands is the operator's
/// business: the guard does not look at its address.
struct Proxy {
  std::string host;  ///< as Url::host
  uint16_t port = 80;
  std::string username;  ///< empty where there are no credentials
  base::Secret password;
  friend bool operator==(const Proxy&, const Proxy&) = default;
};

/// How connections to destinations leave this machine. Made without more: straight, and only to
/// public addresses.
struct Egress {
  guard::Rules rules;
  std::optional<Proxy> proxy;
};

/// Holds the egress in force. Thread-safe. A connection follows the one that was in force when it
/// was dialled.
class EgressSwitch {
 public:
  explicit EgressSwitch(Egress egress = {}) { Set(std::move(egress)); }
  std::shared_ptr<const Egress> Get() const {
    const base::MutexLock lock(mutex_);
    return current_;
  }
  void Set(Egress egress) {
    auto next = std::make_shared<const Egress>(std::move(egress));
    const base::MutexLock lock(mutex_);
    current_.swap(next);
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const Egress> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::net

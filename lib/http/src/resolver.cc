#include "carillon/http/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "absl/status/status.h"
#include "carillon/base/text.h"

namespace carillon::http {
namespace {

namespace ip = boost::asio::ip;
using Answer = absl::StatusOr<Addresses>;

ip::address ToAddress(const sockaddr& from) {
  if (from.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    return ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
  ip::address_v6::bytes_type bytes;
  std::copy_n(v6.sin6_addr.s6_addr, bytes.size(), bytes.begin());
  return ip::address_v6(bytes, v6.sin6_scope_id);
}

absl::Status LookupError(int error) {
  const char* text = gai_strerror(error);
  const bool no_such_host = error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
  return no_such_host ? absl::NotFoundError(text) : absl::UnavailableError(text);
}

/// Asks the system. Blocks for as long as the system likes.
Answer SystemLookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return LookupError(error);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Addresses out;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
    const ip::address address = ToAddress(*at->ai_addr);
    if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
  }
  return out;
}

class PoolResolver final : public Resolver {
 public:
  PoolResolver(const ResolverOptions& options, const base::Clock& clock, Lookup lookup)
      : options_(options), clock_(clock), lookup_(std::move(lookup)) {
    for (int i = 0; i < std::max(1, options.threads); ++i) {
      threads_.emplace_back([this] { Run(); });
    }
  }

  ~PoolResolver() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    for (auto& [host, waiting] : pending_) {
      Tell(waiting, absl::UnavailableError("the resolver stopped"));
    }
  }

  void Resolve(const std::string& host, ResolveDone done) override {
    boost::system::error_code not_numeric;
    const ip::address numeric = ip::make_address(host, not_numeric);
    if (!not_numeric) return done(Addresses{numeric});
    if (std::optional<Answer> answer = CachedOrEnqueue(host, done)) done(*std::move(answer));
  }

 private:
  struct Cached {
    Answer answer;
    base::MonoTime expires;
    std::list<std::string>::iterator place;  // in by_age_
  };
  using Waiting = std::vector<ResolveDone>;

  static void Tell(Waiting& waiting, const Answer& answer) {
    for (ResolveDone& done : waiting) done(answer);
  }

  /// An answer to give at once; or nothing, and `done` was taken.
  std::optional<Answer> CachedOrEnqueue(const std::string& host, ResolveDone& done) {
    const std::lock_guard lock(mutex_);
    const auto cached = cache_.find(host);
    if (cached != cache_.end()) {
      if (clock_.Mono() < cached->second.expires) return cached->second.answer;
      Forget(cached);
    }
    const auto pending = pending_.find(host);
    if (pending != pending_.end()) {
      pending->second.push_back(std::move(done));
      return std::nullopt;
    }
    if (pending_.size() >= options_.max_waiting) {
      return absl::ResourceExhaustedError("too many look-ups wait");
    }
    pending_[host].push_back(std::move(done));
    queue_.push_back(host);
    wake_.notify_one();
    return std::nullopt;
  }

  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      const std::string host = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      Answer answer = lookup_(host);
      if (answer.ok() && answer->empty()) answer = absl::NotFoundError("no addresses");
      lock.lock();
      Remember(host, answer);
      Waiting waiting = std::move(pending_.extract(host).mapped());
      lock.unlock();
      Tell(waiting, answer);
      waiting.clear();
      lock.lock();
    }
  }

  void Remember(const std::string& host, const Answer& answer) {
    if (options_.max_cached == 0) return;
    if (cache_.size() >= options_.max_cached) Forget(cache_.find(by_age_.front()));
    by_age_.push_back(host);
    const auto ttl = answer.ok() ? options_.ttl : options_.negative_ttl;
    cache_.emplace(host, Cached{answer, clock_.Mono() + ttl, std::prev(by_age_.end())});
  }

  void Forget(std::unordered_map<std::string, Cached>::iterator entry) {
    by_age_.erase(entry->second.place);
    cache_.erase(entry);
  }

  const ResolverOptions options_;
  const base::Clock& clock_;
  const Lookup lookup_;

  std::mutex mutex_;  // guards what follows, but for threads_
  std::condition_variable wake_;
  std::unordered_map<std::string, Waiting> pending_;  // queued or being looked up
  std::deque<std::string> queue_;
  std::unordered_map<std::string, Cached> cache_;
  std::list<std::string> by_age_;  // the cache's keys, oldest answer first
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Resolver> Resolver::Create(const ResolverOptions& options,
                                           const base::Clock& clock) {
  return Create(options, clock, SystemLookup);
}

std::unique_ptr<Resolver> Resolver::Create(const ResolverOptions& options, const base::Clock& clock,
                                           Lookup lookup) {
  return std::make_unique<PoolResolver>(options, clock, std::move(lookup));
}

}  // namespace carillon::http

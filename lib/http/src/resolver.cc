#include "carillon/http/resolver.h"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "carillon/base/mutex.h"
#include "dns_loop.h"
#include "hosts_file.h"
#include "lookup_queue.h"
#include "name_cache.h"

namespace carillon::http {
namespace {

namespace ip = boost::asio::ip;
using Answer = absl::StatusOr<Addresses>;
using std::chrono::milliseconds;

constexpr milliseconds kStaleWait{200};       // for a new look-up, before the old answer is given
constexpr milliseconds kFileInterval{1'000};  // the files are looked at no more often
/// A name server's socket holds a few hundred datagrams: more at once would be lost.
constexpr size_t kStartsOfRound = 64;

absl::Status ErrorOf(const DnsAnswer& answer) {
  switch (answer.result) {
    case LookupResult::kNotFound:
      return WithLookupCode(absl::NotFoundError(answer.error), answer.code);
    case LookupResult::kLocal:
      return absl::ResourceExhaustedError(answer.error);
    default:
      return WithLookupCode(absl::UnavailableError(answer.error), answer.code);
  }
}

class DnsResolver final : public Resolver {
 public:
  DnsResolver(const ResolverOptions& options, const base::Clock& clock)
      : options_(options),
        clock_(clock),
        cache_(options),
        queue_({.max_running = options.max_running,
                .max_running_per_tenant = options.max_running_per_tenant,
                .max_waiting = options.max_waiting}),
        loop_(options) {
    LookAtFiles();
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "resolver");
      Run();
    });
  }

  ~DnsResolver() override {
    {
      const base::MutexLock lock(mutex_);
      stopping_ = true;
    }
    loop_.Wake();
    thread_.join();
    for (auto& [host, pending] : pending_) {
      Tell(pending.waiting, absl::UnavailableError("the resolver stopped"));
    }
  }

  void Resolve(const std::string& host, const std::string& tenant, ResolveDone done) override {
    boost::system::error_code not_numeric;
    const ip::address numeric = ip::make_address(host, not_numeric);
    if (!not_numeric) return done(Addresses{numeric});
    if (std::optional<Answer> answer = KnownOrWait(host, tenant, done)) done(*std::move(answer));
  }

 private:
  using Waiting = std::vector<ResolveDone>;

  /// A name that is to be looked up, or is now.
  struct Pending {
    Waiting waiting;
    std::vector<std::string> tenants;  // in whose queues it stands, or stood
    bool started = false;
    bool too_slow = false;  // those who come now get the stale answer at once
    base::MonoTime begun{};
  };
  /// Those who wait for `host` get its stale answer at `at`.
  struct Impatient {
    std::string host;
    base::MonoTime at;
  };

  static void Tell(Waiting& waiting, const Answer& answer) {
    for (ResolveDone& done : waiting) done(answer);
    waiting.clear();
  }
  void CountStale() const {
    if (options_.on_stale) options_.on_stale();
  }

  // Any thread.

  /// An answer to give at once; or nothing, and `done` was taken.
  std::optional<Answer> KnownOrWait(const std::string& host, const std::string& tenant,
                                    ResolveDone& done) {
    const base::MutexLock lock(mutex_);
    const base::MonoTime now = clock_.Mono();
    if (now >= next_look_) {
      next_look_ = now + kFileInterval;
      look_ = true;
      loop_.Wake();
    }
    if (const Addresses* addresses = hosts_.Find(host)) return *addresses;
    const NameCache::Found found = cache_.Find(host, now);
    if (found.is_old) CountStale();
    if (found.fresh != nullptr) return *found.fresh;
    const auto at = pending_.find(host);
    const bool too_slow = at != pending_.end() && at->second.too_slow;
    const bool waits = !(too_slow && found.stale != nullptr) &&
                       Wait(host, tenant, found.stale != nullptr, now, done);
    if (waits) return std::nullopt;
    if (found.stale == nullptr) return absl::ResourceExhaustedError("too many look-ups wait");
    CountStale();
    return *found.stale;
  }

  /// Makes `done` wait for the look-up of `host`; false when too many wait.
  bool Wait(const std::string& host, const std::string& tenant, bool has_stale, base::MonoTime now,
            ResolveDone& done) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto [at, is_new] = pending_.try_emplace(host);
    Pending& pending = at->second;
    if (is_new) pending.begun = now;
    // Also where another tenant asked first: that one's turn may be far.
    const bool queued = std::ranges::find(pending.tenants, tenant) != pending.tenants.end();
    if (!pending.started && !queued) {
      const bool added = queue_.Add({tenant, host});
      if (is_new && !added) {
        pending_.erase(at);
        return false;
      }
      if (added) pending.tenants.push_back(tenant);
      loop_.Wake();
    }
    pending.waiting.push_back(std::move(done));
    if (is_new && has_stale) impatient_.push_back({host, pending.begun + kStaleWait});
    return true;
  }

  // The resolver's thread. The loop is called without the mutex, for it calls back.

  void Run() {
    while (true) {
      loop_.Wait(UntilNext());
      bool look = false;
      {
        const base::MutexLock lock(mutex_);
        if (stopping_) break;
        look = std::exchange(look_, false);
      }
      if (look) LookAtFiles();
      GiveStale();
      StartNext();
    }
    loop_.Close();
  }

  std::optional<milliseconds> UntilNext() {
    const base::MutexLock lock(mutex_);
    if (starts_left_) return milliseconds(1);
    if (impatient_.empty()) return std::nullopt;
    const auto left = impatient_.front().at - clock_.Mono();
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(left));
  }

  void LookAtFiles() {
    if (const FileStamp stamp = StampOf(options_.hosts_file); !(stamp == hosts_stamp_)) {
      hosts_stamp_ = stamp;
      HostsFile read = HostsFile::Read(options_.hosts_file);
      const base::MutexLock lock(mutex_);
      std::swap(hosts_, read);
    }
    if (const FileStamp stamp = StampOf(options_.resolv_conf); !(stamp == resolv_stamp_)) {
      resolv_stamp_ = stamp;
      loop_.ReadAgain();
      const base::MutexLock lock(mutex_);
      cache_.Distrust(clock_.Mono());
    }
  }

  void GiveStale() {
    std::vector<std::pair<Waiting, Answer>> served;
    {
      const base::MutexLock lock(mutex_);
      const base::MonoTime now = clock_.Mono();
      while (!impatient_.empty() && impatient_.front().at <= now) {
        const Impatient next = std::move(impatient_.front());
        impatient_.pop_front();
        const auto at = pending_.find(next.host);
        if (at == pending_.end() || at->second.begun + kStaleWait != next.at) continue;
        const NameCache::Found found = cache_.Find(next.host, clock_.Mono());
        if (found.stale == nullptr) continue;
        at->second.too_slow = true;
        served.emplace_back(std::exchange(at->second.waiting, {}), *found.stale);
      }
    }
    for (auto& [waiting, answer] : served) {
      for (size_t i = 0; i < waiting.size(); ++i) CountStale();
      Tell(waiting, answer);
    }
  }

  void StartNext() {
    for (size_t i = 0; i < kStartsOfRound; ++i) {
      const std::optional<LookupQueue::Item> item = TakeNext();
      if (!item) return;
      loop_.Start(item->host,
                  [this, item = *item](DnsAnswer answer) { OnEnd(item, std::move(answer)); });
    }
  }

  std::optional<LookupQueue::Item> TakeNext() {
    const base::MutexLock lock(mutex_);
    while (std::optional<LookupQueue::Item> item = queue_.Next()) {
      const auto at = pending_.find(item->host);
      if (at != pending_.end() && !at->second.started) {
        at->second.started = true;
        starts_left_ = true;
        ReportRunning();
        return item;
      }
      queue_.End(item->tenant);  // another tenant's turn has come before
    }
    starts_left_ = false;
    return std::nullopt;
  }

  void OnEnd(const LookupQueue::Item& item, DnsAnswer answer) {
    Waiting waiting;
    Answer given;
    {
      const base::MutexLock lock(mutex_);
      if (stopping_) return;  // the destructor answers
      queue_.End(item.tenant);
      ReportRunning();
      given = Remember(item.host, answer);
      waiting = std::move(pending_.extract(item.host).mapped().waiting);
    }
    if (options_.on_lookup) options_.on_lookup(answer.result);
    if (given.ok() && answer.result != LookupResult::kOk) {
      for (size_t i = 0; i < waiting.size(); ++i) CountStale();
    }
    Tell(waiting, given);
  }

  Answer Remember(const std::string& host, DnsAnswer& answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const base::MonoTime now = clock_.Mono();
    if (answer.result != LookupResult::kOk) return cache_.Fail(host, ErrorOf(answer), now);
    cache_.Put(host, answer.addresses, answer.ttl, now);
    return std::move(answer.addresses);
  }

  void ReportRunning() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (options_.on_running) options_.on_running(queue_.running());
  }

  const ResolverOptions options_;
  const base::Clock& clock_;

  base::Mutex mutex_;
  std::unordered_map<std::string, Pending> pending_ ABSL_GUARDED_BY(mutex_);
  NameCache cache_ ABSL_GUARDED_BY(mutex_);
  LookupQueue queue_ ABSL_GUARDED_BY(mutex_);
  HostsFile hosts_ ABSL_GUARDED_BY(mutex_);
  std::deque<Impatient> impatient_ ABSL_GUARDED_BY(mutex_);  // soonest first
  base::MonoTime next_look_ ABSL_GUARDED_BY(mutex_){};
  bool look_ ABSL_GUARDED_BY(mutex_) = false;
  bool starts_left_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  DnsLoop loop_;           // the resolver's thread; but Wake: any
  FileStamp hosts_stamp_;  // the resolver's thread
  FileStamp resolv_stamp_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Resolver> Resolver::Create(const ResolverOptions& options,
                                           const base::Clock& clock) {
  return std::make_unique<DnsResolver>(options, clock);
}

}  // namespace carillon::http

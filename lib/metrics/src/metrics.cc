#include "carillon/metrics/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include "carillon/base/mutex.h"
#include "families.h"
#include "family.h"
#include "lane_table.h"
#include "process.h"
#include "process_gauges.h"
#include "registered.h"
#include "shard_table.h"

namespace carillon::metrics {
namespace {

double Seconds(std::chrono::nanoseconds d) { return std::chrono::duration<double>(d).count(); }

void Append(std::vector<prometheus::MetricFamily>& to, std::vector<prometheus::MetricFamily> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

class MetricsImpl final : public Metrics {
 public:
  MetricsImpl(const std::string& version, size_t top, const base::Clock* clock)
      : series_(registry_, version),
        lanes_(top, clock != nullptr ? *clock : system_clock_),
        shards_(clock != nullptr ? *clock : system_clock_) {}

  void CountPublished(PublishResult result, uint64_t events) override {
    series_.published[static_cast<size_t>(result)]->Increment(static_cast<double>(events));
  }

  void CountMisfits(Misfit result, uint64_t payloads) override {
    series_.misfits[static_cast<size_t>(result)]->Increment(static_cast<double>(payloads));
  }
  void CountTraceIgnored(TracePart part, uint64_t contexts) override {
    series_.trace_ignored[static_cast<size_t>(part)]->Increment(static_cast<double>(contexts));
  }

  void ObservePublish(std::chrono::nanoseconds took) override {
    series_.publish_seconds->Observe(Seconds(took));
  }

  void ObserveCommit(std::chrono::nanoseconds took, uint64_t events, uint64_t rows) override {
    series_.commit_seconds->Observe(Seconds(took));
    series_.commit_events->Observe(static_cast<double>(events));
    series_.commit_rows->Observe(static_cast<double>(rows));
  }

  void CountReload(bool ok, std::chrono::nanoseconds took) override {
    series_.reloads[ok]->Increment();
    series_.last_reload->Set(ok ? 1 : 0);
    series_.reload_seconds->Observe(Seconds(took));
  }
  void SetConfiguration(uint64_t revision, std::string hash) override {
    series_.generation->Set(static_cast<double>(revision));
    const base::MutexLock lock(hash_mutex_);
    hash_ = std::move(hash);
  }
  void SetRecovery(std::chrono::nanoseconds took) override {
    series_.recovery_seconds->Set(Seconds(took));
  }

  void CountRefused(Refusal reason, uint64_t events) override {
    series_.refused[static_cast<size_t>(reason)]->Increment(static_cast<double>(events));
  }
  void CountStoreError(StoreOperation operation, StoreError error) override {
    const size_t row = static_cast<size_t>(operation) * kStoreErrorCount;
    series_.store_errors[row + static_cast<size_t>(error)]->Increment();
  }
  void ObserveSync(std::chrono::nanoseconds took) override {
    series_.sync_seconds->Observe(Seconds(took));
  }
  void CountTlsHandshake(TlsResult result) override {
    series_.tls_handshakes[static_cast<size_t>(result)]->Increment();
  }

  void CountRetryAfterIgnored() override { series_.retry_after_ignored->Increment(); }
  void CountGuardRefused() override { series_.guard_refused->Increment(); }

  void CountShortage(model::Resource resource, model::ShortageEffect effect) override {
    const size_t row = static_cast<size_t>(resource) * model::kShortageEffectCount;
    series_.shortages[row + static_cast<size_t>(effect)]->Increment();
  }
  void CountDnsLookup(DnsResult result) override {
    series_.dns_lookups[static_cast<size_t>(result)]->Increment();
  }
  void SetDnsLookupsInFlight(uint64_t count) override {
    series_.dns_in_flight->Set(static_cast<double>(count));
  }
  void CountDnsStale() override { series_.dns_stale->Increment(); }
  void CountGivenUp(GivenUp reason, uint64_t deliveries) override {
    series_.given_up[static_cast<size_t>(reason)]->Increment(static_cast<double>(deliveries));
  }

  void CountTokenFetch(bool ok) override { series_.token_fetches[ok]->Increment(); }
  void CountKeySetFetch(bool ok) override { series_.key_set_fetches[ok]->Increment(); }

  std::shared_ptr<LaneMetrics> AddLane(std::string tenant, std::string destination) override {
    return lanes_.Add(std::move(tenant), std::move(destination));
  }

  std::shared_ptr<ShardMetrics> AddShard() override { return shards_.Add(); }
  void KnowTypes(std::span<const std::string> types) override { shards_.types().Know(types); }
  size_t PlaceOfType(std::string_view type) override { return shards_.types().Find(type); }

  void SetProcessGauges(std::function<ProcessGauges()> source) override {
    const base::MutexLock lock(source_mutex_);
    source_ = std::move(source);
  }

  std::string Render() override {
    const ProcessGauges gauges = ReadGauges();
    std::vector<prometheus::MetricFamily> described = registry_.Collect();
    Append(described, lanes_.Collect());
    Append(described, shards_.Collect());
    Append(described, DescribeGauges(gauges));
    described.push_back(DescribeConfiguration());
    Append(described, process_.Collect());
    return prometheus::TextSerializer().Serialize(described);
  }

 private:
  ProcessGauges ReadGauges() {
    const base::MutexLock lock(source_mutex_);
    return source_ ? source_() : ProcessGauges{};
  }

  prometheus::MetricFamily DescribeConfiguration() {
    prometheus::MetricFamily family = Begin(families::kConfigInfo);
    const base::MutexLock lock(hash_mutex_);
    if (!hash_.empty()) AddSeries(family, {{"hash", hash_}}, 1);
    return family;
  }

  const base::SystemClock system_clock_;
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
  const RegisteredSeries series_;
  LaneTable lanes_;
  ShardTable shards_;
  const ProcessCollector process_;
  base::Mutex hash_mutex_;
  std::string hash_ ABSL_GUARDED_BY(hash_mutex_);
  base::Mutex source_mutex_;
  std::function<ProcessGauges()> source_ ABSL_GUARDED_BY(source_mutex_);
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Create(std::string version, size_t top,
                                         const base::Clock* clock) {
  return std::make_unique<MetricsImpl>(version, top, clock);
}

}  // namespace carillon::metrics

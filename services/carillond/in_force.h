#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "carillon/admin/health.h"
#include "carillon/base/mutex.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/tls_settings.h"
#include "carillon/resource/snapshot.h"
#include "certificate_ends.h"
#include "unverified.h"

namespace carillon::server {

/// What figures, pages and the log tell of the configuration in force.
class InForce {
 public:
  /// All outlive it.
  InForce(metrics::Metrics& metrics, admin::Health& health, log::Logger& logger)
      : metrics_(metrics), health_(health), logger_(logger), unverified_(logger) {}

  /// The engine has taken it. Takes time for what is different from the one before. One thread at
  /// a time with `SetCollector`.
  void Set(const resource::SnapshotPtr& snapshot);
  /// How the collector of traces is trusted from now on, and what it is shown.
  void SetCollector(const model::TlsSettings& collector);

  /// Any thread.
  void Describe(metrics::ProcessGauges& gauges) const;

 private:
  void PublishCertificates();

  metrics::Metrics& metrics_;
  admin::Health& health_;
  log::Logger& logger_;
  resource::SnapshotPtr snapshot_ = std::make_shared<const resource::Snapshot>();
  Unverified unverified_;
  CertificateEnds ends_;
  // What scrapes read of these.
  std::atomic<size_t> unverified_destinations_{0};
  mutable base::Mutex mutex_;
  std::vector<metrics::CertificateEnd> certificates_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::server

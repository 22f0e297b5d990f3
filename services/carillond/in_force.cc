#include "in_force.h"

#include <utility>

#include "certificate_ends.h"
#include "unverified.h"

namespace carillon::server {

void InForce::Set(const resource::SnapshotPtr& snapshot) {
  if (snapshot_ == nullptr || snapshot_->types != snapshot->types) {
    metrics_.KnowTypes(*snapshot->types);
  }
  snapshot_ = snapshot;
  metrics_.SetConfiguration(snapshot->revision, snapshot->settings ? snapshot->settings->hash : "");
  health_.SetRevision(snapshot->revision);
  unverified_ = WarnOfUnverified(*snapshot, logger_);
  LookAtCertificates();
}

void InForce::SetCollector(const model::TlsSettings& collector) {
  WarnOfUnverifiedCollector(collector, logger_);
  if (collector == collector_) return;
  collector_ = collector;
  LookAtCertificates();
}

void InForce::LookAtCertificates() {
  std::vector<metrics::CertificateEnd> ends = SoonestCertificateEnds(*snapshot_, collector_);
  const base::MutexLock lock(mutex_);
  certificates_ = std::move(ends);
}

void InForce::Describe(metrics::ProcessGauges& gauges) const {
  gauges.unverified_destinations = unverified_;
  const base::MutexLock lock(mutex_);
  gauges.certificates = certificates_;
}

}  // namespace carillon::server

#include "in_force.h"

#include <utility>

#include "carillon/resource/difference.h"
#include "reused_names.h"
#include "unsigned_warning.h"

namespace carillon::server {

void InForce::Set(const resource::SnapshotPtr& snapshot) {
  const resource::Difference difference = resource::Compare(*snapshot_, *snapshot);
  if (difference.types) metrics_.KnowTypes(*snapshot->types);
  WarnOfReusedNames(*snapshot_, *snapshot, logger_);
  snapshot_ = snapshot;
  metrics_.SetConfiguration(snapshot->revision, snapshot->settings ? snapshot->settings->hash : "");
  health_.SetRevision(snapshot->revision);
  unverified_.Take(difference);
  WarnOfUnsigned(difference, logger_);
  unverified_destinations_ = unverified_.destinations();
  ends_.Take(difference);
  PublishCertificates();
}

void InForce::SetCollector(const model::TlsSettings& collector) {
  unverified_.TakeCollector(collector);
  ends_.TakeCollector(collector);
  PublishCertificates();
}

void InForce::PublishCertificates() {
  std::vector<metrics::CertificateEnd> ends = ends_.Soonest();
  const base::MutexLock lock(mutex_);
  certificates_ = std::move(ends);
}

void InForce::Describe(metrics::ProcessGauges& gauges) const {
  gauges.unverified_destinations = unverified_destinations_;
  const base::MutexLock lock(mutex_);
  gauges.certificates = certificates_;
}

}  // namespace carillon::server

#include "certificate_callers.h"

#include <utility>

namespace carillon::access {

std::vector<CertificateCallers::CallerPtr> CertificateCallers::Set(
    std::vector<Authenticator::CertificateGrant> grants) {
  std::vector<CallerPtr> gone;
  const base::MutexLock lock(mutex_);
  std::map<std::string, CallerPtr, std::less<>> next;
  for (Authenticator::CertificateGrant& grant : grants) {
    CallerPtr& caller = next[grant.subject];
    const auto known = callers_.find(grant.subject);
    if (known != callers_.end() && known->second->principal() == grant.principal) {
      caller = known->second;
    } else {
      caller = std::make_shared<Authenticator::Caller>(std::move(grant.principal));
    }
  }
  for (auto& [subject, caller] : callers_) {
    const auto now = next.find(subject);
    if (now == next.end() || now->second != caller) gone.push_back(std::move(caller));
  }
  callers_ = std::move(next);
  return gone;
}

CertificateCallers::CallerPtr CertificateCallers::Find(
    const base::PeerCertificate& certificate) const {
  const base::MutexLock lock(mutex_);
  for (const std::string& name : certificate.names) {
    if (const auto found = callers_.find(name); found != callers_.end()) return found->second;
  }
  return nullptr;
}

bool CertificateCallers::empty() const {
  const base::MutexLock lock(mutex_);
  return callers_.empty();
}

}  // namespace carillon::access

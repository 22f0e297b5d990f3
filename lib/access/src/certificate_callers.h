#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "carillon/access/authenticator.h"
#include "carillon/base/mutex.h"
#include "carillon/base/peer_certificate.h"

namespace carillon::access {

/// Who calls by client certificates. Thread-safe.
class CertificateCallers {
 public:
  using CallerPtr = std::shared_ptr<Authenticator::Caller>;

  /// From now on these, whose subjects differ. Returns those who are not known any more, or are
  /// others now.
  std::vector<CallerPtr> Set(std::vector<Authenticator::CertificateGrant> grants);
  /// By the first of the certificate's names that is known; null: none is.
  CallerPtr Find(const base::PeerCertificate& certificate) const;
  bool empty() const;

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, CallerPtr, std::less<>> callers_ ABSL_GUARDED_BY(mutex_);  ///< by subject
};

}  // namespace carillon::access

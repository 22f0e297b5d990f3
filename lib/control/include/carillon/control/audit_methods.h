#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/aip/page_token.h"
#include "carillon/base/clock.h"
#include "carillon/base/worker.h"
#include "carillon/control/audit_log.h"
#include "carillon/control/caller.h"
#include "carillon/control/standard_methods.h"

namespace carillon::control {

/// Reading the audit log: newest first unless asked otherwise, by pages of bounded work, one call
/// after another on a thread of its own. Errors are those of carillon/aip/error.h. Thread-safe;
/// what is given outlives it.
class AuditMethods {
 public:
  using Done = Methods::Done;
  static constexpr size_t kMaxWaiting = 64;  ///< calls at once; one more is RATE_LIMITED
  static constexpr size_t kMaxPage = 500;
  static constexpr size_t kMaxLookedAt = 5000;   ///< entries for one page
  static constexpr size_t kMaxBytes = 4u << 20;  ///< of one page, about

  AuditMethods(AuditLog& log, const aip::PageTokens& tokens, const base::Clock& clock)
      : log_(log), tokens_(tokens), clock_(clock) {}

  void Get(const v1::GetAuditEntryRequest& request, Done done);
  /// Of a tenant that the parent names, the entries that concern it alone.
  void List(const v1::ListAuditEntriesRequest& request, const Caller& caller, Done done);
  /// Answers what waits, and refuses more.
  void Stop() { reader_.Stop(); }

 private:
  struct Asked;
  void Post(Done done, absl::AnyInvocable<absl::StatusOr<Answer>()> read);
  absl::StatusOr<Answer> Find(const std::string& name) const;
  absl::StatusOr<Answer> ReadPage(const Asked& asked) const;

  AuditLog& log_;
  const aip::PageTokens& tokens_;
  const base::Clock& clock_;
  std::atomic<size_t> waiting_{0};
  base::Worker reader_{"audit-read"};
};

}  // namespace carillon::control

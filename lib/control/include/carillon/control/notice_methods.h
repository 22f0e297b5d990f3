#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "carillon/aip/page_token.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/notices/notice_store.h"
#include "carillon/v1/notice_service.pb.h"

namespace carillon::control {

/// Reading what happened: the newest first, by pages of bounded work. Errors are those of
/// carillon/aip/error.h. Thread-safe; what is given outlives it.
class NoticeMethods {
 public:
  static constexpr size_t kMaxPage = 500;
  static constexpr size_t kMaxLookedAt = 5000;  ///< notices for one page

  /// `store` null: there is none, and every call says so.
  NoticeMethods(notices::NoticeStore* store, const aip::PageTokens& tokens,
                const base::Clock& clock)
      : store_(store), tokens_(tokens), clock_(clock) {}

  // Both block for some milliseconds.
  absl::Status Get(const v1::GetNoticeRequest& request, const Caller& caller,
                   v1::Notice& notice) const;
  /// Of a tenant that the parent names, or of all.
  absl::Status List(const v1::ListNoticesRequest& request, const Caller& caller,
                    v1::ListNoticesResponse& response) const;

 private:
  struct Asked;
  absl::Status ReadPage(const Asked& asked, v1::ListNoticesResponse& response) const;

  notices::NoticeStore* const store_;
  const aip::PageTokens& tokens_;
  const base::Clock& clock_;
};

}  // namespace carillon::control

#include "carillon/control/notice_methods.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/list_filter.h"
#include "carillon/aip/resource_name.h"
#include "delivery_messages.h"
#include "status_message.h"

namespace carillon::control {
namespace {

using aip::NamePattern;
using notices::Kind;
using notices::Notice;
using notices::NoticeStore;

const NamePattern kNoticesOf("tenants/{tenant}");
const NamePattern kOfTenant("tenants/{tenant}/notices/{notice}");
const NamePattern kOfNone("notices/{notice}");
const NamePattern kDestination("tenants/{tenant}/destinations/{destination}");
constexpr size_t kNoticesAtOnce = 200;
constexpr const char* kOrder = "last_time desc";
constexpr const char* kMethod = "carillon.v1.NoticeService/ListNotices";

const std::vector<std::string>& NoticePaths() {
  static const std::vector<std::string> kPaths = {"destination", "uid",       "kind",     "outcome",
                                                  "reason",      "principal", "last_time"};
  return kPaths;
}

absl::Status NoticesAreUnreadable() {
  absl::Status status =
      aip::MakeError(v1::STORE_UNAVAILABLE, "what happened cannot be read: try again");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

v1::Notice::Kind KindOf(Kind kind) {
  switch (kind) {
    case Kind::kBreakerOpened:
      return v1::Notice::CIRCUIT_OPENED;
    case Kind::kBreakerClosed:
      return v1::Notice::CIRCUIT_CLOSED;
    case Kind::kDisabled:
      return v1::Notice::DISABLED;
    case Kind::kEnabled:
      return v1::Notice::ENABLED;
    case Kind::kPaused:
      return v1::Notice::PAUSED;
    case Kind::kResumed:
      return v1::Notice::RESUMED;
    case Kind::kDead:
      return v1::Notice::DEAD;
    case Kind::kEvicted:
      return v1::Notice::EVICTED;
    case Kind::kStarted:
      return v1::Notice::STARTED;
    case Kind::kReloaded:
      return v1::Notice::RELOADED;
    case Kind::kReloadRefused:
      return v1::Notice::RELOAD_REFUSED;
  }
  return v1::Notice::KIND_UNSPECIFIED;
}

v1::Notice ToMessage(const NoticeStore::Kept& kept) {
  const Notice& notice = kept.notice;
  const std::string id = absl::StrCat(kept.id);
  v1::Notice to;
  if (notice.tenant.empty()) {
    to.set_name(kOfNone.Format({id}));
  } else {
    to.set_name(kOfTenant.Format({notice.tenant, id}));
    to.set_destination(kDestination.Format({notice.tenant, notice.destination}));
  }
  to.set_uid(notice.uid);
  to.set_kind(KindOf(notice.kind));
  SetMoment(notice.first, *to.mutable_first_time());
  SetMoment(notice.last, *to.mutable_last_time());
  to.set_count(static_cast<int64_t>(notice.count));
  if (notice.outcome) to.set_outcome(ToProto(*notice.outcome));
  to.set_response_status(notice.http_status);
  if (notice.disabled) to.set_reason(ReasonOf(*notice.disabled));
  if (notice.since) SetMoment(*notice.since, *to.mutable_since_time());
  to.set_principal(notice.principal);
  to.set_message(notice.text);
  return to;
}

/// Whether it is one that the caller may see, in the parent; which may be empty.
bool Sees(const Caller& caller, const std::string& parent, const Notice& notice) {
  const bool all = !caller.tenants.empty() && caller.tenants.front() == NamePattern::kAny;
  if (notice.tenant.empty()) return parent.empty() && all && caller.is_operator;
  if (!parent.empty() && parent != "tenants/-" && parent != kNoticesOf.Format({notice.tenant})) {
    return false;
  }
  return all || std::ranges::binary_search(caller.tenants, notice.tenant);
}

}  // namespace

/// What a list was asked for, checked.
struct NoticeMethods::Asked {
  std::string parent;
  const Caller& caller;
  aip::ListArguments arguments;
  aip::Filter filter;
  size_t size = 0;
  int64_t below = NoticeStore::kNewest;
};

absl::Status NoticeMethods::Get(const v1::GetNoticeRequest& request, const Caller& caller,
                                v1::Notice& notice) const {
  auto ids = kOfTenant.Match(request.name());
  if (!ids) ids = kOfNone.Match(request.name());
  if (!ids) {
    return aip::BadField("name", "PATTERN",
                         "must be " + kOfTenant.ToString() + " or " + kOfNone.ToString());
  }
  if (store_ == nullptr) return NoticesAreUnreadable();
  int64_t id = 0;
  const bool number = absl::SimpleAtoi(ids->back(), &id) && id > 0 && id < NoticeStore::kNewest;
  const auto found = store_->Read(number ? id + 1 : 0, 1, "");
  if (!found.ok()) return NoticesAreUnreadable();
  if (!found->empty() && found->front().id == id && Sees(caller, "", found->front().notice)) {
    notice = ToMessage(found->front());
  }
  // One of another tenant is not found under this name.
  if (notice.name() == request.name()) return absl::OkStatus();
  notice.Clear();
  return aip::NotFound("carillon/Notice", request.name());
}

absl::Status NoticeMethods::List(const v1::ListNoticesRequest& request, const Caller& caller,
                                 v1::ListNoticesResponse& response) const {
  if (!request.parent().empty() && !kNoticesOf.Match(request.parent(), true)) {
    return aip::BadField("parent", "PATTERN", "must be tenants/{tenant}, or be left out");
  }
  if (!request.order_by().empty() && request.order_by() != kOrder) {
    return aip::BadField("order_by", "UNSUPPORTED",
                         absl::StrCat("must be `", kOrder, "`, or left out"), v1::ORDER_BY_INVALID);
  }
  Asked asked{.parent = request.parent(),
              .caller = caller,
              .arguments = {kMethod, request.parent(), request.filter(), kOrder, caller.tenants}};
  const auto size = aip::PageSize(request.page_size(), 50, kMaxPage);
  if (!size.ok()) return size.status();
  asked.size = *size;
  auto filter =
      aip::Filter::Parse(request.filter(), {*v1::Notice::descriptor(), NoticePaths(), false});
  if (!filter.ok()) return filter.status();
  asked.filter = *std::move(filter);
  if (!request.page_token().empty()) {
    const auto cursor = tokens_.Read(request.page_token(), asked.arguments, clock_.Wall());
    if (!cursor.ok()) return cursor.status();
    if (!absl::SimpleAtoi(*cursor, &asked.below)) return NoticesAreUnreadable();
  }
  if (store_ == nullptr) return NoticesAreUnreadable();
  return ReadPage(asked, response);
}

absl::Status NoticeMethods::ReadPage(const Asked& asked, v1::ListNoticesResponse& response) const {
  int64_t below = asked.below;
  bool more = true;
  const auto ids = kNoticesOf.Match(asked.parent);
  const std::string tenant = ids ? ids->front() : "";
  for (size_t looked_at = 0; more && looked_at < kMaxLookedAt; looked_at += kNoticesAtOnce) {
    const auto part = store_->Read(below, kNoticesAtOnce, tenant);
    if (!part.ok()) return NoticesAreUnreadable();
    more = part->size() == kNoticesAtOnce;
    for (const NoticeStore::Kept& kept : *part) {
      below = kept.id;
      if (!Sees(asked.caller, asked.parent, kept.notice)) continue;
      v1::Notice message = ToMessage(kept);
      if (!asked.filter.Matches(message)) continue;
      if (static_cast<size_t>(response.notices_size()) == asked.size) {
        below = kept.id + 1;
        more = true;
        looked_at = kMaxLookedAt;
        break;
      }
      *response.add_notices() = std::move(message);
    }
  }
  if (more) {
    response.set_next_page_token(tokens_.Make(absl::StrCat(below), asked.arguments, clock_.Wall()));
  }
  return absl::OkStatus();
}

}  // namespace carillon::control

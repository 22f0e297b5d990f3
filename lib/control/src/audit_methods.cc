#include "carillon/control/audit_methods.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/aip/list_filter.h"
#include "carillon/aip/order_by.h"
#include "carillon/aip/resource_name.h"

namespace carillon::control {
namespace {

using aip::NamePattern;

const NamePattern kTenant("tenants/{tenant}");
const NamePattern kOfTenant("tenants/{tenant}/auditEntries/{audit_entry}");
const NamePattern kOfNone("auditEntries/{audit_entry}");
constexpr size_t kReadAtOnce = 100;

const std::vector<std::string>& FilterPaths() {
  static const std::vector<std::string> kPaths = {"principal",        "role",       "method",
                                                  "changes.resource", "code",       "error_reason",
                                                  "remote_address",   "request_id", "create_time"};
  return kPaths;
}

absl::Status LogIsUnreadable() {
  absl::Status status =
      aip::MakeError(v1::STORE_UNAVAILABLE, "the audit log cannot be read: try again");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

absl::Status TooManyReaders() {
  absl::Status status =
      aip::QuotaExceeded(v1::RATE_LIMITED, "too many calls read the audit log", "audit");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

absl::Status LogIsStopped() { return aip::MakeError(v1::STOPPING, "the service is stopping"); }

/// Whether a caller of these tenants, or a parent, sees the entry.
bool IsWithin(const v1::AuditEntry& entry, const std::string& parent,
              const std::vector<std::string>& tenants) {
  const auto ids = kOfTenant.Match(entry.name());
  if (!parent.empty()) {
    if (!ids) return false;
    if (parent != "tenants/-" && parent != kTenant.Format({ids->front()})) return false;
  }
  const bool all = !tenants.empty() && tenants.front() == NamePattern::kAny;
  return all || (ids && std::ranges::binary_search(tenants, ids->front()));
}

}  // namespace

/// What a list was asked for, checked.
struct AuditMethods::Asked {
  v1::ListAuditEntriesRequest request;
  std::vector<std::string> tenants;
  aip::Filter filter;
  std::string order;
  bool newest_first = true;
  size_t size = 0;
  std::string after;

  aip::ListArguments arguments() const {
    return {"carillon.v1.AuditService/ListAuditEntries", request.parent(), request.filter(), order,
            tenants};
  }
};

void AuditMethods::Get(const v1::GetAuditEntryRequest& request, Done done) {
  Post(std::move(done), [this, name = request.name()] { return Find(name); });
}

void AuditMethods::Post(Done done, absl::AnyInvocable<absl::StatusOr<Answer>()> read) {
  if (waiting_.fetch_add(1) >= kMaxWaiting) {
    --waiting_;
    return done(TooManyReaders());
  }
  auto shared = std::make_shared<Done>(std::move(done));
  const bool posted = reader_.Post([this, shared, read = std::move(read)]() mutable {
    absl::StatusOr<Answer> answer = read();
    --waiting_;
    (*shared)(std::move(answer));
  });
  if (posted) return;
  --waiting_;
  (*shared)(LogIsStopped());
}

absl::StatusOr<Answer> AuditMethods::Find(const std::string& name) const {
  auto ids = kOfTenant.Match(name);
  if (!ids) ids = kOfNone.Match(name);
  if (!ids) {
    return aip::BadField("name", "PATTERN",
                         "must be " + kOfTenant.ToString() + " or " + kOfNone.ToString());
  }
  absl::StatusOr<v1::AuditEntry> entry = log_.Get(ids->back());
  // One of another tenant is not found under this name.
  if (absl::IsNotFound(entry.status()) || (entry.ok() && entry->name() != name)) {
    return aip::NotFound("carillon/AuditEntry", name);
  }
  if (!entry.ok()) return LogIsUnreadable();
  return std::make_unique<v1::AuditEntry>(*std::move(entry));
}

void AuditMethods::List(const v1::ListAuditEntriesRequest& request, const Caller& caller,
                        Done done) {
  Asked asked;
  asked.request = request;
  asked.tenants = caller.tenants;
  if (!request.parent().empty() && !kTenant.Match(request.parent(), true)) {
    return done(aip::BadField("parent", "PATTERN", "must be tenants/{tenant}, or be left out"));
  }
  const auto size = aip::PageSize(request.page_size(), 50, kMaxPage);
  if (!size.ok()) return done(size.status());
  asked.size = *size;
  const auto& type = *v1::AuditEntry::descriptor();
  auto filter = aip::Filter::Parse(request.filter(), {type, FilterPaths(), false});
  if (!filter.ok()) return done(filter.status());
  asked.filter = *std::move(filter);
  const std::string order =
      request.order_by().empty() ? "create_time desc" : std::string(request.order_by());
  const auto parsed = aip::OrderBy::Parse(order, type, {"create_time"});
  if (!parsed.ok()) return done(parsed.status());
  asked.order = parsed->ToString();
  asked.newest_first = asked.order.find("desc") != std::string::npos;
  if (!request.page_token().empty()) {
    auto after = tokens_.Read(request.page_token(), asked.arguments(), clock_.Wall());
    if (!after.ok()) return done(after.status());
    asked.after = *std::move(after);
  }
  Post(std::move(done), [this, asked = std::move(asked)] { return ReadPage(asked); });
}

absl::StatusOr<Answer> AuditMethods::ReadPage(const Asked& asked) const {
  auto response = std::make_unique<v1::ListAuditEntriesResponse>();
  std::string after = asked.after;
  size_t bytes = 0;
  bool more = true;
  for (size_t looked_at = 0; more && looked_at < kMaxLookedAt; looked_at += kReadAtOnce) {
    absl::StatusOr<AuditLog::Part> part = log_.Read(after, asked.newest_first, kReadAtOnce);
    if (!part.ok()) return LogIsUnreadable();
    more = part->more;
    for (size_t i = 0; i < part->entries.size(); ++i) {
      v1::AuditEntry& entry = part->entries[i];
      after = std::string(AuditLog::kPrefix) + entry.name().substr(entry.name().rfind('/') + 1);
      if (!IsWithin(entry, asked.request.parent(), asked.tenants)) continue;
      if (!asked.filter.Matches(entry)) continue;
      bytes += entry.ByteSizeLong();
      *response->add_audit_entries() = std::move(entry);
      const bool full = static_cast<size_t>(response->audit_entries_size()) == asked.size;
      if (!full && bytes < kMaxBytes) continue;
      more = more || i + 1 < part->entries.size();
      if (more) {
        response->set_next_page_token(tokens_.Make(after, asked.arguments(), clock_.Wall()));
      }
      return Answer(std::move(response));
    }
    if (!part->last.empty()) after = part->last;
  }
  if (more) response->set_next_page_token(tokens_.Make(after, asked.arguments(), clock_.Wall()));
  return Answer(std::move(response));
}

}  // namespace carillon::control

#include "carillon/control/audit_log.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "awaited.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_mask.h"
#include "carillon/base/text.h"
#include "carillon/resource/to_message.h"
#include "metadata.h"
#include "tenant_retirement.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

constexpr std::string_view kInTenant = "tenants/";
constexpr size_t kIdDigits = 16;
constexpr size_t kBeforeBytes = 8;  // of a value: the bytes that were written before it
constexpr size_t kRefilledAtOnce = 100;

int64_t Micros(base::WallTime time) {
  return std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
}

/// When the entry of this key was written, in microseconds; nullopt: it is no such key.
std::optional<int64_t> MicrosOf(std::string_view key) {
  if (!key.starts_with(AuditLog::kPrefix)) return std::nullopt;
  key.remove_prefix(AuditLog::kPrefix.size());
  int64_t micros = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), micros, 16);
  if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
  return micros;
}

std::string EncodeBefore(uint64_t before) {
  std::string head(kBeforeBytes, '\0');
  for (size_t i = 0; i < kBeforeBytes; ++i) head[i] = static_cast<char>(before >> (8 * i));
  return head;
}

/// Null in `before`: it is none of ours.
std::optional<uint64_t> DecodeBefore(std::string_view value) {
  if (value.size() < kBeforeBytes) return std::nullopt;
  uint64_t before = 0;
  for (size_t i = 0; i < kBeforeBytes; ++i) {
    before |= uint64_t{static_cast<uint8_t>(value[i])} << (8 * i);
  }
  return before;
}

/// `acme` of `tenants/acme/destinations/orders`, and of what retires its name; empty: it is of no
/// tenant, or of several.
std::string Concerned(const std::string& name) {
  if (name.starts_with(kRetiredTenants)) return name.substr(kRetiredTenants.size());
  if (!name.starts_with(kInTenant) || name.starts_with("tenants/-")) return "";
  return name.substr(kInTenant.size(), name.find('/', kInTenant.size()) - kInTenant.size());
}

/// The message as JSON, secrets blanked; nothing where there is none.
void Show(const MessagePtr& message, google::protobuf::Struct& to) {
  const std::unique_ptr<Message> shown(message->New());
  shown->CopyFrom(*message);
  resource::Redact(*shown);
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(*shown, &json).ok()) return;
  if (!google::protobuf::util::JsonStringToMessage(json, &to).ok()) to.Clear();
}

v1::ResourceChange ToMessage(const AuditLog::Changed& changed) {
  v1::ResourceChange to;
  to.set_resource(changed.name);
  const MessagePtr& any = changed.after != nullptr ? changed.after : changed.before;
  if (any != nullptr) to.set_uid(GetText(*any, "uid"));
  if (changed.before != nullptr && changed.after != nullptr) {
    for (std::string& path : aip::ChangedPaths(*changed.before, *changed.after)) {
      to.add_paths(std::move(path));
    }
  }
  if (changed.before != nullptr) Show(changed.before, *to.mutable_before());
  if (changed.after != nullptr) Show(changed.after, *to.mutable_after());
  return to;
}

/// Without before and after where these are too much for an entry.
v1::ResourceChange ToBoundedMessage(const AuditLog::Changed& changed) {
  v1::ResourceChange change = ToMessage(changed);
  if (change.ByteSizeLong() <= AuditLog::kMaxEntryBytes) return change;
  change.clear_before();
  change.clear_after();
  constexpr int kMaxPaths = 100;
  if (change.paths_size() > kMaxPaths) {
    change.mutable_paths()->DeleteSubrange(kMaxPaths, change.paths_size() - kMaxPaths);
  }
  return change;
}

v1::AuditEntry FromTrail(const CallTrail& trail) {
  v1::AuditEntry entry;
  entry.set_principal(trail.principal);
  entry.set_role(trail.role);
  entry.set_remote_address(trail.remote_address);
  entry.set_user_agent(trail.user_agent);
  entry.set_method(trail.method);
  entry.set_request_id(trail.request_id);
  entry.set_reason(trail.reason);
  entry.set_trace_id(trail.trace_id);
  return entry;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(store::ConfigStore& store,
                                                         const base::Clock& clock,
                                                         const Limits& limits) {
  std::unique_ptr<AuditLog> log(new AuditLog(store, clock, limits));
  if (absl::Status status = log->Begin(); !status.ok()) return status;
  return log;
}

absl::Status AuditLog::Begin() {
  Awaited<store::ConfigPage> newest;
  store_.List({.prefix = std::string(kPrefix), .after = "", .limit = 1, .backwards = true},
              newest.callback());
  const absl::StatusOr<store::ConfigPage> page = newest.Wait();
  if (!page.ok()) return page.status();
  if (!page->entries.empty()) {
    const store::ConfigEntry& last = page->entries.front();
    const base::MutexLock lock(mutex_);
    last_micros_ = MicrosOf(last.key).value_or(0);
    end_ = DecodeBefore(last.value).value_or(0) + last.value.size();
  }
  Refill();
  return absl::OkStatus();
}

std::string AuditLog::NextId() {
  last_micros_ = std::max(last_micros_ + 1, Micros(clock_.Wall()));
  return absl::StrCat(absl::Hex(last_micros_, absl::kZeroPad16));
}

std::vector<store::ConfigChange> AuditLog::Add(v1::AuditEntry entry, const std::string& tenant) {
  const base::WallTime now = clock_.Wall();
  SetTime(entry, "create_time", now);
  std::vector<store::ConfigChange> changes;
  const base::MutexLock lock(mutex_);
  const std::string id = NextId();
  entry.set_name(tenant.empty() ? absl::StrCat("auditEntries/", id)
                                : absl::StrCat("tenants/", tenant, "/auditEntries/", id));
  const std::string value = absl::StrCat(EncodeBefore(end_), entry.SerializeAsString());
  end_ += value.size();
  changes.push_back({absl::StrCat(base::ToAbsl(kPrefix), id), value, std::nullopt});
  Prune(now, changes);
  return changes;
}

void AuditLog::Prune(base::WallTime now, std::vector<store::ConfigChange>& changes) {
  for (size_t removed = 0; removed < kRemovedAtOnce && !oldest_.empty(); ++removed) {
    const Kept& first = oldest_.front();
    if (end_ - first.begin <= limits_.bytes && !IsTooOld(first.key, now)) break;
    changes.push_back({first.key, std::nullopt, std::nullopt});
    oldest_.pop_front();
  }
  if (!oldest_.empty() || refilling_) return;
  refilling_ = worker_.Post([this] { Refill(); });
}

void AuditLog::Refill() {
  Awaited<store::ConfigPage> asked;
  store_.List({.prefix = std::string(kPrefix), .after = "", .limit = kRefilledAtOnce},
              asked.callback());
  const absl::StatusOr<store::ConfigPage> page = asked.Wait();
  const base::MutexLock lock(mutex_);
  refilling_ = false;
  if (!page.ok() || !oldest_.empty()) return;
  for (const store::ConfigEntry& entry : page->entries) {
    oldest_.push_back({entry.key, DecodeBefore(entry.value).value_or(0)});
  }
}

bool AuditLog::IsTooOld(std::string_view key, base::WallTime now) const {
  const auto micros = MicrosOf(key);
  return !micros || *micros < Micros(now - limits_.age);
}

std::vector<store::ConfigChange> AuditLog::EntriesOf(const CallTrail& trail,
                                                     const std::vector<Changed>& changes) {
  std::map<std::string, std::vector<const Changed*>> by_tenant;
  for (const Changed& changed : changes) by_tenant[Concerned(changed.name)].push_back(&changed);
  if (by_tenant.size() > kMaxTenants) {
    by_tenant.clear();
    for (const Changed& changed : changes) by_tenant[""].push_back(&changed);
  }
  std::vector<store::ConfigChange> entries;
  for (const auto& [tenant, own] : by_tenant) {
    v1::AuditEntry entry = FromTrail(trail);
    size_t bytes = 0;
    const auto add = [&] {
      std::ranges::move(Add(std::exchange(entry, FromTrail(trail)), tenant),
                        std::back_inserter(entries));
      bytes = 0;
    };
    for (const Changed* changed : own) {
      v1::ResourceChange change = ToBoundedMessage(*changed);
      const size_t size = change.ByteSizeLong();
      const bool full =
          static_cast<size_t>(entry.changes_size()) == kMaxChanges || bytes + size > kMaxEntryBytes;
      if (full && entry.changes_size() > 0) add();
      bytes += size;
      *entry.add_changes() = std::move(change);
    }
    add();
  }
  return entries;
}

void AuditLog::Record(const CallTrail& trail, absl::AnyInvocable<void(absl::Status)> done) {
  v1::AuditEntry entry = FromTrail(trail);
  if (!trail.resource.empty()) entry.add_changes()->set_resource(trail.resource);
  auto shared = std::make_shared<absl::AnyInvocable<void(absl::Status)>>(std::move(done));
  const bool posted = worker_.Post(
      [this, shared, changes = Add(std::move(entry), Concerned(trail.resource))]() mutable {
        (*shared)(Write(std::move(changes)));
      });
  if (!posted) (*shared)(absl::UnavailableError("the audit log is stopped"));
}

bool AuditLog::MayRefuse(const std::string& principal) {
  const int64_t second =
      std::chrono::floor<std::chrono::seconds>(clock_.Mono().time_since_epoch()).count();
  const base::MutexLock lock(mutex_);
  if (refused_.size() >= kMaxRefused) {
    absl::erase_if(refused_, [&](const auto& entry) { return entry.second.second != second; });
  }
  const bool known = refused_.contains(principal);
  if (waiting_ < kMaxWaiting && (known || refused_.size() < kMaxRefused)) {
    Window& window = refused_[principal];
    if (window.second != second) window = {.second = second, .count = 0};
    if (window.count < kRefusedPerSecond) {
      ++window.count;
      ++waiting_;
      return true;
    }
  }
  ++without_;
  return false;
}

void AuditLog::Refused(const CallTrail& trail, const absl::Status& why) {
  if (!MayRefuse(trail.principal)) return;
  v1::AuditEntry entry = FromTrail(trail);
  entry.set_code(static_cast<int32_t>(why.code()));
  if (const v1::ErrorReason reason = aip::ReasonOf(why); reason != v1::ERROR_REASON_UNSPECIFIED) {
    entry.set_error_reason(v1::ErrorReason_Name(reason));
  }
  // Of no tenant: who is refused says of itself which one it is about.
  if (!trail.resource.empty()) entry.add_changes()->set_resource(trail.resource);
  worker_.Post([this, changes = Add(std::move(entry), "")]() mutable {
    Write(std::move(changes)).IgnoreError();
    const base::MutexLock lock(mutex_);
    --waiting_;
  });
}

absl::Status AuditLog::Write(std::vector<store::ConfigChange> changes) {
  Awaited<uint64_t> written;
  store_.Write(std::move(changes), written.callback());
  return written.Wait().status();
}

absl::StatusOr<AuditLog::Part> AuditLog::Read(const std::string& after, bool newest_first,
                                              size_t limit) const {
  Awaited<store::ConfigPage> asked;
  store_.List(
      {.prefix = std::string(kPrefix), .after = after, .limit = limit, .backwards = newest_first},
      asked.callback());
  const absl::StatusOr<store::ConfigPage> page = asked.Wait();
  if (!page.ok()) return page.status();
  Part part;
  part.more = page->more;
  const base::WallTime now = clock_.Wall();
  for (const store::ConfigEntry& stored : page->entries) {
    part.last = stored.key;
    if (IsTooOld(stored.key, now)) {
      if (newest_first) part.more = false;
      continue;
    }
    v1::AuditEntry entry;
    if (stored.value.size() < kBeforeBytes ||
        !entry.ParseFromString(stored.value.substr(kBeforeBytes))) {
      return absl::DataLossError(absl::StrCat("'", base::Printable(stored.key), "' is damaged"));
    }
    part.entries.push_back(std::move(entry));
  }
  return part;
}

absl::StatusOr<v1::AuditEntry> AuditLog::Get(const std::string& id) const {
  const std::string key = absl::StrCat(base::ToAbsl(kPrefix), id);
  if (id.size() != kIdDigits || IsTooOld(key, clock_.Wall())) return absl::NotFoundError(id);
  Awaited<store::ConfigEntry> asked;
  store_.Get(key, asked.callback());
  const absl::StatusOr<store::ConfigEntry> stored = asked.Wait();
  if (!stored.ok()) return stored.status();
  v1::AuditEntry entry;
  if (stored->value.size() < kBeforeBytes ||
      !entry.ParseFromString(stored->value.substr(kBeforeBytes))) {
    return absl::DataLossError(absl::StrCat("'", base::Printable(key), "' is damaged"));
  }
  return entry;
}

uint64_t AuditLog::bytes() const {
  const base::MutexLock lock(mutex_);
  return oldest_.empty() ? 0 : end_ - oldest_.front().begin;
}

uint64_t AuditLog::refused_without() const {
  const base::MutexLock lock(mutex_);
  return without_;
}

}  // namespace carillon::control

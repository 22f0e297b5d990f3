#include "carillon/control/destination_expiry.h"

#include <google/protobuf/empty.pb.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "awaited.h"
#include "carillon/aip/error.h"
#include "carillon/base/worker.h"
#include "carillon/v1/destination_service.pb.h"
#include "expire_time.h"
#include "tenant_retirement.h"

namespace carillon::control {
namespace {

constexpr char kDeleteMethod[] = "carillon.v1.DestinationService/DeleteDestination";

std::shared_ptr<CallTrail> TrailOf(const std::string& name) {
  auto trail = std::make_shared<CallTrail>();
  trail->principal = DestinationExpiry::kPrincipal;
  trail->method = kDeleteMethod;
  trail->resource = name;
  trail->reason = "its expire_time has come";
  trail->changes = true;
  return trail;
}

/// Null: it is no destination that expires.
const v1::Destination* ExpiringOf(const Entry& entry) {
  const auto* destination = dynamic_cast<const v1::Destination*>(entry.message.get());
  return destination != nullptr && destination->has_expire_time() ? destination : nullptr;
}

}  // namespace

void DestinationExpiry::Start() {
  thread_ = std::thread([this] { Run(); });
}

void DestinationExpiry::Stop() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

bool DestinationExpiry::stopping() const {
  const base::MutexLock lock(mutex_);
  return stopping_;
}

void DestinationExpiry::Run() {
  base::NameThread("expiry");
  for (;;) {
    Sweep();
    base::MutexLock lock(mutex_);
    const base::MonoTime until = clock_.Mono() + kEvery;
    while (!stopping_ && wake_.WaitUntil(mutex_, until)) {
    }
    if (stopping_) return;
  }
}

void DestinationExpiry::Look() {
  // A change that comes while this reads is of a later revision, and is looked at then.
  const uint64_t revision = repository_.revision();
  if (std::exchange(seen_, revision) == revision) return;
  due_.clear();
  for (const Entry& entry : repository_.ListExpiring("tenants/")) {
    const v1::Destination* const destination = ExpiringOf(entry);
    if (destination == nullptr) continue;
    due_.emplace(ExpireTimeOf(destination->expire_time()), entry.name);
  }
  for (const Entry& entry : repository_.ListExpiring(kRetiredTenants)) {
    due_.emplace(EndOfRetirement(entry, repository_.retirement()), entry.name);
  }
}

size_t DestinationExpiry::Sweep() {
  Look();
  const base::WallTime now = clock_.Wall();
  size_t deleted = 0;
  for (size_t tried = 0; tried < kMaxAtOnce && !stopping(); ++tried) {
    const auto first = due_.begin();
    if (first == due_.end() || first->first > now) break;
    const std::string name = std::move(first->second);
    due_.erase(first);
    const absl::Status status = Delete(name, now);
    if (status.ok()) ++deleted;
    if (status.ok() || absl::IsAborted(status) || absl::IsNotFound(status)) continue;
    seen_ = UINT64_MAX;  // it is looked at again, with all that is left
    break;
  }
  return deleted;
}

absl::Status DestinationExpiry::Delete(const std::string& name, base::WallTime now) {
  if (name.starts_with(kRetiredTenants)) return EndRetirement(name, now);
  const Entry entry = repository_.Find(name);
  const v1::Destination* const destination = ExpiringOf(entry);
  if (destination == nullptr || ExpireTimeOf(destination->expire_time()) > now) {
    return aip::NotFound(destinations_.type(), name);
  }
  v1::DeleteDestinationRequest request;
  request.set_name(name);
  request.set_etag(repository_.EtagOf(entry));
  request.set_force(true);
  Caller caller{.principal = kPrincipal, .trail = TrailOf(name)};
  Awaited<Answer> answered;
  methods_.Delete(
      {kDeleteMethod, request, ""}, caller, {.name = name, .etag = request.etag(), .force = true},
      [](const std::vector<Edit>&) { return std::make_unique<v1::DeleteDestinationResponse>(); },
      answered.callback());
  return answered.Wait().status();
}

absl::Status DestinationExpiry::EndRetirement(const std::string& name, base::WallTime now) {
  ChangeCall call;
  call.principal = kPrincipal;
  call.answer_type = &google::protobuf::Empty::default_instance();
  call.sets_version = false;
  call.decide = [name, now,
                 lasts = repository_.retirement()](const View& view) -> absl::StatusOr<ChangeSet> {
    // Used again meanwhile, and maybe retired once more.
    const Entry entry = view.Find(name);
    if (entry.message == nullptr || EndOfRetirement(entry, lasts) > now) {
      return absl::NotFoundError(name);
    }
    ChangeSet set;
    set.answer = std::make_unique<google::protobuf::Empty>();
    set.edits.push_back({name, nullptr, {}});
    return set;
  };
  Awaited<Answer> answered;
  repository_.Change(std::move(call), answered.callback());
  return answered.Wait().status();
}

}  // namespace carillon::control

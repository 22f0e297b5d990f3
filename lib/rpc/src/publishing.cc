#include "carillon/rpc/publishing.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "carillon/access/authorize.h"
#include "carillon/access/forwarded.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/store/refusal.h"
#include "carillon/tracing/w3c.h"
#include "carillon/v1/publisher.pb.h"
#include "publish_trace.h"
#include "queue.h"

namespace carillon::rpc {
namespace {

using Events = std::vector<std::shared_ptr<model::Event>>;

base::Random& ThreadRandom() {
  thread_local base::SeededRandom random(base::RandomSeed());
  return random;
}

grpc::ByteBuffer Encode(const Events& events, const std::vector<store::Appended>& appended) {
  std::array<char, 1024> block;  // enough for one event
  google::protobuf::ArenaOptions options;
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  google::protobuf::Arena arena(options);
  auto* response = google::protobuf::Arena::CreateMessage<v1::PublishResponse>(&arena);
  response->mutable_results()->Reserve(static_cast<int>(events.size()));
  for (size_t i = 0; i < events.size(); ++i) {
    v1::PublishResult* result = response->add_results();
    result->set_id(std::string(events[i]->id()));
    result->set_duplicate(appended[i].duplicate);
    result->set_position(appended[i].position);
  }
  grpc::Slice slice(response->ByteSizeLong());
  response->SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

/// Why a status that is no INVALID_ARGUMENT refuses events.
metrics::Refusal RefusalOf(const absl::Status& status) {
  if (aip::ReasonOf(status) == v1::RATE_LIMITED) return metrics::Refusal::kQuota;
  switch (store::RefusalOf(status).value_or(store::Refusal::kStopping)) {
    case store::Refusal::kFull:
      return metrics::Refusal::kDiskFull;
    case store::Refusal::kWaiting:
      return metrics::Refusal::kWaiting;
    case store::Refusal::kStopping:
      break;
    case store::Refusal::kFailed:
      return metrics::Refusal::kJournalFailed;
  }
  return metrics::Refusal::kStopping;
}

/// The caller's fault, as a wrong event is.
bool IsForbidden(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status) ||
         aip::ReasonOf(status) == v1::LOGIN_THROTTLED;
}

v1::ErrorReason ReasonOf(store::Refusal refusal) {
  switch (refusal) {
    case store::Refusal::kFull:
      return v1::DISK_FULL;
    case store::Refusal::kWaiting:
      return v1::TOO_MANY_WAITING_BYTES;
    case store::Refusal::kStopping:
      return v1::STOPPING;
    case store::Refusal::kFailed:
      return v1::STORE_UNAVAILABLE;
  }
  return v1::STORE_UNAVAILABLE;
}

/// The same error with its reason and, where one member is wrong, which: `events[3].type`.
absl::Status WithDetails(absl::Status status) {
  if (aip::ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED) return status;
  google::rpc::ErrorInfo info;
  info.set_domain(std::string(aip::kErrorDomain));
  if (const auto refusal = store::RefusalOf(status)) {
    info.set_reason(v1::ErrorReason_Name(ReasonOf(*refusal)));
  } else if (absl::IsInvalidArgument(status)) {
    info.set_reason(v1::ErrorReason_Name(v1::FIELD_INVALID));
    const auto text = status.message();
    const size_t colon = text.find(": ");
    if (absl::StartsWith(text, "events[") && colon != text.npos) {
      google::rpc::BadRequest bad;
      auto& violation = *bad.add_field_violations();
      violation.set_field(std::string(text.substr(0, colon)));
      violation.set_description(std::string(text.substr(colon + 2)));
      violation.set_reason("INVALID");
      aip::AddDetail(status, bad);
    }
  }
  if (!info.reason().empty()) aip::AddDetail(status, info);
  return status;
}

/// `whose`: of the token, or a tenant's name.
absl::Status OverQuota(std::string_view whose, std::chrono::nanoseconds wait) {
  absl::Status status = aip::QuotaExceeded(
      v1::RATE_LIMITED,
      absl::StrCat("nothing was stored: the publishing quota of ", base::ToAbsl(whose),
                   " is used up; publish again in ",
                   base::FormatDuration(std::chrono::ceil<std::chrono::milliseconds>(wait))),
      whose);
  aip::AddRetry(status, wait);
  return status;
}

/// What one message has of one tenant.
struct TenantPart {
  std::string_view tenant;
  uint64_t events = 0;
  uint64_t bytes = 0;
};

/// By tenant, in the order in which they come; mostly one.
std::vector<TenantPart> ByTenant(const Events& events) {
  std::vector<TenantPart> parts;
  absl::flat_hash_map<absl::string_view, size_t> places;
  for (const auto& event : events) {
    size_t at = parts.size() - 1;
    if (parts.empty() || parts.back().tenant != event->tenant()) {
      at = places.try_emplace(base::ToAbsl(event->tenant()), parts.size()).first->second;
    }
    if (at == parts.size()) parts.push_back({.tenant = event->tenant()});
    ++parts[at].events;
    parts[at].bytes += event->payload().size();
  }
  return parts;
}

/// The same of those that are no duplicates; mostly all of them.
std::vector<TenantPart> AcceptedByTenant(const Events& events,
                                         const std::vector<store::Appended>& appended) {
  if (std::ranges::none_of(appended, &store::Appended::duplicate)) return ByTenant(events);
  Events accepted;
  accepted.reserve(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    if (!appended[i].duplicate) accepted.push_back(events[i]);
  }
  return ByTenant(accepted);
}

absl::Status NoTenant(const Events& events, std::string_view tenant) {
  const auto first = std::ranges::find(events, tenant, [](const auto& e) { return e->tenant(); });
  return aip::BadField(
      absl::StrCat("events[", first - events.begin(), "].tenant"), "UNKNOWN",
      absl::StrCat("'", base::Printable(tenant),
                   "' is no tenant (limits.require_tenants): have an operator create it"));
}

absl::Status TenantRefused(const Events& events, std::string_view tenant,
                           const access::TenantRefusal& refusal) {
  const auto first = std::ranges::find(events, tenant, [](const auto& e) { return e->tenant(); });
  const std::string name = absl::StrCat("tenants/", base::ToAbsl(tenant));
  const auto reason = refusal.retired ? v1::TENANT_NAME_RETIRED : v1::TENANT_DISABLED;
  return aip::FailedPrecondition(
      reason,
      absl::StrCat("events[", first - events.begin(), "].tenant: ", name,
                   refusal.retired ? " was deleted" : " is disabled",
                   ", and nothing is accepted in its name", refusal.why.empty() ? "" : ": ",
                   base::Printable(refusal.why, 1024)),
      {{v1::ErrorReason_Name(reason), name,
        refusal.retired ? "publish in the name of another; if it is the same tenant again, have an "
                          "operator call CreateTenant with reuse_name"
                        : "have an operator enable it"}},
      {{"resource", name}});
}

std::string_view MetadataOf(const grpc::ServerContext& context, const char* name) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(name);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

/// For whom a call was made within the process; empty where it came over a socket. Only the former
/// has no address.
std::string_view ForwardedPeer(const grpc::ServerContext& context) {
  return context.peer() == "unknown" ? MetadataOf(context, access::kForwardedPeer)
                                     : std::string_view();
}

/// What the client of such a call has shown; null: nothing.
base::PeerCertificatePtr ForwardedCertificate(const grpc::ServerContext& context) {
  return access::DecodePeerCertificate(MetadataOf(context, access::kForwardedCertificate));
}

}  // namespace

/// A request whose events wait for the disk.
struct Publishing::Waiting {
  Waiting(Publishing& p, CallQueue& q, base::MonoTime s, Events e, Answer a)
      : publishing(p), queue(q), start(s), events(std::move(e)), answer(std::move(a)) {}

  Publishing& publishing;
  CallQueue& queue;
  const base::MonoTime start;
  const Events events;
  Answer answer;
  absl::StatusOr<std::vector<store::Appended>> appended;
  std::unique_ptr<PublishTrace> spans;  ///< null when nobody asked for them
};

void Publishing::Count(const absl::Status& status, uint64_t events, base::MonoTime since) {
  using metrics::PublishResult;
  PublishResult result = PublishResult::kUnavailable;
  if (absl::IsInvalidArgument(status) || IsForbidden(status)) result = PublishResult::kInvalid;
  if (absl::IsResourceExhausted(status)) result = PublishResult::kOverload;
  if (result != PublishResult::kInvalid) metrics_.CountRefused(RefusalOf(status), events);
  metrics_.CountPublished(result, events);
  metrics_.ObservePublish(clock_.Mono() - since);
}

grpc::Status Publishing::CheckHead(const grpc::ServerContext& context) {
  if (large_heads_ && !large_heads_()) [[likely]]
    return grpc::Status::OK;
  constexpr size_t kOverhead = 32;
  size_t bytes = 0;
  for (const auto& [key, value] : context.client_metadata()) {
    bytes += key.size() + value.size() + kOverhead;
  }
  if (bytes <= kMaxMetadataBytes) return grpc::Status::OK;
  metrics_.CountPublished(metrics::PublishResult::kInvalid, 1);
  return {grpc::StatusCode::INVALID_ARGUMENT,
          absl::StrCat("the call's metadata has ", bytes, " bytes, at most ", kMaxMetadataBytes,
                       " are allowed")};
}

void Publishing::SetAccess(
    access::Authenticator& authenticator, const access::Methods& methods,
    std::function<std::string(const std::string&)> peer_host,
    std::function<base::PeerCertificatePtr(const std::string&)> certificate) {
  authenticator_ = &authenticator;
  methods_ = &methods;
  peer_host_ = std::move(peer_host);
  peer_certificate_ = std::move(certificate);
}

absl::StatusOr<Publishing::Caller> Publishing::Admit(const grpc::ServerContext& context,
                                                     std::string_view method) {
  if (authenticator_ == nullptr) return Caller();
  absl::StatusOr<Caller> caller = authenticator_->Authenticate(
      MetadataOf(context, "authorization"),
      [&] {
        const std::string_view forwarded = ForwardedPeer(context);
        return forwarded.empty() ? peer_host_(context.peer()) : std::string(forwarded);
      },
      [&] {
        return ForwardedPeer(context).empty() ? peer_certificate_(context.peer())
                                              : ForwardedCertificate(context);
      });
  absl::Status status = caller.status();
  if (status.ok()) {
    const access::Method* const called = methods_->Find(method);
    status = called == nullptr ? absl::UnimplementedError("there is no such method")
                               : access::CheckMethod(*called, &(*caller)->principal());
  }
  if (status.ok()) return caller;
  metrics_.CountPublished(metrics::PublishResult::kInvalid, 1);
  return status;
}

absl::Status Publishing::CheckCaller(const Caller& caller, const Events& events) const {
  if (absl::Status status = authenticator_->Check(*caller); !status.ok()) return status;
  const access::Principal& principal = caller->principal();
  if (principal.all_tenants && principal.event_types.empty()) return absl::OkStatus();
  for (size_t i = 0; i < events.size(); ++i) {
    absl::Status status = access::CheckEvent(principal, i, events[i]->tenant(), events[i]->type());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Publishing::TakeQuota(access::PublishQuota* own, const Events& events,
                                   base::MonoTime now) {
  const bool bounded = tenants_ != nullptr && tenants_->asks();
  if (own == nullptr && !bounded) [[likely]]
    return absl::OkStatus();
  const std::vector<TenantPart> parts = ByTenant(events);
  if (bounded) {
    for (const TenantPart& part : parts) {
      if (!tenants_->Knows(part.tenant)) return NoTenant(events, part.tenant);
      if (const auto refusal = tenants_->Refused(part.tenant)) {
        return TenantRefused(events, part.tenant, *refusal);
      }
      const auto wait = tenants_->Wait(part.tenant, now);
      if (wait) return OverQuota(absl::StrCat("tenants/", base::ToAbsl(part.tenant)), *wait);
    }
  }
  for (const TenantPart& part : parts) {
    if (bounded) tenants_->Charge(part.tenant, part.events, part.bytes, now);
    if (own != nullptr) own->Charge(part.events, part.bytes, now);
  }
  return absl::OkStatus();
}

std::optional<model::TraceContext> Publishing::ReadTrace(const grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto parent = metadata.find("traceparent");
  if (parent == metadata.end()) [[likely]]
    return std::nullopt;
  if (std::next(parent) != metadata.end() && std::next(parent)->first == "traceparent") {
    CountIgnored(1, 0);
    return std::nullopt;
  }
  std::string state;
  const auto [begin, end] = metadata.equal_range("tracestate");
  for (auto it = begin; it != end; ++it) {
    if (it != begin) state += ',';
    state.append(it->second.data(), it->second.size());
  }
  tracing::Received received =
      tracing::ReadTrace({parent->second.data(), parent->second.size()}, state);
  CountIgnored(received.bad_traceparent, received.bad_tracestate);
  return std::move(received.context);
}

void Publishing::CountIgnored(uint64_t traceparents, uint64_t tracestates) {
  if (traceparents > 0) {
    metrics_.CountTraceIgnored(metrics::TracePart::kTraceparent, traceparents);
  }
  if (tracestates > 0) metrics_.CountTraceIgnored(metrics::TracePart::kTracestate, tracestates);
}

void Publishing::CountRemarks(const ingest::Remarks& remarks) {
  CountIgnored(remarks.bad_traceparents, remarks.bad_tracestates);
  if (remarks.warned > 0) metrics_.CountMisfits(metrics::Misfit::kWarned, remarks.warned);
  if (remarks.refused > 0) metrics_.CountMisfits(metrics::Misfit::kRefused, remarks.refused);
}

void Publishing::Refuse(const absl::Status& status, base::MonoTime since, PublishTrace* spans,
                        Answer answer) {
  Count(status, 1, since);
  answer(WithDetails(status));
  if (spans != nullptr) spans->End(status);
}

void Publishing::Publish(const grpc::ByteBuffer& request, CallQueue& queue,
                         const std::optional<model::TraceContext>& trace, const Caller& caller,
                         Answer answer) {
  const base::MonoTime start = clock_.Mono();
  std::unique_ptr<PublishTrace> spans;
  if (tracer_ != nullptr) {
    spans = std::make_unique<PublishTrace>(*tracer_, trace, clock_, ThreadRandom());
  }
  const auto refuse = [&](const absl::Status& status) {
    Refuse(status, start, spans.get(), std::move(answer));
  };
  if (stopping()) {
    return refuse(
        absl::UnavailableError("the server is stopping; publish again elsewhere or later"));
  }
  access::PublishQuota* const own = caller == nullptr ? nullptr : caller->quota();
  if (own != nullptr) {
    // Before it costs anything.
    if (const auto wait = own->Wait(start)) {
      return refuse(OverQuota(caller->principal().name, *wait));
    }
  }
  if (absl::Status status = ingest::CheckSize(request.Length(), limits_); !status.ok()) {
    return refuse(status);
  }
  grpc::Slice bytes;
  if (!request.TrySingleSlice(&bytes).ok() && !request.DumpToSingleSlice(&bytes).ok()) {
    answer(absl::InvalidArgumentError("the request could not be read; send it again"));
    return;
  }
  const std::string_view view(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  ingest::Remarks remarks;
  remarks.inherited = spans != nullptr ? spans->inherited() : trace ? &*trace : nullptr;
  absl::StatusOr<Events> events =
      ingest::DecodeRequest(view, limits_, *catalog(), clock_.Wall(), ThreadRandom(), remarks);
  CountRemarks(remarks);
  if (!events.ok()) return refuse(events.status());
  if (caller != nullptr) {
    if (absl::Status status = CheckCaller(caller, *events); !status.ok()) return refuse(status);
  }
  if (absl::Status status = TakeQuota(own, *events, start); !status.ok()) return refuse(status);
  if (spans != nullptr) spans->OnDecoded(*events);
  auto waiting = std::make_unique<Waiting>(*this, queue, start, *events, std::move(answer));
  waiting->spans = std::move(spans);
  journal_.Append(*std::move(events), [waiting = std::move(waiting)](auto appended) mutable {
    waiting->appended = std::move(appended);
    if (waiting->spans != nullptr) waiting->spans->OnCommitted();
    CallQueue& queue = waiting->queue;
    queue.Post([waiting = std::move(waiting)] { waiting->publishing.Conclude(*waiting); });
  });
}

void Publishing::Conclude(Waiting& waiting) {
  const absl::Status status = waiting.appended.status();
  if (!status.ok()) {
    Count(status, waiting.events.size(), waiting.start);
    waiting.answer(WithDetails(status));
  } else {
    uint64_t duplicates = 0;
    for (const store::Appended& a : *waiting.appended) duplicates += a.duplicate ? 1 : 0;
    if (duplicates > 0) metrics_.CountPublished(metrics::PublishResult::kDuplicate, duplicates);
    metrics_.CountPublished(metrics::PublishResult::kAccepted, waiting.events.size() - duplicates);
    if (statistics_ != nullptr && duplicates < waiting.events.size()) TellStatistics(waiting);
    waiting.answer(Encode(waiting.events, *waiting.appended));
    metrics_.ObservePublish(clock_.Mono() - waiting.start);
  }
  if (waiting.spans != nullptr) waiting.spans->End(status);
}

void Publishing::TellStatistics(const Waiting& waiting) const {
  // Queues are few and far apart.
  constexpr int kQueueBits = 6;
  const auto shard =
      static_cast<uint32_t>(reinterpret_cast<uintptr_t>(&waiting.queue) >> kQueueBits);
  const base::WallTime now = clock_.Wall();
  for (const TenantPart& part : AcceptedByTenant(waiting.events, *waiting.appended)) {
    statistics_->Add(
        shard, {.tenant = part.tenant, .at = now, .accepted = static_cast<uint32_t>(part.events)});
  }
}

}  // namespace carillon::rpc

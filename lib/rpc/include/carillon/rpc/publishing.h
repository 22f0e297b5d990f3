#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/access/authenticator.h"
#include "carillon/access/methods.h"
#include "carillon/access/tenant_quotas.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/ingest/ingest.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/trace_context.h"
#include "carillon/statistics/statistics_sink.h"
#include "carillon/store/event_log.h"
#include "carillon/tracing/tracer.h"

namespace carillon::callqueue {
class CallQueue;
}  // namespace carillon::callqueue

namespace carillon::rpc {

class PublishTrace;  // src/publish_trace.h

/// What both publishing methods need. Owned by the program, outlives the gRPC server. Thread-safe.
class Publishing {
 public:
  Publishing(ingest::Limits limits, const base::Clock& clock, store::EventLog& journal,
             metrics::Metrics& metrics)
      : limits_(limits), clock_(clock), journal_(journal), metrics_(metrics) {}

  /// From now on these event types are known.
  void SetCatalog(std::shared_ptr<const ingest::Catalog> catalog) {
    const base::MutexLock lock(catalog_mutex_);
    catalog_.swap(catalog);  // the one before is destroyed without the lock
  }
  /// From now on everything is refused with UNAVAILABLE.
  void Stop() { stopping_.store(true); }
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  /// The most of a call's metadata, names and values and 32 bytes for each as HTTP/2 counts them.
  static constexpr size_t kMaxMetadataBytes = 8u << 10;

  /// `large_heads`: whether a call whose metadata may be over the bound is open; any thread.
  /// Without it every call's metadata is looked at.
  void SetLargeHeads(std::function<bool()> large_heads) { large_heads_ = std::move(large_heads); }
  /// Whether the call's metadata is within the bound: INVALID_ARGUMENT names it. Counts what is
  /// not.
  grpc::Status CheckHead(const grpc::ServerContext& context);

  /// From now on callers are asked who they are, once, before the first call. `peer_host` says
  /// where a call comes from, `peer_certificate` what it has shown (null: nothing), by gRPC's name
  /// of its peer. Both references outlive this.
  void SetAccess(access::Authenticator& authenticator, const access::Methods& methods,
                 std::function<std::string(const std::string&)> peer_host,
                 std::function<base::PeerCertificatePtr(const std::string&)> peer_certificate);
  /// From now on what tenants may publish is bounded, once, before the first call. Outlives this.
  void SetTenants(access::TenantQuotas& tenants) { tenants_ = &tenants; }
  using Caller = access::Authenticator::CallerPtr;
  /// Who calls the method, which is the publisher's or a foreign one; null when nobody is asked.
  /// UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED: it must not; counted.
  absl::StatusOr<Caller> Admit(const grpc::ServerContext& context, std::string_view method);

  /// From now on statistics are told what was accepted, once, before the first call. Outlives this.
  void SetStatistics(statistics::Sink& statistics) { statistics_ = &statistics; }

  /// From now on spans are made; once, before the first call. Outlives this.
  void SetTracer(tracing::Tracer& tracer) { tracer_ = &tracer; }
  /// Returns where in a trace the call stands, as its metadata says, or nullopt when it says
  /// nothing or is wrong, which is counted.
  std::optional<model::TraceContext> ReadTrace(const grpc::ServerContext& context);

  /// A stream was refused because too many are open.
  void CountRefusedStream() { metrics_.CountRefused(metrics::Refusal::kStreams, 1); }

  /// Called once with the encoded answer or with why there is none; before `Publish` returns when
  /// the request is refused at once.
  using Answer = absl::AnyInvocable<void(absl::StatusOr<grpc::ByteBuffer>)>;

  /// Decodes one PublishRequest (PublishStreamRequest is the same on the wire), stores its events
  /// and answers with a PublishResponse (the same, again, as PublishStreamResponse). Never blocks.
  /// On the thread of `queue`, as is the answer; the caller is a call of that queue. `trace`: what
  /// `ReadTrace` gave; `caller`: what `Admit` did. Events that are not the caller's to publish, or
  /// of a tenant that there is not, refuse all of them. RESOURCE_EXHAUSTED with RATE_LIMITED and
  /// how long to wait: the quota of the caller or of a tenant is used up.
  void Publish(const grpc::ByteBuffer& request, callqueue::CallQueue& queue,
               const std::optional<model::TraceContext>& trace, const Caller& caller,
               Answer answer);

 private:
  struct Waiting;

  std::shared_ptr<const ingest::Catalog> catalog() const {
    const base::MutexLock lock(catalog_mutex_);
    return catalog_;
  }
  void Conclude(Waiting& waiting);
  /// Tells the statistics of those that are no duplicates.
  void TellStatistics(const Waiting& waiting) const;
  void Count(const absl::Status& status, uint64_t events, base::MonoTime since);
  /// Whether these are the caller's to publish, still.
  absl::Status CheckCaller(const Caller& caller,
                           const std::vector<std::shared_ptr<model::Event>>& events) const;
  /// Counts the events against the quotas of the caller and of their tenants, or says why not.
  absl::Status TakeQuota(access::PublishQuota* own,
                         const std::vector<std::shared_ptr<model::Event>>& events,
                         base::MonoTime now);
  /// Answers why the message was refused, and counts it.
  void Refuse(const absl::Status& status, base::MonoTime since, PublishTrace* spans, Answer answer);
  void CountIgnored(uint64_t traceparents, uint64_t tracestates);
  void CountRemarks(const ingest::Remarks& remarks);

  const ingest::Limits limits_;
  const base::Clock& clock_;
  store::EventLog& journal_;
  metrics::Metrics& metrics_;
  // No std::atomic<std::shared_ptr>: that of libstdc++ 12 releases its reader's lock relaxed.
  mutable base::Mutex catalog_mutex_;
  std::shared_ptr<const ingest::Catalog> catalog_ ABSL_GUARDED_BY(catalog_mutex_);
  std::atomic<bool> stopping_{false};
  std::function<bool()> large_heads_;
  access::Authenticator* authenticator_ = nullptr;  ///< null when nobody is asked
  const access::Methods* methods_ = nullptr;
  access::TenantQuotas* tenants_ = nullptr;  ///< null when nobody bounds them
  std::function<std::string(const std::string&)> peer_host_;
  std::function<base::PeerCertificatePtr(const std::string&)> peer_certificate_;
  statistics::Sink* statistics_ = nullptr;  ///< null when nobody counts
  tracing::Tracer* tracer_ = nullptr;       ///< null when nobody asked for spans
};

}  // namespace carillon::rpc

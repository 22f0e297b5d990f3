#include "carillon/rpc/front.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <thread>

#include "carillon/access/methods.h"
#include "carillon/resource/proto_time.h"
#include "carillon/rpc/publishing.h"
#include "carillon/v1/publisher.grpc.pb.h"
#include "guest_service.h"
#include "health_service.h"
#include "memory_trim.h"
#include "publish_listener.h"
#include "publisher_service.h"
#include "raw_service.h"
#include "reflection_service.h"
#include "stream_room.h"
#include "tls_relay.h"
#include "watched_sockets.h"

namespace carillon::rpc {
namespace {

constexpr std::chrono::milliseconds kAnswerGrace{500};
/// How long a connection may take to say that it speaks HTTP/2.
constexpr int kHandshakeMs = 10'000;
/// gRPC's own bound of a call's metadata: well over what is allowed, so that the answer is ours.
constexpr int kHardMetadataBytes = 64 << 10;
/// gRPC keeps no threads here, but asks for a few.
constexpr int kMaxGrpcThreads = 8;
constexpr int kMaxInProcessAnswer = 16 << 20;
constexpr int kMaxLooks = 100;
constexpr std::chrono::milliseconds kLookInterval{5};

std::string_view Name(FrameWatch::Verdict verdict) {
  switch (verdict) {
    case FrameWatch::Verdict::kFine:
      break;
    case FrameWatch::Verdict::kNotHttp2:
      return "not HTTP/2";
    case FrameWatch::Verdict::kHead:
      return "a header block without end";
    case FrameWatch::Verdict::kResets:
      return "streams opened and reset";
    case FrameWatch::Verdict::kEmptyFrames:
      return "frames that bring nothing";
    case FrameWatch::Verdict::kFragments:
      return "a message in tiny pieces";
  }
  return "";
}

std::string_view Name(CloseReason reason) {
  switch (reason) {
    case CloseReason::kFlood:
      return "what came is what only floods send";
    case CloseReason::kMemory:
      return "it takes the most of server.max_publish_memory_bytes, and none is left";
    case CloseReason::kCalls:
      return "it has the most of server.max_calls, and none is left";
    case CloseReason::kGaveWay:
      return "it was idle, and another needed its place";
  }
  return "";
}

int Millis(const google::protobuf::Duration& duration) {
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(resource::ToChrono(duration));
  return static_cast<int>(std::min<int64_t>(millis.count(), std::numeric_limits<int>::max()));
}

int MillisOrNever(const google::protobuf::Duration& duration) {
  const int millis = Millis(duration);
  return millis == 0 ? std::numeric_limits<int>::max() : millis;
}

/// What gRPC itself is told of the bounds.
void SetBounds(const v1::ServerSettings& settings, grpc::ServerBuilder& builder) {
  const uint64_t memory = settings.max_publish_memory_bytes();
  grpc::ResourceQuota quota("publish");
  // WatchedSockets acts at three quarters, on whoever takes the most. gRPC by itself closes whoever
  // has no call just then, and counts more than is taken: each of its allocators reserves up to a
  // third beyond (gRPC 1.51, memory_quota.cc: `Replenish`).
  quota.Resize(memory / 3 * 4);
  quota.SetMaxThreads(kMaxGrpcThreads);
  builder.SetResourceQuota(quota);
  // Messages up to here are read, so that the answer to what is too large is ours.
  builder.SetMaxReceiveMessageSize(static_cast<int>(std::clamp<uint64_t>(
      memory / 2, settings.max_message_bytes(), 4 * settings.max_message_bytes())));
  // A small message can become any size: none is taken that way.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kHardMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(settings.max_calls_per_connection()));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
}

/// Pings of both sides and the age of connections.
void SetLife(const v1::ServerSettings& settings, grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, MillisOrNever(settings.publisher_ping()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             Millis(settings.publisher_ping_timeout()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Timers are not exact: who pings as often as is allowed comes a little early now and then.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Millis(settings.min_publisher_ping()) * 4 / 5);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             MillisOrNever(settings.max_publisher_connection_age()));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             Millis(settings.publisher_connection_grace()));
}

class FrontImpl final : public Front {
 public:
  FrontImpl(const v1::ServerSettings& settings, Publishing& publishing, const base::Clock& clock,
            log::Logger& logger, bool with_tls, const std::vector<Guest>& guests)
      : settings_(settings),
        publishing_(publishing),
        logger_(logger),
        reflection_(
            [this](const grpc::ServerContext& context) {
              return ToGrpc(publishing_.Admit(context, reflection_.name()).status());
            },
            clock),
        guests_(
            guests,
            [this](const grpc::ServerContext& context) { return publishing_.CheckHead(context); },
            clock),
        service_(PublisherService::Create(publishing, Services(), clock)),
        sockets_(Sockets(), clock),
        listener_(Listening(with_tls), sockets_, logger) {
    services_ = {v1::EventPublisher::service_full_name(), HealthService::name(),
                 ReflectionService::name()};
    for (const Guest& guest : guests) services_.push_back(guest.name);
    reflection_.SetServices(services_);
  }

  ~FrontImpl() override { Stop(); }

  absl::Status Start(web::ServerTlsPtr tls, access::Authenticator& authenticator) {
    const std::array services{v1::PublishRequest::descriptor()->file()->service(0)};
    auto methods = access::Methods::Create(services, {{health_.name(), access::Door::kOpen},
                                                      {reflection_.name(), access::Door::kCaller}});
    if (!methods.ok()) return methods.status();
    methods_ = *std::move(methods);
    publishing_.SetAccess(
        authenticator, *methods_, [this](const std::string& peer) { return HostOf(peer); },
        [this](const std::string& peer) { return CertificateOf(peer); });
    if (absl::Status status = listener_.Bind(settings_.publish_address()); !status.ok()) {
      return absl::Status(status.code(),
                          "server.publish_address: " + std::string(status.message()));
    }
    if (!sockets_.takes_turns()) {
      logger_.Warn("publishers do not take turns: this kernel does not report a socket again", {});
    }
    publishing_.SetLargeHeads([this] { return sockets_.large_heads(); });
    grpc::ServerBuilder builder;
    SetBounds(settings_, builder);
    SetLife(settings_, builder);
    using Connections = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
    auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
        Connections::FROM_FD, grpc::InsecureServerCredentials());
    service_->Register(builder);
    grpc_ = builder.BuildAndStart();
    if (grpc_ == nullptr) return absl::InternalError("gRPC does not start");
    service_->Start();
    if (tls != nullptr) {
      if (absl::Status status = StartRelay(std::move(tls)); !status.ok()) return status;
    }
    listener_.Start(std::move(acceptor), [this] {
      trim_.Look(sockets_.memory());
      sockets_.Look();
    });
    return absl::OkStatus();
  }

  int port() const override { return listener_.port(); }

  const std::vector<std::string>& services() const override { return services_; }

  std::shared_ptr<grpc::Channel> InProcess() override {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxInProcessAnswer);
    return grpc_->InProcessChannel(arguments);
  }

  std::string HostOf(const std::string& peer) const override {
    std::string behind = relay_ != nullptr ? relay_->PeerOf(peer).host : "";
    return behind.empty() ? PeerHost(peer) : behind;
  }

  base::PeerCertificatePtr CertificateOf(const std::string& peer) const override {
    return relay_ != nullptr ? relay_->PeerOf(peer).certificate : nullptr;
  }

  void SetServing(bool serving) override { health_.SetServing(serving); }

  void SetTls(web::ServerTlsPtr tls) override { relay_->SetTls(std::move(tls)); }

  void AddLoops(base::LoopWatch& watch) override {
    service_->AddLoops(watch);
    watch.Add("control",
              [this](absl::AnyInvocable<void()> answer) { guests_.Post(std::move(answer)); });
    if (relay_ == nullptr) return;
    watch.Add("tls", [relay = relay_.get()](absl::AnyInvocable<void()> answer) {
      relay->Post(std::move(answer));
    });
  }

  void Describe(metrics::ProcessGauges& gauges) const override {
    gauges.publisher_connections = sockets_.connections();
    gauges.publisher_calls = sockets_.streams();
    gauges.publish_memory_bytes = sockets_.memory();
    gauges.publisher_reads_held = sockets_.reads_held();
    gauges.publisher_connections_closed = {closed_[0].load(), closed_[1].load(), closed_[2].load(),
                                           closed_[3].load(), listener_.refused()};
  }

  void Stop() override {
    if (grpc_ == nullptr) return;
    listener_.Stop();
    health_.Stop();
    grpc_->Shutdown(std::chrono::system_clock::now() + kAnswerGrace);
    service_->Stop();
    guests_.Stop();
    grpc_.reset();
    // gRPC closes its last sockets in its own time, and tells `sockets_` when it does.
    for (int i = 0; i < kMaxLooks && sockets_.connections() > 0; ++i) {
      std::this_thread::sleep_for(kLookInterval);
    }
    if (relay_ != nullptr) relay_->Stop();
  }

 private:
  /// Before the listener starts.
  absl::Status StartRelay(web::ServerTlsPtr tls) {
    TlsRelay::Options options;
    options.max_handshakes = settings_.max_publisher_connections();
    options.max_handshakes_per_peer = settings_.max_publisher_connections_per_peer();
    options.handshake_timeout = std::chrono::milliseconds(kHandshakeMs);
    auto relay = TlsRelay::Start(
        std::move(tls), options,
        [this](int fd, const std::string& peer) { return listener_.HandOver(fd, peer); }, logger_);
    if (!relay.ok()) return relay.status();
    relay_ = *std::move(relay);
    return absl::OkStatus();
  }
  PublisherService::Options Services() {
    PublisherService::Options options;
    options.queues = DefaultQueues();
    options.max_streams = settings_.max_streams();
    options.max_streams_per_peer = settings_.max_streams_per_peer();
    options.max_stream_idle = resource::ToChrono(settings_.max_stream_idle());
    options.others = {&health_, &reflection_, &guests_};
    options.second = [this] { reflection_.Look(); };
    options.peer_host = [this](const std::string& peer) { return HostOf(peer); };
    return options;
  }

  WatchedSockets::Options Sockets() {
    WatchedSockets::Options options;
    options.max_bytes = settings_.max_publish_memory_bytes() / 4 * 3;
    options.max_calls = settings_.max_calls();
    options.on_close = [this](CloseReason reason, FrameWatch::Verdict verdict,
                              std::string_view peer) {
      closed_[static_cast<size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
      if (reason == CloseReason::kGaveWay) return;
      logger_.Limited("publisher closed")
          .Warn("a publisher's connection is closed",
                {{"peer", peer}, {"reason", Name(reason)}, {"what", Name(verdict)}});
    };
    return options;
  }

  PublishListener::Options Listening(bool with_tls) {
    PublishListener::Options options;
    if (with_tls) {
      options.begin_tls = [this](int fd, std::string peer) {
        return relay_->Begin(fd, std::move(peer));
      };
    }
    options.max_connections = settings_.max_publisher_connections();
    options.max_connections_per_peer = settings_.max_publisher_connections_per_peer();
    options.user_timeout = std::chrono::milliseconds(Millis(settings_.publisher_ping_timeout()));
    return options;
  }

  const v1::ServerSettings settings_;
  Publishing& publishing_;
  std::unique_ptr<const access::Methods> methods_;
  log::Logger& logger_;
  std::array<std::atomic<uint64_t>, 4> closed_{};  ///< connections, by CloseReason
  MemoryTrim trim_;                                ///< the listener's thread
  HealthService health_;
  ReflectionService reflection_;
  GuestService guests_;
  std::vector<std::string> services_;  ///< full names
  const std::unique_ptr<PublisherService> service_;
  WatchedSockets sockets_;
  std::unique_ptr<TlsRelay> relay_;  ///< null without TLS
  PublishListener listener_;
  std::unique_ptr<grpc::Server> grpc_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Front>> Front::Listen(const v1::ServerSettings& settings,
                                                     Publishing& publishing,
                                                     access::Authenticator& authenticator,
                                                     const base::Clock& clock, log::Logger& logger,
                                                     web::ServerTlsPtr tls,
                                                     const std::vector<Guest>& guests) {
  auto front =
      std::make_unique<FrontImpl>(settings, publishing, clock, logger, tls != nullptr, guests);
  if (absl::Status status = front->Start(std::move(tls), authenticator); !status.ok())
    return status;
  return front;
}

}  // namespace carillon::rpc

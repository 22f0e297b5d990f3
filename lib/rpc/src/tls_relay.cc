#include "tls_relay.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/notification.h"
#include "carillon/base/mutex.h"
#include "carillon/base/text.h"
#include "loopback_pair.h"
#include "relay_session.h"

namespace carillon::rpc {
namespace {

constexpr std::chrono::milliseconds kFlushGrace{500};
constexpr std::chrono::milliseconds kFlushLook{5};

class TlsRelayImpl final : public TlsRelay, RelaySession::Owner {
 public:
  TlsRelayImpl(web::ServerTlsPtr tls, Options options, HandOver hand_over, log::Logger& logger)
      : options_(options),
        hand_over_(std::move(hand_over)),
        logger_(logger),
        tls_(std::move(tls)) {}

  ~TlsRelayImpl() override { Stop(); }

  absl::Status Run() {
    if (absl::Status status = pairs_.Open(); !status.ok()) return status;
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "tls");
      io_.run();
    });
    return absl::OkStatus();
  }

  bool Begin(int fd, std::string peer) override {
    {
      const base::MutexLock lock(mutex_);
      size_t& of_peer = handshakes_[peer];
      if (handshaking_ >= options_.max_handshakes || of_peer >= options_.max_handshakes_per_peer) {
        if (of_peer == 0) handshakes_.erase(peer);
        return false;
      }
      ++of_peer;
      ++handshaking_;
    }
    boost::asio::post(io_, [this, fd, peer = std::move(peer)]() mutable {
      auto session = RelaySession::Make(io_, fd, std::move(peer), tls_, Times(), *this);
      sessions_.insert(session);
      session->Start();
    });
    return true;
  }

  void SetTls(web::ServerTlsPtr tls) override {
    boost::asio::post(io_, [this, tls = std::move(tls)]() mutable { tls_ = std::move(tls); });
  }

  Peer PeerOf(const std::string& grpc_peer) const override {
    const size_t colon = grpc_peer.rfind(':');
    uint16_t port = 0;
    const char* const end = grpc_peer.data() + grpc_peer.size();
    if (colon == std::string::npos ||
        std::from_chars(grpc_peer.data() + colon + 1, end, port).ptr != end) {
      return {};
    }
    const base::MutexLock lock(mutex_);
    const auto found = peers_.find(port);
    return found == peers_.end() ? Peer() : found->second;
  }

  void Post(absl::AnyInvocable<void()> task) override { boost::asio::post(io_, std::move(task)); }

  void Stop() override {
    if (!thread_.joinable()) return;
    for (auto waited = kFlushLook; waited < kFlushGrace && open() > 0; waited += kFlushLook) {
      std::this_thread::sleep_for(kFlushLook);
    }
    boost::asio::post(io_, [this] {
      const std::set<std::shared_ptr<RelaySession>> left = sessions_;
      for (const auto& session : left) session->Close();
      work_.reset();
    });
    thread_.join();
  }

 private:
  RelaySession::Timeouts Times() const {
    return {.handshake = options_.handshake_timeout, .write = options_.write_timeout};
  }
  size_t open() const {
    const base::MutexLock lock(mutex_);
    return peers_.size();
  }

  int OnHandshake(RelaySession& session, const boost::system::error_code& error) override {
    EndHandshake(session.peer());
    if (error) {
      logger_.Limited("publisher handshake")
          .Warn("a publisher's TLS handshake failed",
                {{"peer", session.peer()}, {"error", error.message()}});
      return -1;
    }
    const auto pair = pairs_.Make();
    if (!pair.ok()) {
      logger_.Limited("publisher relay").Warn(std::string(pair.status().message()), {});
      return -1;
    }
    session.set_port(pair->near_port);
    Peer peer{session.peer(), session.certificate()};
    {
      const base::MutexLock lock(mutex_);
      peers_[pair->near_port] = std::move(peer);
    }
    if (hand_over_(pair->far, session.peer())) return pair->near;
    ::close(pair->near);
    return -1;
  }

  void OnClosed(RelaySession& session, bool during_handshake) override {
    if (during_handshake) EndHandshake(session.peer());
    if (session.port() != 0) {
      const base::MutexLock lock(mutex_);
      peers_.erase(session.port());
    }
    sessions_.erase(session.shared_from_this());
  }

  void EndHandshake(const std::string& peer) {
    const base::MutexLock lock(mutex_);
    --handshaking_;
    const auto found = handshakes_.find(peer);
    if (found != handshakes_.end() && --found->second == 0) handshakes_.erase(found);
  }

  const Options options_;
  const HandOver hand_over_;
  log::Logger& logger_;
  mutable base::Mutex mutex_;
  size_t handshaking_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, size_t> handshakes_ ABSL_GUARDED_BY(mutex_);  ///< by peer
  absl::flat_hash_map<uint16_t, Peer> peers_ ABSL_GUARDED_BY(mutex_);            ///< by port

  // On the thread.
  web::ServerTlsPtr tls_;
  LoopbackPairs pairs_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<RelaySession::Executor> work_{io_.get_executor()};
  std::set<std::shared_ptr<RelaySession>> sessions_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TlsRelay>> TlsRelay::Start(web::ServerTlsPtr tls, Options options,
                                                          HandOver hand_over, log::Logger& logger) {
  auto relay =
      std::make_unique<TlsRelayImpl>(std::move(tls), options, std::move(hand_over), logger);
  if (absl::Status status = relay->Run(); !status.ok()) return status;
  return relay;
}

}  // namespace carillon::rpc

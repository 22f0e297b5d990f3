#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "carillon/http/tls.h"

namespace carillon::http {

struct SslSessionFree {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslSessionPtr = std::unique_ptr<SSL_SESSION, SslSessionFree>;

class TlsPeer;
using TlsPeerPtr = std::shared_ptr<TlsPeer>;

/// The TLS sessions that connections can resume, for all peers of one courier. Where there are too
/// many, or too many bytes of them, those go that were kept or used longest ago. One thread; held
/// by a shared_ptr, since peers hold it.
class TlsSessions : public std::enable_shared_from_this<TlsSessions> {
 public:
  struct Bounds {
    size_t sessions = 4096;
    size_t bytes = size_t{8} << 20;
    size_t sessions_of_peer = 32;
    size_t bytes_of_peer = size_t{256} << 10;
  };

  explicit TlsSessions(const Bounds& bounds) : bounds_(bounds) {}
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

  /// Whoever connects to `host` and `port` under `context` asks for the same peer. It lives, with
  /// its sessions, for as long as somebody holds it.
  TlsPeerPtr PeerAt(TlsContextPtr context, const std::string& host, uint16_t port);

  size_t count() const { return order_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  friend class TlsPeer;
  struct Entry {
    TlsPeer* peer;
    SslSessionPtr session;
    time_t until;
    size_t bytes;
  };
  using Order = std::list<Entry>;  // kept or used last first

  void Drop(Order::iterator entry);

  const Bounds bounds_;
  Order order_;
  size_t bytes_ = 0;
  std::unordered_map<std::string, std::weak_ptr<TlsPeer>> peers_;
};

/// A host and port under one context, that is: under equal TLS settings. Its connections resume
/// each other's sessions, whichever destinations they belong to. A peer that is resumed is not
/// verified again, so what was verified must be the same: the host's name, the authorities and
/// whether the chain is looked at, the client's certificate; and it must still hold.
class TlsPeer {
 public:
  /// May be resumed up to and with `until`, in Unix seconds. It is null when there is none.
  struct Kept {
    SslSessionPtr session;
    time_t until = 0;
  };

  TlsPeer(std::shared_ptr<TlsSessions> sessions, TlsContextPtr context, std::string host,
          std::string key);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  SSL_CTX* context() const { return context_.get(); }
  const std::string& host() const { return host_; }

  /// `bytes` is what the session takes in memory; one that alone is over the peer's bound is let
  /// go. A session that can be resumed many times takes the place of all.
  void Keep(SslSessionPtr session, time_t until, size_t bytes);
  /// The newest that is not over at `now`. A session of TLS 1.3 is given away: its ticket serves
  /// one connection, so that nobody who listens can link two (RFC 8446, C.4).
  Kept Take(time_t now);
  void Forget();

 private:
  friend class TlsSessions;

  const std::shared_ptr<TlsSessions> sessions_;
  const TlsContextPtr context_;
  const std::string host_;
  const std::string key_;                           // in TlsSessions
  std::vector<TlsSessions::Order::iterator> kept_;  // newest last
  size_t bytes_ = 0;
};

/// Where a connection's sessions go. Must outlive the connection, or be detached before.
struct TlsSessionSink {
  TlsPeer* peer;
  time_t until;  ///< of the session that the connection wants to resume
};

/// Sessions of this context's connections go to their sinks.
void KeepSessions(SSL_CTX* context);

/// Sessions that the server hands out over `ssl` go to `sink`; nowhere when it is null. For
/// contexts of `KeepSessions`.
void AttachSessionSink(SSL* ssl, TlsSessionSink* sink);

}  // namespace carillon::http

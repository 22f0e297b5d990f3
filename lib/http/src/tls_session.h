#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <list>
#include <memory>
#include <unordered_map>

namespace carillon::http {

struct SslSessionFree {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslSessionPtr = std::unique_ptr<SSL_SESSION, SslSessionFree>;

/// The last TLS session of each endpoint, to resume; the least recently used go when there are too
/// many (a session holds the peer's certificates: some kilobytes). A peer that is resumed is not
/// verified again: so a session is resumed only under the context it was made under, and only while
/// what was verified then still holds. One thread.
class TlsSessions {
 public:
  /// `session` may be resumed up to and with `until`, in Unix seconds.
  struct Kept {
    SSL_SESSION* session = nullptr;
    time_t until = 0;
  };

  explicit TlsSessions(size_t max_sessions) : max_sessions_(max_sessions) {}

  void Put(uint32_t endpoint, SSL_CTX* context, SslSessionPtr session, time_t until);
  /// Null when there is none; one that is over at `now` is forgotten.
  Kept Find(uint32_t endpoint, const SSL_CTX* context, time_t now);
  void Erase(uint32_t endpoint);

 private:
  struct ContextFree {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  struct Entry {
    uint32_t endpoint;
    std::unique_ptr<SSL_CTX, ContextFree> context;  // kept, so that no other takes its address
    SslSessionPtr session;
    time_t until;
  };
  using Order = std::list<Entry>;  // most recently used first
  const size_t max_sessions_;
  Order order_;
  std::unordered_map<uint32_t, Order::iterator> places_;
};

/// Where a connection's sessions go. Must outlive the connection, or be detached before.
struct TlsSessionSink {
  TlsSessions* sessions;
  uint32_t endpoint;
  time_t until;  ///< of the session that the connection wants to resume
};

/// Sessions of this context's connections go to their sinks.
void KeepSessions(SSL_CTX* context);

/// Sessions that the server hands out over `ssl` go to `sink`; nowhere when it is null. For
/// contexts of `KeepSessions`.
void AttachSessionSink(SSL* ssl, TlsSessionSink* sink);

}  // namespace carillon::http

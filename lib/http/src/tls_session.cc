#include "tls_session.h"

#include <openssl/x509.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "slim_session.h"

namespace carillon::http {
namespace {

int SinkIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

constexpr time_t kForEver = std::numeric_limits<time_t>::max();

/// 0 when it can't be told.
time_t EndOf(const X509* certificate) {
  tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return 0;
  return timegm(&end);
}

/// When the first certificate of the chain ends that `ssl` was verified by.
time_t VerifiedUntil(SSL* ssl) {
  if (SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE) return kForEver;
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  time_t until = sk_X509_num(chain) > 0 ? kForEver : 0;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    until = std::min(until, EndOf(sk_X509_value(chain, i)));
  }
  return until;
}

bool ServesOnce(const SSL_SESSION* session) {
  return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

/// OpenSSL's call-back: answering 1 takes the reference over.
int KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* sink = static_cast<TlsSessionSink*>(SSL_get_ex_data(ssl, SinkIndex()));
  if (sink == nullptr) return 0;
  // One that grew out of a resumed session rests on what was verified for that.
  const time_t until = SSL_session_reused(ssl) == 1 ? sink->until : VerifiedUntil(ssl);
  SlimSession slim = Slim(SslSessionPtr(session));
  if (slim.session != nullptr) sink->peer->Keep(std::move(slim.session), until, slim.bytes);
  return 1;
}

}  // namespace

TlsPeerPtr TlsSessions::PeerAt(TlsContextPtr context, const std::string& host, uint16_t port) {
  std::string key = absl::StrCat(host, ":", port, "/", reinterpret_cast<uintptr_t>(context.get()));
  std::weak_ptr<TlsPeer>& known = peers_[key];
  if (TlsPeerPtr found = known.lock()) return found;
  const auto peer = std::make_shared<TlsPeer>(shared_from_this(), std::move(context), host, key);
  known = peer;
  return peer;
}

void TlsSessions::Drop(Order::iterator entry) {
  TlsPeer& peer = *entry->peer;
  std::erase(peer.kept_, entry);
  peer.bytes_ -= entry->bytes;
  bytes_ -= entry->bytes;
  order_.erase(entry);
}

TlsPeer::TlsPeer(std::shared_ptr<TlsSessions> sessions, TlsContextPtr context, std::string host,
                 std::string key)
    : sessions_(std::move(sessions)),
      context_(std::move(context)),
      host_(std::move(host)),
      key_(std::move(key)) {}

TlsPeer::~TlsPeer() {
  Forget();
  sessions_->peers_.erase(key_);
}

void TlsPeer::Keep(SslSessionPtr session, time_t until, size_t bytes) {
  const TlsSessions::Bounds& bounds = sessions_->bounds_;
  if (!ServesOnce(session.get())) Forget();
  if (bytes > bounds.bytes_of_peer) return;
  TlsSessions::Order& order = sessions_->order_;
  order.push_front({this, std::move(session), until, bytes});
  kept_.push_back(order.begin());
  bytes_ += bytes;
  sessions_->bytes_ += bytes;
  while (kept_.size() > bounds.sessions_of_peer || bytes_ > bounds.bytes_of_peer) {
    sessions_->Drop(kept_.front());
  }
  while (order.size() > bounds.sessions || sessions_->bytes_ > bounds.bytes) {
    sessions_->Drop(std::prev(order.end()));
  }
}

TlsPeer::Kept TlsPeer::Take(time_t now) {
  while (!kept_.empty() && now > kept_.back()->until) sessions_->Drop(kept_.back());
  if (kept_.empty()) return {};
  const TlsSessions::Order::iterator newest = kept_.back();
  Kept kept{std::move(newest->session), newest->until};
  if (ServesOnce(kept.session.get())) {
    sessions_->Drop(newest);
  } else {
    SSL_SESSION_up_ref(kept.session.get());
    newest->session.reset(kept.session.get());
    sessions_->order_.splice(sessions_->order_.begin(), sessions_->order_, newest);
  }
  return kept;
}

void TlsPeer::Forget() {
  while (!kept_.empty()) sessions_->Drop(kept_.back());
}

void KeepSessions(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &KeepSession);
}

void AttachSessionSink(SSL* ssl, TlsSessionSink* sink) { SSL_set_ex_data(ssl, SinkIndex(), sink); }

}  // namespace carillon::http

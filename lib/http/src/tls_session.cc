#include "tls_session.h"

namespace carillon::http {
namespace {

int SinkIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// OpenSSL's call-back: answering 1 takes the reference over.
int KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* sink = static_cast<TlsSessionSink*>(SSL_get_ex_data(ssl, SinkIndex()));
  if (sink == nullptr) return 0;
  sink->sessions->Put(sink->endpoint, SSL_get_SSL_CTX(ssl), SslSessionPtr(session));
  return 1;
}

}  // namespace

void TlsSessions::Put(uint32_t endpoint, SSL_CTX* context, SslSessionPtr session) {
  Erase(endpoint);
  SSL_CTX_up_ref(context);
  order_.push_front({endpoint, decltype(Entry::context)(context), std::move(session)});
  places_[endpoint] = order_.begin();
  if (order_.size() > max_sessions_) Erase(order_.back().endpoint);
}

SSL_SESSION* TlsSessions::Find(uint32_t endpoint, const SSL_CTX* context) {
  const auto place = places_.find(endpoint);
  if (place == places_.end() || place->second->context.get() != context) return nullptr;
  order_.splice(order_.begin(), order_, place->second);
  return order_.front().session.get();
}

void TlsSessions::Erase(uint32_t endpoint) {
  const auto place = places_.find(endpoint);
  if (place == places_.end()) return;
  order_.erase(place->second);
  places_.erase(place);
}

void KeepSessions(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &KeepSession);
}

void AttachSessionSink(SSL* ssl, TlsSessionSink* sink) { SSL_set_ex_data(ssl, SinkIndex(), sink); }

}  // namespace carillon::http

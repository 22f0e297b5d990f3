#include "tls_session.h"

#include <openssl/x509.h>

#include <algorithm>
#include <limits>

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

/// OpenSSL's call-back: answering 1 takes the reference over.
int KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* sink = static_cast<TlsSessionSink*>(SSL_get_ex_data(ssl, SinkIndex()));
  if (sink == nullptr) return 0;
  // One that grew out of a resumed session rests on what was verified for that.
  const time_t until = SSL_session_reused(ssl) == 1 ? sink->until : VerifiedUntil(ssl);
  sink->sessions->Put(sink->endpoint, SSL_get_SSL_CTX(ssl), SslSessionPtr(session), until);
  return 1;
}

}  // namespace

void TlsSessions::Put(uint32_t endpoint, SSL_CTX* context, SslSessionPtr session, time_t until) {
  Erase(endpoint);
  SSL_CTX_up_ref(context);
  order_.push_front({endpoint, decltype(Entry::context)(context), std::move(session), until});
  places_[endpoint] = order_.begin();
  if (order_.size() > max_sessions_) Erase(order_.back().endpoint);
}

TlsSessions::Kept TlsSessions::Find(uint32_t endpoint, const SSL_CTX* context, time_t now) {
  const auto place = places_.find(endpoint);
  if (place == places_.end() || place->second->context.get() != context) return {};
  if (now > place->second->until) {
    Erase(endpoint);
    return {};
  }
  order_.splice(order_.begin(), order_, place->second);
  return {order_.front().session.get(), order_.front().until};
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

#include "stream.h"

#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "certificate_facts.h"

namespace carillon::http {
namespace {

namespace asio = boost::asio;
using Buffers = std::array<asio::const_buffer, 2>;

Buffers BuffersOf(const Request& request) {
  return {asio::buffer(request.head),
          request.body ? asio::buffer(*request.body) : asio::const_buffer()};
}

void Skip(Buffers& buffers, size_t bytes) {
  for (asio::const_buffer& buffer : buffers) {
    const size_t part = std::min(bytes, buffer.size());
    buffer += part;
    bytes -= part;
  }
}

bool IsAddress(const std::string& host) {
  ErrorCode ec;
  asio::ip::make_address(host, ec);
  return !ec;
}

/// Whether the certificate that the peer showed has no subjectAltName.
bool NamesNoHost(const SSL* ssl) {
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  if (sk_X509_num(chain) < 1) return false;
  return X509_get_ext_by_NID(sk_X509_value(chain, 0), NID_subject_alt_name, -1) < 0;
}

}  // namespace

void Stream::Connect(const asio::ip::tcp::endpoint& to, Done done) {
  to_ = to;
  ErrorCode ec;
  socket_.open(to.protocol(), ec);
  if (!ec) socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  if (!ec) socket_.non_blocking(true, ec);
  if (ec) {
    asio::post(socket_.get_executor(), [done = std::move(done), ec] { done(ec); });
    return;
  }
  socket_.async_connect(to, std::move(done));
}

bool Stream::ConfigureTls() {
  SSL* ssl = tls_->ssl();
  const TlsPeer::Kept kept = peer_->Take(std::time(nullptr));
  sink_ = {peer_.get(), kept.until};
  AttachSessionSink(ssl, &sink_);
  if (kept.session != nullptr) SSL_set_session(ssl, kept.session.get());
  // A name may end in a dot; certificates and SNI never do.
  std::string name = peer_->host();
  if (name.ends_with('.')) name.pop_back();
  if (IsAddress(name)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  }
  SSL_set_hostflags(ssl,
                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

template <typename Then>
void Stream::When(TlsChannel::Step::Want want, Then then) {
  socket_.async_wait(
      want == TlsChannel::Step::Want::kWrite ? Socket::wait_write : Socket::wait_read,
      [this, self = shared_from_this(), then = std::move(then)](ErrorCode ec) mutable {
        // It may have been closed after the wait had ended.
        if (!socket_.is_open()) ec = asio::error::operation_aborted;
        then(ec);
      });
}

void Stream::Handshake(TlsPeerPtr peer, Done done) {
  peer_ = std::move(peer);
  tls_ = TlsChannel::Create(peer_->context(), socket_.native_handle());
  ErrorCode ec;
  if (tls_ == nullptr || !ConfigureTls()) ec = asio::error::no_memory;
  asio::post(socket_.get_executor(),
             [this, self = shared_from_this(), done = std::move(done), ec]() mutable {
               if (ec || !socket_.is_open()) return done(ec ? ec : asio::error::operation_aborted);
               GoOnHandshake(std::move(done));
             });
}

void Stream::GoOnHandshake(Done done) {
  const TlsChannel::Step step = tls_->Handshake();
  if (step.want == TlsChannel::Step::Want::kNothing) {
    if (step.ec) peer_->Forget();
    return done(step.ec);
  }
  When(step.want, [this, done = std::move(done)](ErrorCode ec) mutable {
    if (ec) return done(ec);
    GoOnHandshake(std::move(done));
  });
}

void Stream::Read(asio::mutable_buffer into, std::shared_ptr<StreamUser> user) {
  if (!tls_) {
    socket_.async_read_some(into, [user = std::move(user)](const ErrorCode& ec, size_t bytes) {
      user->OnRead(ec, bytes);
    });
  } else if (tls_->HasPending()) {
    asio::post(socket_.get_executor(),
               [this, self = shared_from_this(), into, user = std::move(user)]() mutable {
                 if (!socket_.is_open()) return user->OnRead(asio::error::operation_aborted, 0);
                 GoOnReading(into, std::move(user));
               });
  } else {
    WaitForReading(TlsChannel::Step::Want::kRead, into, std::move(user));
  }
}

void Stream::WaitForReading(TlsChannel::Step::Want want, asio::mutable_buffer into,
                            std::shared_ptr<StreamUser> user) {
  When(want, [this, into, user = std::move(user)](ErrorCode ec) mutable {
    if (ec) return user->OnRead(ec, 0);
    GoOnReading(into, std::move(user));
  });
}

void Stream::GoOnReading(asio::mutable_buffer into, std::shared_ptr<StreamUser> user) {
  const TlsChannel::Step step = tls_->Read(into);
  if (step.want == TlsChannel::Step::Want::kNothing) return user->OnRead(step.ec, step.bytes);
  WaitForReading(step.want, into, std::move(user));
}

bool Stream::Write(std::shared_ptr<const Request> request, std::shared_ptr<StreamUser> user) {
  // Almost always the kernel takes it all: no trip through the event loop then. An error is left
  // to the write after it, which meets it again and reports it.
  if (tls_) return GoOnWriting(std::move(request), 0, std::move(user), true);
  Buffers buffers = BuffersOf(*request);
  ErrorCode ec;
  Skip(buffers, socket_.write_some(buffers, ec));
  if (buffers[0].size() + buffers[1].size() == 0) return false;
  asio::async_write(socket_, buffers,
                    [request = std::move(request), user = std::move(user)](
                        const ErrorCode& ec, size_t) { user->OnWritten(ec); });
  return true;
}

bool Stream::GoOnWriting(std::shared_ptr<const Request> request, size_t from,
                         std::shared_ptr<StreamUser> user, bool first) {
  const auto [head, body] = BuffersOf(*request);
  TlsChannel::Step step;
  while (from < head.size() + body.size()) {
    step = tls_->Write(head, body, from);
    if (step.want != TlsChannel::Step::Want::kNothing) {
      When(step.want, [this, request = std::move(request), from,
                       user = std::move(user)](ErrorCode ec) mutable {
        if (ec) return user->OnWritten(ec);
        GoOnWriting(std::move(request), from, std::move(user), false);
      });
      return true;
    }
    if (step.ec) break;
    from += step.bytes;
  }
  if (!first) {
    user->OnWritten(step.ec);
  } else if (step.ec) {
    asio::post(socket_.get_executor(),
               [user = std::move(user), ec = step.ec] { user->OnWritten(ec); });
  }
  return !first || step.ec;
}

void Stream::Close() {
  if (tls_) {
    SSL* ssl = tls_->ssl();
    AttachSessionSink(ssl, nullptr);
    tls_->Detach();
    // Responses say themselves where they end, so no closing alert is exchanged; without this,
    // OpenSSL would not resume the session.
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    peer_.reset();
  }
  ErrorCode ignored;
  socket_.close(ignored);
}

std::string Stream::peer() const {
  const std::string address = to_.address().to_string();
  return absl::StrCat(to_.address().is_v6() ? "[" + address + "]" : address, ":", to_.port());
}

bool Stream::resumed() const { return tls_ && SSL_session_reused(tls_->ssl()) == 1; }

std::optional<model::CertificateFacts> Stream::Certificate() const {
  return tls_ ? CertificateOf(tls_->ssl()) : std::nullopt;
}

std::string Stream::Explain(ErrorCode ec) const {
  if (tls_) {
    const SSL* ssl = tls_->ssl();
    const long verified = SSL_get_verify_result(ssl);
    if (verified != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
      return std::string("certificate verify failed: ") + X509_verify_cert_error_string(verified) +
             (verified == X509_V_ERR_HOSTNAME_MISMATCH && NamesNoHost(ssl)
                  ? " (it has no subjectAltName; a common name does not count)"
                  : "");
    }
    if (ec == asio::ssl::error::stream_truncated) return "closed by the peer without a TLS alert";
  }
  if (ec == asio::error::eof) return "closed by the peer";
  return ec.message();
}

}  // namespace carillon::http

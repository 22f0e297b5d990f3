#include "tls_channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>

namespace carillon::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;

}  // namespace

/// OpenSSL's own socket BIO raises SIGPIPE, and leaves its error in errno.
struct TlsChannel::WireMethod {
  static Wire& Of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

  /// What ends a handshake of TLS 1.3 need not go out alone: the request follows at once, and the
  /// kernel sends both in one segment. It would wait 200 ms for it at most.
  static bool RequestFollows(const SSL* ssl) {
    return SSL_get_state(ssl) == TLS_ST_CW_FINISHED && SSL_version(ssl) == TLS1_3_VERSION;
  }

  static int Write(BIO* bio, const char* bytes, int size) {
    const Wire& wire = Of(bio);
    const int flags = MSG_NOSIGNAL | (RequestFollows(wire.ssl) ? MSG_MORE : 0);
    return Done(bio, ::send(wire.fd, bytes, static_cast<size_t>(size), flags), BIO_FLAGS_WRITE);
  }

  static int Read(BIO* bio, char* into, int size) {
    const ssize_t got = ::recv(Of(bio).fd, into, static_cast<size_t>(size), 0);
    Of(bio).ended = got == 0;
    return Done(bio, got, BIO_FLAGS_READ);
  }

  static int Done(BIO* bio, ssize_t result, int direction) {
    BIO_clear_retry_flags(bio);
    Wire& wire = Of(bio);
    wire.error = result < 0 ? errno : 0;
    if (wire.error == EAGAIN || wire.error == EINTR) {
      BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
    }
    return static_cast<int>(result);
  }

  static long Control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return Of(bio).ended ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static int Create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* Make() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (method == nullptr) return nullptr;
    BIO_meth_set_write(method, &Write);
    BIO_meth_set_read(method, &Read);
    BIO_meth_set_ctrl(method, &Control);
    BIO_meth_set_create(method, &Create);
    return method;
  }

  /// For the whole process, and as long.
  static const BIO_METHOD* Get() {
    static const BIO_METHOD* const method = Make();
    return method;
  }
};

std::unique_ptr<TlsChannel> TlsChannel::Create(SSL_CTX* context, int fd) {
  std::unique_ptr<TlsChannel> channel(new TlsChannel);
  channel->wire_.fd = fd;
  channel->ssl_.reset(SSL_new(context));
  BIO* const bio = WireMethod::Get() == nullptr ? nullptr : BIO_new(WireMethod::Get());
  if (channel->ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    ERR_clear_error();
    return nullptr;
  }
  BIO_set_data(bio, &channel->wire_);
  SSL* const ssl = channel->ssl();
  channel->wire_.ssl = ssl;
  SSL_set_bio(ssl, bio, bio);
  SSL_set_connect_state(ssl);
  return channel;
}

TlsChannel::Step TlsChannel::Handshake() {
  ERR_clear_error();
  return Ended(SSL_do_handshake(ssl()));
}

TlsChannel::Step TlsChannel::Read(asio::mutable_buffer into) {
  ERR_clear_error();
  size_t bytes = 0;
  const int result = SSL_read_ex(ssl(), into.data(), into.size(), &bytes);
  Step step = Ended(result);
  step.bytes = bytes;
  return step;
}

TlsChannel::Step TlsChannel::Write(asio::const_buffer head, asio::const_buffer body, size_t from) {
  ERR_clear_error();
  std::array<char, kRecordBytes> both;
  asio::const_buffer record = body + (from - std::min(from, head.size()));
  if (from < head.size()) {
    record = asio::buffer(
        both,
        asio::buffer_copy(asio::buffer(both), std::array{head + from, asio::const_buffer(body)}));
  }
  size_t bytes = 0;
  const size_t size = std::min(record.size(), kRecordBytes);
  Step step = Ended(SSL_write_ex(ssl(), record.data(), size, &bytes));
  step.bytes = bytes;
  return step;
}

TlsChannel::Step TlsChannel::Ended(int result) {
  if (result == 1) return {};
  switch (SSL_get_error(ssl(), result)) {
    case SSL_ERROR_WANT_READ:
      return {.want = Step::Want::kRead, .ec = {}};
    case SSL_ERROR_WANT_WRITE:
      return {.want = Step::Want::kWrite, .ec = {}};
    case SSL_ERROR_ZERO_RETURN:  // the alert that closes
      return {.ec = asio::error::eof};
    case SSL_ERROR_SYSCALL:
      if (wire_.error != 0) return {.ec = {wire_.error, asio::error::get_system_category()}};
      return {.ec = asio::ssl::error::stream_truncated};
    default:
      break;
  }
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (wire_.ended && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return {.ec = asio::ssl::error::stream_truncated};
  }
  return {.ec = {static_cast<int>(error), asio::error::get_ssl_category()}};
}

}  // namespace carillon::http

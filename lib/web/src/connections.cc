// The two kinds of session: how their bytes move.

#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "session.h"

namespace carillon::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

/// `Stream`: what has Asio's async_read_some and async_write_some.
template <typename Stream>
class StreamSession : public Session {
 public:
  StreamSession(Executor executor, std::shared_ptr<Shared> shared)
      : Session(executor, std::move(shared)) {}

 protected:
  virtual Stream& stream() = 0;

  auto After(Done done) {
    return [self = shared_from_this(), this, done](ErrorCode ec, size_t) { (this->*done)(ec); };
  }

  void DoReadHead(Parser& parser, beast::flat_buffer& buffer, Done done) override {
    beast::http::async_read_header(stream(), buffer, parser, After(done));
  }
  void DoReadBody(Parser& parser, beast::flat_buffer& buffer, Done done) override {
    beast::http::async_read_some(stream(), buffer, parser, After(done));
  }
  void DoReadSome(asio::mutable_buffer into, DoneBytes done) override {
    stream().async_read_some(into, [self = shared_from_this(), this, done](
                                       ErrorCode ec, size_t bytes) { (this->*done)(ec, bytes); });
  }
  void DoWrite(Whole& message, Done done) override {
    beast::http::async_write(stream(), message, After(done));
  }
  void DoWriteHead(HeadWriter& head, Done done) override {
    beast::http::async_write_header(stream(), head, After(done));
  }
  void DoWriteChunk(asio::const_buffer bytes, bool chunked, Done done) override {
    if (!chunked) return DoWriteRaw(bytes, done);
    asio::async_write(stream(), beast::http::make_chunk(bytes), After(done));
  }
  void DoWriteLastChunk(Done done) override {
    asio::async_write(stream(), beast::http::make_chunk_last(), After(done));
  }
  void DoWriteRaw(asio::const_buffer bytes, Done done) override {
    asio::async_write(stream(), bytes, After(done));
  }
};

class PlainSession final : public StreamSession<Socket> {
 public:
  PlainSession(Socket socket, std::shared_ptr<Shared> shared)
      : StreamSession(socket.get_executor(), std::move(shared)), socket_(std::move(socket)) {}

 private:
  Socket& stream() override { return socket_; }
  Socket& socket() override { return socket_; }
  bool encrypted() const override { return false; }
  void DoHandshake(Done done) override { (this->*done)({}); }
  void DoShutdown(Done done) override { (this->*done)({}); }

  Socket socket_;
};

asio::ssl::context Wrap(const ServerTlsPtr& tls) {
  SSL_CTX_up_ref(tls.get());
  return asio::ssl::context(tls.get());
}

class TlsSession final : public StreamSession<asio::ssl::stream<Socket>> {
 public:
  using Stream = asio::ssl::stream<Socket>;

  TlsSession(Socket socket, std::shared_ptr<Shared> shared, asio::ssl::context context)
      : StreamSession(socket.get_executor(), std::move(shared)),
        context_(std::move(context)),
        stream_(std::move(socket), context_) {}

 private:
  auto AfterAlone(Done done) {
    return [self = shared_from_this(), this, done](ErrorCode ec) { (this->*done)(ec); };
  }

  Stream& stream() override { return stream_; }
  Socket& socket() override { return stream_.next_layer(); }
  bool encrypted() const override { return true; }
  base::PeerCertificatePtr certificate() override {
    if (!certificate_) certificate_ = PeerCertificateOf(*stream_.native_handle());
    return *certificate_;
  }
  void DoHandshake(Done done) override {
    stream_.async_handshake(asio::ssl::stream_base::server, AfterAlone(done));
  }
  void DoShutdown(Done done) override { stream_.async_shutdown(AfterAlone(done)); }

  asio::ssl::context context_;
  Stream stream_;
  std::optional<base::PeerCertificatePtr> certificate_;  ///< nullopt: nobody has asked yet
};

}  // namespace

std::shared_ptr<Session> MakePlainSession(Socket socket, std::shared_ptr<Shared> shared) {
  return std::make_shared<PlainSession>(std::move(socket), std::move(shared));
}

std::shared_ptr<Session> MakeTlsSession(Socket socket, std::shared_ptr<Shared> shared) {
  asio::ssl::context context = Wrap(shared->options.tls);
  return std::make_shared<TlsSession>(std::move(socket), std::move(shared), std::move(context));
}

}  // namespace carillon::web

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <vector>

#include "certificates.h"
#include "server_fixture.h"

namespace carillon::web {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string KeyOf(SSL_CTX* server) {
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, SSL_CTX_get0_privatekey(server), nullptr, nullptr, 0, nullptr,
                           nullptr);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(out);
  return pem;
}

/// A blocking connection over TLS; without verification but for the name of the certificate.
class TlsConnection {
 public:
  explicit TlsConnection(uint16_t port, const std::string& alpn = "")
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), client_(port) {
    ssl_ = SSL_new(context_.get());
    if (!alpn.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
    }
    SSL_set_fd(ssl_, client_.fd());
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsConnection() { SSL_free(ssl_); }
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  bool connected() const { return connected_; }
  void Send(const std::string& bytes) {
    SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  }
  std::string ReadUntil(const std::string& end) {
    std::string seen;
    char c;
    while (!seen.ends_with(end) && SSL_read(ssl_, &c, 1) == 1) seen += c;
    return seen;
  }
  std::string ReadToEnd() {
    std::string seen;
    std::vector<char> into(64 * 1024);
    for (int n; (n = SSL_read(ssl_, into.data(), static_cast<int>(into.size()))) > 0;) {
      seen.append(into.data(), static_cast<size_t>(n));
    }
    return seen;
  }
  /// It was told that the end is the end (close_notify).
  bool ended() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  std::string peer() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_);
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof(name));
    return name;
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  Client client_;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

class ServerTlsTest : public ServerTest {
 protected:
  void SetUp() override {
    Listen({.write_timeout = std::chrono::seconds(120), .tls = Make("one")});
  }
  ServerTlsPtr Make(const std::string& common_name) {
    const auto pair = ca_.Server("DNS:localhost", 3600, common_name);
    auto tls =
        MakeServerTls(http::TestCa::CertificateOf(pair.get()), base::Secret(KeyOf(pair.get())));
    EXPECT_TRUE(tls.ok()) << tls.status();
    return tls.ok() ? *tls : nullptr;
  }

  http::TestCa ca_;
};

TEST_F(ServerTlsTest, AnswersAndKeepsTheConnection) {
  TlsConnection client(server_->port());
  ASSERT_TRUE(client.connected());
  for (int i = 0; i < 2; ++i) {
    client.Send("POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_THAT(client.ReadUntil("POST /a body."), StartsWith("HTTP/1.1 203 "));
  }
  client.Send("GET /large HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_GT(client.ReadToEnd().size(), kLarge);
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTlsTest, SpeaksHttp11Alone) {
  EXPECT_EQ(TlsConnection(server_->port(), "\x02h2\x08http/1.1").protocol(), "http/1.1");
  EXPECT_EQ(TlsConnection(server_->port(), "\x02h2").protocol(), "");
}

TEST_F(ServerTlsTest, ANewCertificateIsForNewConnections) {
  TlsConnection old(server_->port());
  EXPECT_EQ(old.peer(), "one");
  boost::asio::post(io_, [this] { server_->SetTls(Make("two")); });
  std::string peer;
  for (int i = 0; i < 1000 && peer != "two"; ++i) peer = TlsConnection(server_->port()).peer();
  EXPECT_EQ(peer, "two");
  old.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(old.ReadUntil("GET / ."), StartsWith("HTTP/1.1 203 "));
}

TEST_F(ServerTlsTest, PlainHttpAndHalfHandshakesHurtNobody) {
  Client plain(server_->port());
  plain.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(plain.ReadToEnd(), testing::Not(HasSubstr("HTTP/1.1 2")));
  const Client silent(server_->port());
  TlsConnection client(server_->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("GET / ."), StartsWith("HTTP/1.1 203 "));
}

TEST_F(ServerTlsTest, AHandshakeHasLittleTime) {
  ListenAnew({.head_timeout = std::chrono::milliseconds(100), .tls = Make("one")});
  Client silent(server_->port());
  EXPECT_EQ(silent.ReadToEnd(), "");
}

TEST_F(ServerTlsTest, SaysWhatIsWrongWithCertificateOrKey) {
  const auto one = ca_.Server("DNS:localhost");
  const auto other = ca_.Server("DNS:localhost");
  const std::string certificate = http::TestCa::CertificateOf(one.get());
  const std::string key = KeyOf(one.get());
  const auto error = [](const std::string& certificate, const std::string& key) {
    return std::string(MakeServerTls(certificate, base::Secret(key)).status().message());
  };
  EXPECT_THAT(error("", key), HasSubstr("the certificate is no PEM"));
  EXPECT_THAT(error(key, key), HasSubstr("the certificate is no PEM"));
  for (const std::string& wrong :
       {std::string(), certificate, KeyOf(other.get()), http::Encrypted(key)}) {
    EXPECT_THAT(error(certificate, wrong), StartsWith("the key is no PEM"));
  }
  EXPECT_TRUE(MakeServerTls(certificate, base::Secret(key)).ok());
}

}  // namespace
}  // namespace carillon::web

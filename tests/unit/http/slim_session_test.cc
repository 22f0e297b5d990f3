// What is kept of a TLS session, from handshakes in memory.

#include "slim_session.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>

#include <memory>
#include <string>

#include "certificates.h"
#include "tls_context.h"

namespace carillon::http {
namespace {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

class SlimSessionTest : public testing::TestWithParam<int> {
 protected:
  SlimSessionTest() {
    SSL_CTX_set_max_proto_version(server_.get(), GetParam());
    EXPECT_TRUE(TrustAll(client_.get(), ca_.Pem()).ok());
  }

  /// A connection's client after its handshake; `resumes` may be null.
  SslPtr Connect(SSL_SESSION* resumes) {
    SslPtr client(SSL_new(client_.get()));
    SslPtr server(SSL_new(server_.get()));
    BIO* one = nullptr;
    BIO* other = nullptr;
    BIO_new_bio_pair(&one, 0, &other, 0);
    SSL_set_bio(client.get(), one, one);
    SSL_set_bio(server.get(), other, other);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    if (resumes != nullptr) SSL_set_session(client.get(), resumes);
    for (int turn = 0; turn < 20; ++turn) {
      SSL_do_handshake(client.get());
      SSL_do_handshake(server.get());
    }
    EXPECT_EQ(SSL_is_init_finished(client.get()), 1);
    char nothing = 0;
    SSL_read(client.get(), &nothing, 1);  // takes the tickets of TLS 1.3
    return client;
  }
  static std::string TicketOf(const SSL_SESSION* session) {
    const unsigned char* ticket = nullptr;
    size_t bytes = 0;
    SSL_SESSION_get0_ticket(session, &ticket, &bytes);
    return {reinterpret_cast<const char*>(ticket), bytes};
  }

  TestCa ca_;
  OpenSslPtr<SSL_CTX> server_ = ca_.Server("DNS:a.example");
  const SslContext client_ = NewClientContext().value();
};

TEST_P(SlimSessionTest, LacksTheCertificatesAndIsResumed) {
  SslPtr first = Connect(nullptr);
  SslSessionPtr whole(SSL_get1_session(first.get()));
  ASSERT_NE(SSL_SESSION_get0_peer(whole.get()), nullptr);
  const std::string ticket = TicketOf(whole.get());
  ASSERT_FALSE(ticket.empty());
  const SlimSession slim = Slim(std::move(whole));
  ASSERT_NE(slim.session, nullptr);
  EXPECT_EQ(SSL_SESSION_get0_peer(slim.session.get()), nullptr);
  EXPECT_EQ(TicketOf(slim.session.get()), ticket);
  EXPECT_GE(slim.bytes, ticket.size() + 512) << "OpenSSL's object takes something, too";
  EXPECT_LT(slim.bytes, ticket.size() + 4096);
  const SslPtr second = Connect(slim.session.get());
  EXPECT_EQ(SSL_session_reused(second.get()), 1);
}

INSTANTIATE_TEST_SUITE_P(Versions, SlimSessionTest,
                         testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

}  // namespace
}  // namespace carillon::http

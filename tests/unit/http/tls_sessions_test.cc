#include <gtest/gtest.h>

#include "tls_context.h"
#include "tls_session.h"

namespace carillon::http {
namespace {

constexpr time_t kNow = 1'700'000'000;
constexpr time_t kEnd = kNow + 10;
constexpr size_t kBytes = 1000;

TlsContextPtr NewContext() { return {NewClientContext().value().release(), &SSL_CTX_free}; }

SslSessionPtr NewSession(int version = TLS1_3_VERSION) {
  SslSessionPtr session(SSL_SESSION_new());
  SSL_SESSION_set_protocol_version(session.get(), version);
  return session;
}

class TlsSessionsTest : public testing::Test {
 protected:
  void Bound(const TlsSessions::Bounds& bounds) {
    sessions_ = std::make_shared<TlsSessions>(bounds);
  }
  TlsPeerPtr Peer(const std::string& host) { return sessions_->PeerAt(context_, host, 443); }
  /// Keeps one of so many bytes; its address tells it from others.
  static const SSL_SESSION* Keep(TlsPeer& peer, size_t bytes = kBytes, int version = TLS1_3_VERSION,
                                 time_t until = kEnd) {
    SslSessionPtr session = NewSession(version);
    const SSL_SESSION* const address = session.get();
    peer.Keep(std::move(session), until, bytes);
    return address;
  }
  static bool Has(TlsPeer& peer) { return peer.Take(kNow).session != nullptr; }

  const TlsContextPtr context_ = NewContext();
  std::shared_ptr<TlsSessions> sessions_ = std::make_shared<TlsSessions>(TlsSessions::Bounds{});
};

TEST_F(TlsSessionsTest, ATicketServesOnceNewestFirst) {
  const TlsPeerPtr peer = Peer("a");
  EXPECT_FALSE(Has(*peer));
  const SSL_SESSION* const older = Keep(*peer);
  const SSL_SESSION* const newer = Keep(*peer);
  EXPECT_EQ(sessions_->count(), 2u);
  EXPECT_EQ(sessions_->bytes(), 2 * kBytes);
  EXPECT_EQ(peer->Take(kNow).session.get(), newer);
  EXPECT_EQ(peer->Take(kNow).session.get(), older);
  EXPECT_FALSE(Has(*peer));
  EXPECT_EQ(sessions_->count(), 0u);
  EXPECT_EQ(sessions_->bytes(), 0u);
}

// Before TLS 1.3 a session may be resumed by any number of connections: the last is enough.
TEST_F(TlsSessionsTest, ASessionOfTls12ServesManyTimes) {
  const TlsPeerPtr peer = Peer("a");
  Keep(*peer, kBytes, TLS1_2_VERSION);
  const SSL_SESSION* const last = Keep(*peer, kBytes, TLS1_2_VERSION);
  EXPECT_EQ(sessions_->count(), 1u);
  EXPECT_EQ(sessions_->bytes(), kBytes);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(peer->Take(kNow).session.get(), last);
}

TEST_F(TlsSessionsTest, OnePeerForEqualHostPortAndContext) {
  const TlsPeerPtr peer = Peer("a");
  EXPECT_EQ(Peer("a"), peer);
  EXPECT_NE(Peer("b"), peer);
  EXPECT_NE(sessions_->PeerAt(context_, "a", 8443), peer);
  EXPECT_NE(sessions_->PeerAt(NewContext(), "a", 443), peer);
  Keep(*peer);
  EXPECT_FALSE(Has(*Peer("b")));
  EXPECT_FALSE(Has(*sessions_->PeerAt(NewContext(), "a", 443)));
  EXPECT_TRUE(Has(*Peer("a")));
}

TEST_F(TlsSessionsTest, GoWithTheLastWhoHoldsThePeer) {
  TlsPeerPtr peer = Peer("a");
  TlsPeerPtr other = Peer("a");
  Keep(*peer);
  peer.reset();
  EXPECT_EQ(sessions_->count(), 1u);
  other.reset();
  EXPECT_EQ(sessions_->count(), 0u);
  EXPECT_EQ(sessions_->bytes(), 0u);
  EXPECT_FALSE(Has(*Peer("a")));
}

// Its address tells a context from others.
TEST_F(TlsSessionsTest, APeerKeepsItsContext) {
  TlsContextPtr context = NewContext();
  const std::weak_ptr<SSL_CTX> weak = context;
  TlsPeerPtr peer = sessions_->PeerAt(std::move(context), "a", 443);
  EXPECT_FALSE(weak.expired());
  peer.reset();
  EXPECT_TRUE(weak.expired());
}

TEST_F(TlsSessionsTest, APeerMayOutliveTheOwnerOfTheSessions) {
  const TlsPeerPtr peer = Peer("a");
  sessions_.reset();
  Keep(*peer);
  EXPECT_TRUE(Has(*peer));
}

TEST_F(TlsSessionsTest, ForgetsWhatIsOver) {
  const TlsPeerPtr peer = Peer("a");
  Keep(*peer);
  EXPECT_EQ(peer->Take(kEnd).until, kEnd);
  Keep(*peer, kBytes, TLS1_3_VERSION, kEnd + 1);
  Keep(*peer);
  EXPECT_EQ(peer->Take(kEnd + 1).until, kEnd + 1);
  Keep(*peer);
  EXPECT_EQ(peer->Take(kEnd + 1).session, nullptr);
  EXPECT_EQ(sessions_->count(), 0u);
}

TEST_F(TlsSessionsTest, BoundsTheNumberOfAll) {
  Bound({.sessions = 2});
  const TlsPeerPtr a = Peer("a");
  const TlsPeerPtr b = Peer("b");
  const TlsPeerPtr c = Peer("c");
  Keep(*a, kBytes, TLS1_2_VERSION);
  Keep(*b);
  EXPECT_TRUE(Has(*a)) << "used: b is the oldest now";
  Keep(*c);
  EXPECT_EQ(sessions_->count(), 2u);
  EXPECT_FALSE(Has(*b));
  EXPECT_TRUE(Has(*a));
  EXPECT_TRUE(Has(*c));
}

TEST_F(TlsSessionsTest, BoundsTheBytesOfAll) {
  Bound({.bytes = 10 * kBytes});
  const TlsPeerPtr a = Peer("a");
  const TlsPeerPtr b = Peer("b");
  Keep(*a, 3 * kBytes);
  Keep(*b, 3 * kBytes);
  Keep(*b, 4 * kBytes);
  EXPECT_EQ(sessions_->count(), 3u);
  Keep(*b, 1);
  EXPECT_EQ(sessions_->count(), 3u);
  EXPECT_EQ(sessions_->bytes(), 7 * kBytes + 1);
  EXPECT_FALSE(Has(*a));
}

TEST_F(TlsSessionsTest, BoundsTheNumberOfAPeer) {
  Bound({.sessions_of_peer = 2});
  const TlsPeerPtr a = Peer("a");
  const TlsPeerPtr b = Peer("b");
  Keep(*b);
  Keep(*a);
  const SSL_SESSION* const second = Keep(*a);
  const SSL_SESSION* const third = Keep(*a);
  EXPECT_EQ(sessions_->count(), 3u);
  EXPECT_EQ(a->Take(kNow).session.get(), third);
  EXPECT_EQ(a->Take(kNow).session.get(), second);
  EXPECT_FALSE(Has(*a));
  EXPECT_TRUE(Has(*b)) << "what one peer hands out costs no other";
}

TEST_F(TlsSessionsTest, BoundsTheBytesOfAPeer) {
  Bound({.bytes_of_peer = 5 * kBytes});
  const TlsPeerPtr a = Peer("a");
  const TlsPeerPtr b = Peer("b");
  Keep(*b, 5 * kBytes);
  Keep(*a, 3 * kBytes);
  const SSL_SESSION* const last = Keep(*a, 3 * kBytes);
  EXPECT_EQ(sessions_->bytes(), 8 * kBytes);
  Keep(*a, 5 * kBytes + 1);
  EXPECT_EQ(sessions_->bytes(), 8 * kBytes) << "more than all of a peer's may have";
  EXPECT_EQ(a->Take(kNow).session.get(), last);
  EXPECT_TRUE(Has(*b));
}

TEST_F(TlsSessionsTest, ForgettingAPeersLeavesTheOthers) {
  const TlsPeerPtr a = Peer("a");
  const TlsPeerPtr b = Peer("b");
  Keep(*a);
  Keep(*a);
  Keep(*b);
  a->Forget();
  EXPECT_EQ(sessions_->count(), 1u);
  EXPECT_FALSE(Has(*a));
  EXPECT_TRUE(Has(*b));
}

}  // namespace
}  // namespace carillon::http

#include <gtest/gtest.h>

#include "tls_context.h"
#include "tls_session.h"

namespace carillon::http {
namespace {

class TlsSessionsTest : public testing::Test {
 protected:
  static SslSessionPtr NewSession() { return SslSessionPtr(SSL_SESSION_new()); }
  SSL_CTX* context() const { return context_.get(); }

  SslContext context_ = NewClientContext().value();
};

TEST_F(TlsSessionsTest, KeepsTheLastOneOfEachEndpoint) {
  TlsSessions sessions(8);
  EXPECT_EQ(sessions.Find(1, context()), nullptr);
  sessions.Put(1, context(), NewSession());
  SslSessionPtr last = NewSession();
  SSL_SESSION* const expected = last.get();
  sessions.Put(1, context(), std::move(last));
  EXPECT_EQ(sessions.Find(1, context()), expected);
  sessions.Erase(1);
  EXPECT_EQ(sessions.Find(1, context()), nullptr);
}

TEST_F(TlsSessionsTest, ForgetsTheLeastRecentlyUsed) {
  TlsSessions sessions(2);
  sessions.Put(1, context(), NewSession());
  sessions.Put(2, context(), NewSession());
  EXPECT_NE(sessions.Find(1, context()), nullptr);
  sessions.Put(3, context(), NewSession());
  EXPECT_NE(sessions.Find(1, context()), nullptr);
  EXPECT_EQ(sessions.Find(2, context()), nullptr);
  EXPECT_NE(sessions.Find(3, context()), nullptr);
}

TEST_F(TlsSessionsTest, AnotherContextFindsNone) {
  TlsSessions sessions(2);
  const SslContext other = NewClientContext().value();
  SslContext mine = NewClientContext().value();
  sessions.Put(1, mine.get(), NewSession());
  EXPECT_EQ(sessions.Find(1, other.get()), nullptr);
  EXPECT_NE(sessions.Find(1, mine.get()), nullptr);
  // While a session is kept, so is its context: its address is nobody else's.
  const SSL_CTX* const address = mine.get();
  mine.reset();
  EXPECT_NE(NewClientContext().value().get(), address);
}

}  // namespace
}  // namespace carillon::http

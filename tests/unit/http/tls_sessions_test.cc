#include <gtest/gtest.h>

#include "tls_context.h"
#include "tls_session.h"

namespace carillon::http {
namespace {

constexpr time_t kNow = 1'700'000'000;
constexpr time_t kEnd = kNow + 10;

class TlsSessionsTest : public testing::Test {
 protected:
  static SslSessionPtr NewSession() { return SslSessionPtr(SSL_SESSION_new()); }
  SSL_CTX* context() const { return context_.get(); }

  SslContext context_ = NewClientContext().value();
};

TEST_F(TlsSessionsTest, KeepsTheLastOneOfEachEndpoint) {
  TlsSessions sessions(8);
  EXPECT_EQ(sessions.Find(1, context(), kNow).session, nullptr);
  sessions.Put(1, context(), NewSession(), kEnd);
  SslSessionPtr last = NewSession();
  SSL_SESSION* const expected = last.get();
  sessions.Put(1, context(), std::move(last), kEnd);
  EXPECT_EQ(sessions.Find(1, context(), kNow).session, expected);
  sessions.Erase(1);
  EXPECT_EQ(sessions.Find(1, context(), kNow).session, nullptr);
}

TEST_F(TlsSessionsTest, ForgetsTheLeastRecentlyUsed) {
  TlsSessions sessions(2);
  sessions.Put(1, context(), NewSession(), kEnd);
  sessions.Put(2, context(), NewSession(), kEnd);
  EXPECT_NE(sessions.Find(1, context(), kNow).session, nullptr);
  sessions.Put(3, context(), NewSession(), kEnd);
  EXPECT_NE(sessions.Find(1, context(), kNow).session, nullptr);
  EXPECT_EQ(sessions.Find(2, context(), kNow).session, nullptr);
  EXPECT_NE(sessions.Find(3, context(), kNow).session, nullptr);
}

TEST_F(TlsSessionsTest, ForgetsWhatIsOver) {
  TlsSessions sessions(8);
  sessions.Put(1, context(), NewSession(), kEnd);
  EXPECT_EQ(sessions.Find(1, context(), kEnd).until, kEnd);
  EXPECT_EQ(sessions.Find(1, context(), kEnd + 1).session, nullptr);
  EXPECT_EQ(sessions.Find(1, context(), kNow).session, nullptr);
}

TEST_F(TlsSessionsTest, AnotherContextFindsNone) {
  TlsSessions sessions(2);
  const SslContext other = NewClientContext().value();
  SslContext mine = NewClientContext().value();
  sessions.Put(1, mine.get(), NewSession(), kEnd);
  EXPECT_EQ(sessions.Find(1, other.get(), kNow).session, nullptr);
  EXPECT_NE(sessions.Find(1, mine.get(), kNow).session, nullptr);
  // While a session is kept, so is its context: its address is nobody else's.
  const SSL_CTX* const address = mine.get();
  mine.reset();
  EXPECT_NE(NewClientContext().value().get(), address);
}

}  // namespace
}  // namespace carillon::http

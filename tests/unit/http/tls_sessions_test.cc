#include <gtest/gtest.h>

#include "tls_session.h"

namespace carillon::http {
namespace {

SslSessionPtr NewSession() { return SslSessionPtr(SSL_SESSION_new()); }

TEST(TlsSessionsTest, KeepsTheLastOneOfEachEndpoint) {
  TlsSessions sessions(8);
  EXPECT_EQ(sessions.Find(1), nullptr);
  sessions.Put(1, NewSession());
  SslSessionPtr last = NewSession();
  SSL_SESSION* const expected = last.get();
  sessions.Put(1, std::move(last));
  EXPECT_EQ(sessions.Find(1), expected);
  sessions.Erase(1);
  EXPECT_EQ(sessions.Find(1), nullptr);
}

TEST(TlsSessionsTest, ForgetsTheLeastRecentlyUsed) {
  TlsSessions sessions(2);
  sessions.Put(1, NewSession());
  sessions.Put(2, NewSession());
  EXPECT_NE(sessions.Find(1), nullptr);
  sessions.Put(3, NewSession());
  EXPECT_NE(sessions.Find(1), nullptr);
  EXPECT_EQ(sessions.Find(2), nullptr);
  EXPECT_NE(sessions.Find(3), nullptr);
}

}  // namespace
}  // namespace carillon::http

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>

#include "connect_failure.h"

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using boost::system::error_code;
using model::Outcome;
using model::Resource;

const tcp::endpoint kHere(make_address("127.0.0.1"), 80);

error_code Of(int code) { return {code, boost::system::system_category()}; }

TEST(Shortage, IsWhatThisMachineLacks) {
  for (const int code : {EMFILE, ENFILE}) {
    EXPECT_EQ(ShortageOf(Of(code), kHere), Resource::kDescriptors) << code;
  }
  for (const int code : {ENOBUFS, ENOMEM, ENOSPC}) {
    EXPECT_EQ(ShortageOf(Of(code), kHere), Resource::kMemory) << code;
  }
  for (const int code : {EADDRNOTAVAIL, EADDRINUSE, EAGAIN}) {
    EXPECT_EQ(ShortageOf(Of(code), kHere), Resource::kPorts) << code;
    EXPECT_EQ(OutcomeOfConnect(Of(code), kHere), Outcome::kLocalShortage) << code;
  }
  const error_code tls(static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, ERR_R_MALLOC_FAILURE)),
                       boost::asio::error::get_ssl_category());
  EXPECT_EQ(ShortageOf(tls, kHere), Resource::kMemory);
}

TEST(Shortage, IsNotWhatTheNetworkOrItsRulesSay) {
  const std::pair<int, Outcome> others[] = {{ECONNREFUSED, Outcome::kConnectRefused},
                                            {ETIMEDOUT, Outcome::kConnectTimeout},
                                            {ECONNRESET, Outcome::kReset},
                                            {EHOSTUNREACH, Outcome::kUnreachable},
                                            {ENETUNREACH, Outcome::kUnreachable},
                                            {EPERM, Outcome::kUnreachable},
                                            {EACCES, Outcome::kUnreachable},
                                            {EAFNOSUPPORT, Outcome::kUnreachable}};
  for (const auto& [code, outcome] : others) {
    EXPECT_EQ(ShortageOf(Of(code), kHere), std::nullopt) << code;
    EXPECT_EQ(OutcomeOfConnect(Of(code), kHere), outcome) << code;
  }
}

}  // namespace
}  // namespace carillon::http

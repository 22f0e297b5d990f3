#include "notices.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/log/log.h"

namespace carillon::server {
namespace {

/// The members that are told to be open; empty: there is no warning.
std::string OpenPorts(const config::Config& config) {
  const base::SystemClock clock;
  std::ostringstream out;
  const std::unique_ptr<log::Logger> logger = log::Logger::Create(out, log::Level::kInfo, clock);
  TellOfOpenPorts(config, *logger);
  const std::string line = out.str();
  constexpr std::string_view kMembers = "\"members\":\"";
  const size_t begin = line.find(kMembers);
  if (begin == std::string::npos) return "";
  const size_t from = begin + kMembers.size();
  return line.substr(from, line.find('"', from) - from);
}

config::Config At(const std::string& publish, const std::string& admin) {
  config::Config config;
  config.server.set_publish_address(publish);
  config.server.set_admin_address(admin);
  return config;
}

TEST(OpenPorts, AreThoseThatOtherMachinesReach) {
  EXPECT_EQ(OpenPorts(At("127.0.0.1:7080", "127.8.9.1:7081")), "");
  EXPECT_EQ(OpenPorts(At("[::1]:7080", "localhost:7081")), "");
  EXPECT_EQ(OpenPorts(At("0.0.0.0:7080", "127.0.0.1:7081")), "server.publish_address");
  EXPECT_EQ(OpenPorts(At("127.0.0.1:7080", "10.1.2.3:7081")), "server.admin_address");
  EXPECT_EQ(OpenPorts(At("[::]:7080", "[2001:db8::1]:7081")),
            "server.publish_address,server.admin_address");
}

TEST(OpenPorts, ThatThereAreNoneIsToldToo) {
  const auto told = [](const config::Config& config) {
    const base::SystemClock clock;
    std::ostringstream out;
    const std::unique_ptr<log::Logger> logger = log::Logger::Create(out, log::Level::kInfo, clock);
    TellOfOpenPorts(config, *logger);
    return out.str();
  };
  config::Config config = At("127.0.0.1:7080", "[::1]:7081");
  EXPECT_NE(told(config).find("loopback addresses only"), std::string::npos);
  config.tokens.emplace_back();
  EXPECT_EQ(told(config), "");
}

TEST(OpenPorts, AreNoneWithTokensOrClientCertificates) {
  config::Config config = At("0.0.0.0:7080", "0.0.0.0:7081");
  config.publish_tls.wanted = true;
  EXPECT_EQ(OpenPorts(config), "server.publish_address,server.admin_address");
  config.publish_tls.client_ca = "an authority";
  EXPECT_EQ(OpenPorts(config), "server.admin_address");
  config.tokens.emplace_back();
  EXPECT_EQ(OpenPorts(config), "");
}

}  // namespace
}  // namespace carillon::server

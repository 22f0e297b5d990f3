#include "carillon/resource/open_ports.h"

#include <arpa/inet.h>

namespace carillon::resource {

bool IsReachable(std::string_view address) {
  std::string host(address.substr(0, address.rfind(':')));
  if (host == "localhost") return false;
  if (host.starts_with('[')) {
    host = host.substr(1, host.size() - 2);
    in6_addr ip{};
    return inet_pton(AF_INET6, host.c_str(), &ip) != 1 || !IN6_IS_ADDR_LOOPBACK(&ip);
  }
  in_addr ip{};
  if (inet_pton(AF_INET, host.c_str(), &ip) != 1) return true;
  constexpr uint32_t kLoopback = 127;
  return ntohl(ip.s_addr) >> 24 != kLoopback;
}

bool AsksCallers(const Config& config) {
  return !config.tokens.empty() || !config.jwt_issuers.empty() || !config.certificates.empty();
}

std::vector<std::string_view> OpenPorts(const Config& config) {
  std::vector<std::string_view> open;
  if (AsksCallers(config)) return open;
  const auto look = [&](std::string_view member, const std::string& address, const ServerTls& tls) {
    if (IsReachable(address) && tls.client_ca.empty()) open.push_back(member);
  };
  look("publish_address", config.server.publish_address(), config.publish_tls);
  look("admin_address", config.server.admin_address(), config.admin_tls);
  return open;
}

}  // namespace carillon::resource

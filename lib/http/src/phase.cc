#include <array>
#include <string_view>

#include "carillon/http/courier.h"

namespace carillon::http {

std::string_view PhaseName(Phase phase) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "queue", "resolve", "connect", "proxy", "tls", "send", "wait", "head", "body"};
  return kNames[static_cast<size_t>(phase)];
}

}  // namespace carillon::http

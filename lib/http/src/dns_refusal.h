#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carillon::http {

/// What a name server answered that could or would not: c-ares asks the next one then, and in the
/// end says only that none could be asked.
struct DnsRefusal {
  std::string name;       ///< whom the question was about, in small letters, without the last dot
  std::string_view code;  ///< `SERVFAIL`, `NOTIMP`, `REFUSED`
};

/// Reads a datagram; nullopt: it is no such answer. Pure.
std::optional<DnsRefusal> RefusalIn(std::string_view datagram);

}  // namespace carillon::http

#pragma once

#include <optional>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/http/resolver.h"

namespace carillon::http {

/// Which of one host's addresses worked and which failed lately, so that the next attempt begins
/// elsewhere. Pure: `now` is an argument. A failure is forgotten after ten minutes; at most 256 are
/// known. One thread.
class AddressHistory {
 public:
  using Address = boost::asio::ip::address;

  /// The order in which to try `addresses`: IPv6 and IPv4 take turns (RFC 8305), each family in the
  /// order given; those that failed come last, the one that failed last at the very end. Where one
  /// has failed, the one that worked last comes first; else the order of the name server stands,
  /// which spreads connections over all of them.
  Addresses Order(const Addresses& addresses, base::MonoTime now) const;

  /// It did not connect, or what was connected to did no good.
  void Failed(const Address& address, base::MonoTime now);
  void Worked(const Address& address);

 private:
  struct Failure {
    Address address;
    base::MonoTime at;
  };

  /// 0: none known; else the greater, the later.
  size_t FailureOf(const Address& address, base::MonoTime now) const;

  std::vector<Failure> failures_;  // oldest first
  std::optional<Address> worked_;  // last
};

}  // namespace carillon::http

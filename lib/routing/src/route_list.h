#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace carillon::routing {

inline constexpr uint32_t kNoFilter = std::numeric_limits<uint32_t>::max();

/// That one subscription names one destination, under the filter of that index (`kNoFilter`: under
/// none).
struct Wish {
  uint32_t destination;
  uint32_t filter;
};

/// Destinations, ascending, each once, with the filters any one of which suffices; no filter at
/// all: the destination is always wanted.
class RouteList {
 public:
  struct Route {
    uint32_t destination;
    uint32_t first;  ///< of its filters
    uint32_t count;
    friend bool operator==(const Route&, const Route&) = default;
  };

  /// Unites wishes, in any order. Filters keep the order of their indices.
  static RouteList Unite(std::vector<Wish> wishes);

  const std::vector<Route>& routes() const { return routes_; }
  const uint32_t* filters(const Route& route) const { return filters_.data() + route.first; }
  friend bool operator==(const RouteList&, const RouteList&) = default;

 private:
  std::vector<Route> routes_;
  std::vector<uint32_t> filters_;
};

}  // namespace carillon::routing

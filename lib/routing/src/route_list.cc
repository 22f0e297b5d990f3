#include "route_list.h"

#include <algorithm>
#include <tuple>

namespace carillon::routing {

RouteList RouteList::Unite(std::vector<Wish> wishes) {
  std::ranges::sort(wishes, {}, [](const Wish& w) { return std::tuple(w.destination, w.filter); });
  RouteList list;
  for (size_t begin = 0; begin < wishes.size();) {
    size_t end = begin;
    while (end < wishes.size() && wishes[end].destination == wishes[begin].destination) ++end;
    Route route{wishes[begin].destination, static_cast<uint32_t>(list.filters_.size()), 0};
    // kNoFilter is the greatest index, so it stands last: then the other filters do not matter.
    if (wishes[end - 1].filter != kNoFilter) {
      for (size_t i = begin; i < end; ++i) {
        if (i > begin && wishes[i].filter == wishes[i - 1].filter) continue;
        list.filters_.push_back(wishes[i].filter);
        ++route.count;
      }
    }
    list.routes_.push_back(route);
    begin = end;
  }
  list.routes_.shrink_to_fit();
  list.filters_.shrink_to_fit();
  return list;
}

}  // namespace carillon::routing

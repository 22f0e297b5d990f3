#include "carillon/control/view.h"

#include <algorithm>

namespace carillon::control {

std::vector<Entry> View::Last(std::string_view prefix, size_t most) const {
  std::vector<Entry> last = List(prefix);
  std::ranges::reverse(last);
  if (last.size() > most) last.resize(most);
  return last;
}

}  // namespace carillon::control

#include "carillon/model/built_in.h"

#include <algorithm>

#include "carillon/model/operational.h"

namespace carillon::model {

std::vector<std::string> BuiltInTypes() {
  std::vector<std::string> types(kOperationalTypes.begin(), kOperationalTypes.end());
  for (const PayloadFamily& family : kPayloadFamilies) {
    for (const std::string_view verb : family.verbs) {
      types.push_back(std::string(family.prefix).append(verb));
    }
  }
  std::ranges::sort(types);
  return types;
}

}  // namespace carillon::model

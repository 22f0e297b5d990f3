#pragma once

#include <functional>
#include <string_view>

#include "carillon/model/shortage.h"

namespace carillon::http {

/// This machine was short of something that an attempt needed. The views live as long as the call.
struct LocalShortage {
  model::Resource resource = model::Resource::kDescriptors;
  model::ShortageEffect effect = model::ShortageEffect::kPostponed;
  std::string_view label;  ///< of the endpoint whose attempt it was
  std::string_view error;  ///< in words
};
using OnShortage = std::function<void(const LocalShortage&)>;

}  // namespace carillon::http

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carillon::base {

/// The names close to `name`, closest first, at most three: for `did you mean`.
std::vector<std::string_view> Similar(std::string_view name,
                                      const std::vector<std::string_view>& known);

/// `; did you mean 'a' or 'b'?`, or nothing when no name is close.
std::string DidYouMean(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace carillon::base

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/shared_text.h"

namespace carillon::resource {

/// The PEM texts of one configuration, none of them secret: thousands of destinations name the same
/// bundle, which is in memory once then, and is parsed once to be checked.
class PemTexts {
 public:
  using Check = absl::Status (*)(const std::string&);

  /// Returns `text`, shared with all who gave an equal one, or what `check` finds wrong with it.
  absl::StatusOr<base::SharedText> Checked(std::string text, Check check);

 private:
  using Passed = std::map<std::string_view, base::SharedText>;  // by themselves
  std::map<Check, Passed> passed_;
};

}  // namespace carillon::resource

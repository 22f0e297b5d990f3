#include "time_flags.h"

#include "absl/time/time.h"
#include "carillon/resource/units.h"

namespace carillon::cli {

std::string TimeText(const std::string& text, absl::Time now) {
  const auto ago = resource::ParseDuration(text);
  if (!ago.ok()) return text;
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", now - absl::FromChrono(*ago),
                          absl::UTCTimeZone());
}

}  // namespace carillon::cli

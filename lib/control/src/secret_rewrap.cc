#include "secret_rewrap.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/sealing/envelope.h"
#include "remembered.h"
#include "stored_entries.h"
#include "stored_resource.h"

namespace carillon::control {
namespace {

struct Place {
  std::string_view prefix;
  size_t head_bytes;  ///< that stand before what is stored
};
constexpr Place kPlaces[kRewrapPrefixes] = {{kResourcePrefix, 0},
                                            {Remembered::kPrefix, Remembered::kHeadBytes}};

}  // namespace

std::string_view RewrapPrefix(size_t index) { return kPlaces[index].prefix; }

absl::StatusOr<RewrapStep> RewrapEntries(const sealing::MasterKeys& keys, size_t prefix,
                                         const std::vector<store::ConfigEntry>& entries) {
  RewrapStep step;
  const size_t head = kPlaces[prefix].head_bytes;
  for (const store::ConfigEntry& entry : entries) {
    const std::string_view value = entry.value;
    if (value.size() < head) continue;
    const auto envelope = SealedIn(value.substr(head));
    if (!envelope) continue;
    ++step.sealed;
    if (sealing::IsCurrent(keys, *envelope)) continue;
    const auto rewrapped = sealing::Rewrap(keys, *envelope, entry.key);
    if (!rewrapped.ok()) {
      return absl::Status(
          rewrapped.status().code(),
          absl::StrCat("'", base::Printable(entry.key), "': ", rewrapped.status().message()));
    }
    const size_t before = value.size() - envelope->size();
    step.changes.push_back({entry.key,
                            absl::StrCat(base::ToAbsl(value.substr(0, before)), *rewrapped),
                            entry.revision});
  }
  return step;
}

}  // namespace carillon::control

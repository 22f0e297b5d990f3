#pragma once

#include <cstdint>

namespace carillon::model {

/// What made a delivery, or made it again. Closed; the numbers are stored.
enum class Trigger : uint8_t {
  kPublish = 0,  ///< its event was published
  kResend = 1,   ///< somebody asked for this delivery to be made again, or at once
  kReplay = 2,   ///< somebody asked for a part of the journal
};
inline constexpr int kTriggerCount = 3;

}  // namespace carillon::model

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/model/attempt_facts.h"
#include "carillon/model/outcome.h"
#include "carillon/model/trigger.h"

namespace carillon::deliverylog {

/// What an attempt left its delivery in. Closed; the numbers are stored.
enum class State : uint8_t {
  kQueued = 0,     ///< cut off by the end of the process: it is sent after the next start
  kScheduled = 1,  ///< it failed, and is tried again at `next`
  kDelivered = 2,
  kDead = 3,
  /// No attempt, but a mark behind those that were made: the delivery was purged, and is not shown
  /// any more, unless it is made again. Its other figures are those of the attempt before.
  kPurged = 4,
};
inline constexpr int kStateCount = 5;

/// How long the parts of an attempt took; negative: it did not come to that part.
struct Phases {
  std::chrono::nanoseconds dns{-1};
  std::chrono::nanoseconds connect{-1};
  std::chrono::nanoseconds tls{-1};
  std::chrono::nanoseconds first_byte{-1};
  std::chrono::nanoseconds body{-1};
  friend bool operator==(const Phases&, const Phases&) = default;
};

/// What is kept of an attempt beside its outcome, as the setting says. A value.
struct Detail {
  Phases phases;
  std::string peer;           ///< `203.0.113.7:443`; empty: no connection was tried
  std::string error;          ///< what failed, in words; empty when a status came
  std::string url;            ///< without user, password, query and fragment
  std::string request;        ///< the request's head, secrets blanked (see BlankedHead)
  uint64_t sent = 0;          ///< bytes of the request's body
  std::string response;       ///< the beginning of the response's head, secrets blanked
  std::string body;           ///< the beginning of the response's body
  bool body_cut = false;      ///< it was as long as is kept: there may have been more
  model::AttemptFacts facts;  ///< behind `error`, for programs; empty where there are none
  friend bool operator==(const Detail&, const Detail&) = default;
};

/// The numbers of a record.
struct Figures {
  uint64_t position = 0;  ///< of the event
  base::WallTime accepted{};
  base::WallTime started{};
  base::WallTime next{};  ///< with kScheduled
  uint32_t duration_us = 0;
  /// Of the attempt within its delivery, from 1 on; what is made again goes on behind what was made
  /// before.
  uint32_t number = 1;
  uint16_t status = 0;  ///< 0: no response came
  uint16_t batch = 1;   ///< deliveries in the POST
  model::Outcome outcome = model::Outcome::kSuccess;
  State state = State::kDelivered;
  model::Trigger trigger = model::Trigger::kPublish;
  friend bool operator==(const Figures&, const Figures&) = default;
};

/// An attempt as it is handed over. Views hold for the length of the call.
struct Entry {
  Figures figures;
  std::string_view tenant;
  std::string_view destination;
  std::string_view event_type;
  std::string_view event_id;
  const Detail* detail = nullptr;  ///< null: nothing is kept
};

/// An attempt as it is read. A value.
struct Record {
  uint64_t sequence = 0;  ///< ascends in the order in which attempts were written; never used twice
  Figures figures;
  std::string tenant;
  std::string destination;
  std::string event_type;
  std::string event_id;
  bool has_detail = false;
  std::optional<Detail> detail;  ///< where it was asked for and there is one
};

/// Takes what came of attempts. Thread-safe; never waits for a disk or for a reader, never fails:
/// what there is no room for is left out and counted.
class Sink {
 public:
  virtual ~Sink() = default;
  /// `shard` spreads callers over locks: those with different ones seldom meet.
  virtual void Add(uint32_t shard, const Entry& entry) = 0;
};

/// A head of HTTP as it was sent or received, with the values of `Authorization`,
/// `Proxy-Authorization`, `Cookie`, `Set-Cookie` and of the fields `secret` (in lower case)
/// replaced by `***`; at most `max_bytes` of it, cut at the end of a line.
std::string BlankedHead(std::string_view head, const std::vector<std::string>& secret,
                        size_t max_bytes);

/// The fields of a head, its first line left out.
std::vector<std::pair<std::string, std::string>> FieldsOf(std::string_view head);

}  // namespace carillon::deliverylog

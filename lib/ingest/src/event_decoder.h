#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/ingest/ingest.h"
#include "google/protobuf/arena.h"
#include "payload.h"
#include "place.h"

namespace carillon::ingest {

/// Decodes the events of one request one after another, in memory that is kept from one to the
/// next. The arguments must outlive it.
class EventDecoder {
 public:
  EventDecoder(const Limits& limits, const Catalog& catalog, base::WallTime now,
               base::Random& random, Remarks& remarks);

  /// `bytes` is a carillon.v1.Event, the `index`th of its request.
  absl::StatusOr<std::shared_ptr<model::Event>> Decode(size_t index, std::string_view bytes);

 private:
  absl::Status TakeHead(const v1::Event& event, Place place);
  void TakeTrace(const v1::Event& event);
  /// `json`: the payload, where it is that one.
  absl::Status TakePayload(const v1::Event& event, std::optional<std::string_view> json,
                           Place place);
  /// Whether a payload that came as JSON fits the schema of its type.
  absl::Status CheckPayload(const schema::EventType& type, Place place);

  const Limits& limits_;
  const Catalog& catalog_;
  const base::WallTime now_;
  base::Random& random_;
  Remarks& remarks_;
  alignas(8) std::array<char, 4096> block_;  // enough for most events
  google::protobuf::Arena arena_;
  std::string made_id_;
  std::optional<model::TraceContext> own_trace_;
  model::Event::Parts parts_;
  model::Event::Builder builder_;
  Encoding encoding_;
};

}  // namespace carillon::ingest

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/model/trace_context.h"

namespace carillon::model {

/// An accepted (or about to be accepted) event: one allocation of bytes, `record()`, in the form
/// in which the journal stores it, and views into it. The payload is JSON already: it is encoded
/// once, when the event comes in, and every format of every destination wraps the same bytes.
///
/// Immutable, and shared between threads, once `Accept` was called.
class Event {
 public:
  using Attribute = std::pair<std::string_view, std::string_view>;

  /// What an event is made of. Views need to live only during `Create`.
  struct Parts {
    std::string_view id;
    std::string_view type;
    std::string_view tenant;
    std::string_view ordering_key;
    base::WallTime occurred_at;
    std::vector<Attribute> attributes;
    std::string_view payload;             ///< JSON without insignificant white space
    const TraceContext* trace = nullptr;  ///< where it comes from; null when nobody said
  };

  /// Makes an event whose payload is written straight into its record. One event after another.
  class Builder {
   public:
    /// Writes what stands before the payload, whose `parts.payload` is not looked at, and returns
    /// where the payload is to be appended until `Finish`; about `expected` bytes of it. What was
    /// begun and not finished is dropped. The parts were validated before (see `ingest`).
    std::string& Begin(const Parts& parts, size_t expected);
    /// Of the payload that was appended, bytes.
    size_t payload_bytes() const { return record_.size() - payload_at_; }
    /// What was appended so far; until more is.
    std::string_view payload() const { return std::string_view(record_).substr(payload_at_); }
    /// Once after each `Begin`. Gives back memory when much less was appended than was expected.
    std::shared_ptr<Event> Finish();

   private:
    std::string record_;
    size_t payload_at_ = 0;
  };

  /// Builds the record from all of `parts`.
  static std::shared_ptr<Event> Create(const Parts& parts);

  /// Reads a record back. INVALID_ARGUMENT when the bytes are not a record.
  static absl::StatusOr<std::shared_ptr<Event>> Parse(std::string_view record);

  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// The journal gives the event its place and the time of its acceptance; before it is shared.
  void Accept(uint64_t position, base::WallTime accepted_at) {
    position_ = position;
    accepted_at_ = accepted_at;
  }

  uint64_t position() const { return position_; }  ///< 1 upwards; 0 before `Accept`
  base::WallTime accepted_at() const { return accepted_at_; }
  base::WallTime occurred_at() const { return occurred_at_; }
  std::string_view id() const { return id_; }
  std::string_view type() const { return type_; }
  std::string_view tenant() const { return tenant_; }
  std::string_view ordering_key() const { return ordering_key_; }
  std::string_view payload() const { return payload_; }
  const std::vector<Attribute>& attributes() const { return attributes_; }
  std::string_view record() const { return record_; }
  /// Whether it belongs to a trace. One that does not takes no byte more for it.
  bool traced() const;
  /// Whether it belongs to a trace whose spans are recorded.
  bool sampled() const;
  /// Returns nullopt when it is not `traced`.
  std::optional<TraceContext> trace() const;
  /// Memory this event takes, roughly, in bytes.
  size_t bytes() const { return sizeof(Event) + record_.capacity() + attributes_.size() * 32; }

 private:
  struct Token {};

 public:
  Event(Token, std::string record) : record_(std::move(record)) {}

 private:
  bool SetViews();

  std::string record_;
  uint64_t position_ = 0;
  base::WallTime accepted_at_{};
  base::WallTime occurred_at_{};
  std::string_view id_, type_, tenant_, ordering_key_, payload_;
  std::vector<Attribute> attributes_;
};

using EventPtr = std::shared_ptr<const Event>;

}  // namespace carillon::model

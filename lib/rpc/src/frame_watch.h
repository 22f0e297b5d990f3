#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/clock.h"

namespace carillon::rpc {

/// Reads along what passes over one HTTP/2 connection of a publisher, so that one can say what it
/// costs and whether its client floods: gRPC 1.51 keeps header blocks of any size, makes a call for
/// each stream that is opened and reset, and queues answers to control frames. Looks at frame heads
/// and at gRPC's message prefixes only; decides, does nothing. Not thread-safe.
class FrameWatch {
 public:
  struct Limits {
    size_t max_head_bytes = 128u << 10;  ///< of one header block, as it is sent
    uint32_t max_resets = 256;           ///< streams a client may reset at once ...
    uint32_t resets_per_second = 200;    ///< ... and in the long run
    /// Frames that bring nothing (pings, settings, window updates, empty data) since the server's
    /// last answer.
    uint32_t max_empty_frames = 1024;
    uint32_t max_fragments = 4096;  ///< small pieces of one message
  };

  enum class Verdict : uint8_t { kFine, kNotHttp2, kHead, kResets, kEmptyFrames, kFragments };

  // What gRPC keeps for a connection and for a stream beside what was sent, measured.
  static constexpr size_t kConnectionBytes = 16u << 10;
  static constexpr size_t kStreamBytes = 8u << 10;
  /// From here on a header block is called large.
  static constexpr size_t kLargeHeadBytes = 2u << 10;

  explicit FrameWatch(const Limits& limits) : limits_(limits) {}

  /// What the client sent, in order. After another verdict than kFine the connection is to be
  /// closed.
  Verdict Received(std::string_view bytes, base::MonoTime now);
  /// What was sent to the client, in order.
  void Sent(std::string_view bytes);

  /// Memory that the connection takes: its own, its open streams', their heads', and what has come
  /// of messages that are not complete.
  size_t cost() const { return kConnectionBytes + streams_.size() * kStreamBytes + held_; }
  size_t open_streams() const { return streams_.size(); }
  /// Calls begun and messages that came whole, since the connection was made.
  uint64_t work() const { return work_; }
  /// Open streams with a large header block.
  size_t large_heads() const { return large_heads_; }

 private:
  /// A frame as far as it was read.
  struct Frame {
    std::array<uint8_t, 9> head{};
    size_t head_bytes = 0;
    size_t length = 0;
    size_t left = 0;
    uint8_t type = 0;
    uint8_t flags = 0;
    uint32_t stream = 0;

    /// Takes bytes of the head; true when it is complete.
    bool Take(std::string_view& bytes);
  };
  struct Stream {
    size_t head_bytes = 0;
    std::array<uint8_t, 5> prefix{};
    size_t prefix_bytes = 0;
    size_t message_left = 0;
    size_t message_bytes = 0;  ///< have come of the message that is not complete
    uint32_t fragments = 0;
  };

  Verdict Begin(base::MonoTime now);
  Verdict BeginHead(bool opens);
  Verdict TakeReset(base::MonoTime now);
  Verdict TakeEmpty() {
    return ++empty_frames_ > limits_.max_empty_frames ? Verdict::kEmptyFrames : Verdict::kFine;
  }
  void TakeData(std::string_view bytes);
  Verdict EndData();
  void Close(uint32_t stream);

  const Limits limits_;
  size_t preface_ = 0;  ///< bytes of it that have come
  Frame in_;
  Frame out_;
  absl::flat_hash_map<uint32_t, Stream> streams_;
  Stream* data_ = nullptr;  ///< of the data frame under way; null when none is open
  uint32_t last_stream_ = 0;
  size_t head_bytes_ = 0;  ///< of the header block under way
  size_t held_ = 0;
  uint64_t work_ = 0;
  size_t large_heads_ = 0;
  uint32_t empty_frames_ = 0;
  double resets_ = 0;  ///< lately
  base::MonoTime reset_at_{};
};

}  // namespace carillon::rpc

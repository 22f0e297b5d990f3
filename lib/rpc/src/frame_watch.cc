#include "frame_watch.h"

#include <algorithm>
#include <chrono>

namespace carillon::rpc {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kContinuation = 9,
};

constexpr uint8_t kEndStream = 1;
constexpr uint8_t kAck = 1;
constexpr size_t kSmallBytes = 256;
constexpr size_t kFragmentBytes = 64;  ///< what gRPC keeps for a piece beside its bytes
constexpr size_t kFrameHeadBytes = 9;

}  // namespace

bool FrameWatch::Frame::Take(std::string_view& bytes) {
  const size_t n = std::min(bytes.size(), head.size() - head_bytes);
  std::copy_n(bytes.data(), n, head.begin() + static_cast<std::ptrdiff_t>(head_bytes));
  head_bytes += n;
  bytes.remove_prefix(n);
  if (head_bytes < head.size()) return false;
  head_bytes = 0;
  length = left = static_cast<size_t>(head[0]) << 16 | static_cast<size_t>(head[1]) << 8 | head[2];
  type = head[3];
  flags = head[4];
  stream = (static_cast<uint32_t>(head[5]) << 24 | static_cast<uint32_t>(head[6]) << 16 |
            static_cast<uint32_t>(head[7]) << 8 | head[8]) &
           0x7FFF'FFFFu;
  return true;
}

FrameWatch::Verdict FrameWatch::Received(std::string_view bytes, base::MonoTime now) {
  if (preface_ < kPreface.size()) {
    const size_t n = std::min(bytes.size(), kPreface.size() - preface_);
    if (bytes.substr(0, n) != kPreface.substr(preface_, n)) return Verdict::kNotHttp2;
    preface_ += n;
    bytes.remove_prefix(n);
  }
  while (!bytes.empty()) {
    if (in_.left == 0) {
      if (!in_.Take(bytes)) break;
      if (const Verdict verdict = Begin(now); verdict != Verdict::kFine) return verdict;
    }
    const size_t n = std::min(bytes.size(), in_.left);
    if (data_ != nullptr) TakeData(bytes.substr(0, n));
    bytes.remove_prefix(n);
    in_.left -= n;
    if (in_.left == 0 && data_ != nullptr) {
      if (const Verdict verdict = EndData(); verdict != Verdict::kFine) return verdict;
    }
  }
  return Verdict::kFine;
}

FrameWatch::Verdict FrameWatch::Begin(base::MonoTime now) {
  switch (in_.type) {
    case kHeaders:
      return BeginHead(true);
    case kContinuation:
      return BeginHead(false);
    case kData: {
      const auto found = streams_.find(in_.stream);
      if (found != streams_.end() && in_.length > 0) {
        data_ = &found->second;
        return Verdict::kFine;
      }
      return (in_.flags & kEndStream) != 0 ? Verdict::kFine : TakeEmpty();
    }
    case kRstStream:
      return TakeReset(now);
    case kSettings:
    case kPing:
      return (in_.flags & kAck) != 0 ? Verdict::kFine : TakeEmpty();
    default:
      return TakeEmpty();
  }
}

FrameWatch::Verdict FrameWatch::BeginHead(bool opens) {
  if (opens) head_bytes_ = 0;
  const size_t bytes = in_.length + kFrameHeadBytes;
  head_bytes_ += bytes;
  if (head_bytes_ > limits_.max_head_bytes) return Verdict::kHead;
  if (opens && in_.stream > last_stream_) {
    last_stream_ = in_.stream;
    streams_[in_.stream] = {};
    ++work_;
  }
  const auto found = streams_.find(in_.stream);
  if (found == streams_.end()) return TakeEmpty();
  Stream& stream = found->second;
  const bool was_large = stream.head_bytes >= kLargeHeadBytes;
  stream.head_bytes += bytes;
  held_ += bytes;
  if (!was_large && stream.head_bytes >= kLargeHeadBytes) ++large_heads_;
  return stream.head_bytes > limits_.max_head_bytes ? Verdict::kHead : Verdict::kFine;
}

FrameWatch::Verdict FrameWatch::TakeReset(base::MonoTime now) {
  if (!streams_.contains(in_.stream)) return TakeEmpty();
  Close(in_.stream);
  const double passed = std::chrono::duration<double>(now - reset_at_).count();
  resets_ = std::max(0.0, resets_ - passed * limits_.resets_per_second) + 1;
  reset_at_ = now;
  return resets_ > limits_.max_resets ? Verdict::kResets : Verdict::kFine;
}

void FrameWatch::TakeData(std::string_view bytes) {
  Stream& stream = *data_;
  while (!bytes.empty()) {
    size_t n = bytes.size();
    if (stream.prefix_bytes < stream.prefix.size()) {
      n = std::min(n, stream.prefix.size() - stream.prefix_bytes);
      std::copy_n(bytes.data(), n,
                  stream.prefix.begin() + static_cast<std::ptrdiff_t>(stream.prefix_bytes));
      stream.prefix_bytes += n;
      for (size_t i = 1; stream.prefix_bytes == stream.prefix.size() && i < 5; ++i) {
        stream.message_left = stream.message_left << 8 | stream.prefix[i];
      }
    } else {
      n = std::min(n, stream.message_left);
      stream.message_left -= n;
    }
    bytes.remove_prefix(n);
    stream.message_bytes += n;
    held_ += n;
    if (stream.prefix_bytes == stream.prefix.size() && stream.message_left == 0) {
      held_ -= stream.message_bytes + stream.fragments * kFragmentBytes;
      stream.prefix_bytes = stream.message_bytes = stream.fragments = 0;
      ++work_;
    }
  }
}

FrameWatch::Verdict FrameWatch::EndData() {
  Stream& stream = *data_;
  data_ = nullptr;
  if (stream.message_bytes == 0 || in_.length >= kSmallBytes) return Verdict::kFine;
  ++stream.fragments;
  held_ += kFragmentBytes;
  return stream.fragments > limits_.max_fragments ? Verdict::kFragments : Verdict::kFine;
}

void FrameWatch::Close(uint32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const Stream& stream = found->second;
  held_ -= stream.head_bytes + stream.message_bytes + stream.fragments * kFragmentBytes;
  if (stream.head_bytes >= kLargeHeadBytes) --large_heads_;
  if (data_ == &stream) data_ = nullptr;
  streams_.erase(found);
}

void FrameWatch::Sent(std::string_view bytes) {
  while (!bytes.empty()) {
    if (out_.left == 0) {
      if (!out_.Take(bytes)) return;
      if (out_.type == kHeaders || out_.type == kData) empty_frames_ = 0;
      const bool ends =
          out_.type == kRstStream || (out_.type == kHeaders && (out_.flags & kEndStream) != 0);
      if (ends) Close(out_.stream);
    }
    const size_t n = std::min(bytes.size(), out_.left);
    bytes.remove_prefix(n);
    out_.left -= n;
  }
}

}  // namespace carillon::rpc

#include "response_reader.h"

#include <algorithm>
#include <utility>

namespace carillon::http {
namespace {

constexpr uint16_t kSwitchingProtocols = 101;

/// Appends what is still missing of the first `bytes`.
void KeepUpTo(size_t bytes, std::string_view data, std::string& kept) {
  kept.append(data.substr(0, bytes - kept.size()));
}

}  // namespace

using Body = ResponseHead::Body;

ResponseReader::ResponseReader(size_t max_head_bytes, size_t max_body_bytes)
    : max_head_bytes_(max_head_bytes), max_body_bytes_(max_body_bytes) {
  Reset();
}

void ResponseReader::Reset() {
  head_.Reset(max_head_bytes_);
  stands_ = false;
  head_too_long_ = false;
  odd_ = false;
  interim_bytes_ = 0;
  body_bytes_ = 0;
  keep_head_bytes_ = 0;
  kept_head_.clear();
  keep_bytes_ = 0;
  body_.clear();
  error_.clear();
}

ResponseReader::State ResponseReader::Feed(std::string_view bytes, size_t& consumed) {
  const size_t given = bytes.size();
  State state = State::kMore;
  while (state == State::kMore && !bytes.empty()) {
    state = stands_ ? FeedBody(bytes) : FeedHead(bytes);
  }
  consumed = given - bytes.size();
  return state;
}

ResponseReader::State ResponseReader::FeedHead(std::string_view& bytes) {
  const std::string_view given = bytes;
  const ResponseHead::State state = head_.Feed(bytes);
  KeepUpTo(keep_head_bytes_, given.substr(0, given.size() - bytes.size()), kept_head_);
  switch (state) {
    case ResponseHead::State::kMore:
      if (head_.status() == 0 || !head_.interim()) return State::kMore;
      if (interim_bytes_ + head_.bytes() < max_head_bytes_) return State::kMore;
      return HeadTooLong("too many or too long interim responses");
    case ResponseHead::State::kNotHttp:
      return Bad("the answer is not HTTP/1.x");
    case ResponseHead::State::kTooLong:
      return HeadTooLong("a head too long");
    case ResponseHead::State::kWhole:
      return EndHead();
  }
  return State::kMore;
}

ResponseReader::State ResponseReader::EndHead() {
  if (head_.status() == kSwitchingProtocols) return Bad("an answer 101 that nobody asked for");
  if (head_.interim()) {
    interim_bytes_ += head_.bytes();
    if (interim_bytes_ >= max_head_bytes_)
      return HeadTooLong("too many or too long interim responses");
    odd_ |= head_.odd();
    head_.Reset(max_head_bytes_);
    kept_head_.clear();
    return State::kMore;
  }
  stands_ = true;
  framing_ = head_.body();
  left_ = head_.length();
  if (framing_ == Body::kNone) return State::kDone;
  if (framing_ == Body::kUnknown) return Enough("a Content-Length that makes no sense");
  if (framing_ == Body::kChunked) chunks_.Reset();
  return State::kMore;
}

ResponseReader::State ResponseReader::FeedBody(std::string_view& bytes) {
  if (framing_ == Body::kChunked) return FeedChunks(bytes);
  const std::string_view data =
      framing_ == Body::kLength ? bytes.substr(0, std::min<uint64_t>(left_, bytes.size())) : bytes;
  bytes.remove_prefix(data.size());
  Keep(data);
  body_bytes_ += data.size();
  if (body_bytes_ > max_body_bytes_) return Enough("a body too long");
  if (framing_ == Body::kUntilClose) return State::kMore;
  left_ -= data.size();
  return left_ == 0 ? State::kDone : State::kMore;
}

ResponseReader::State ResponseReader::FeedChunks(std::string_view& bytes) {
  const size_t given = bytes.size();
  const ChunkedBody::State state =
      chunks_.Feed(bytes, [this](std::string_view data) { Keep(data); });
  body_bytes_ += given - bytes.size();
  if (state == ChunkedBody::State::kBad) return Enough("a chunk that makes no sense");
  if (body_bytes_ > max_body_bytes_) return Enough("a body too long");
  return state == ChunkedBody::State::kDone ? State::kDone : State::kMore;
}

bool ResponseReader::keep_alive() const {
  const bool chunks_odd = framing_ == Body::kChunked && chunks_.odd();
  return head_.reusable() && !odd_ && !chunks_odd;
}

void ResponseReader::Keep(std::string_view data) { KeepUpTo(keep_bytes_, data, body_); }

ResponseReader::State ResponseReader::HeadTooLong(std::string what) {
  head_too_long_ = true;
  if (head_.status() == 0 || head_.interim()) return Bad(std::move(what));
  stands_ = true;
  return Enough(std::move(what));
}

ResponseReader::State ResponseReader::Bad(std::string what) {
  error_ = std::move(what);
  return State::kBad;
}

ResponseReader::State ResponseReader::Enough(std::string what) {
  error_ = std::move(what);
  return State::kEnough;
}

}  // namespace carillon::http

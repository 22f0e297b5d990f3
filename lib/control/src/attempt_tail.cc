#include "attempt_tail.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "delivery_messages.h"

namespace carillon::control {
namespace {

using deliverylog::Query;
using deliverylog::Record;

constexpr char kTailMethod[] = "carillon.v1.DeliveryService/TailAttempts";

aip::ListArguments ResumeArguments(const std::string& parent, const std::string& filter,
                                   const Caller& caller) {
  return {kTailMethod, parent, filter, "", caller.tenants};
}

}  // namespace

std::string MakeResumeToken(const TailContext& context, const std::string& parent,
                            const std::string& filter, const Caller& caller, uint64_t next) {
  return context.tokens.Make(absl::StrCat(next), ResumeArguments(parent, filter, caller),
                             context.clock.Wall());
}

absl::StatusOr<uint64_t> ReadResumeToken(const TailContext& context,
                                         const v1::TailAttemptsRequest& request,
                                         const Caller& caller) {
  const auto cursor = context.tokens.Read(
      request.resume_token(), ResumeArguments(request.parent(), request.filter(), caller),
      context.clock.Wall());
  uint64_t next = 0;
  if (cursor.ok()) {
    const char* const end = cursor->data() + cursor->size();
    if (std::from_chars(cursor->data(), end, next).ptr == end) return next;
  }
  return aip::BadField("resume_token", "INVALID",
                       "must be one of a message of the same parent and filter, not older than a "
                       "day; leave it out to begin now",
                       v1::PAGE_TOKEN_INVALID);
}

AttemptTail::AttemptTail(const TailContext& context, Request request,
                         std::unique_ptr<AnswerStream> stream)
    : context_(context),
      request_(std::move(request)),
      stream_(std::move(stream)),
      check_at_(context.clock.Mono() + AttemptTails::kCheckEvery),
      sign_at_(context.clock.Mono()),  // the first answer says that it has begun
      next_(request_.next),
      looking_(request_.next) {}

template <typename T>
absl::AnyInvocable<void(T)> AttemptTail::Then(void (AttemptTail::*then)(T)) {
  return [self = shared_from_this(), post = context_.post, then](T told) {
    post([self, then, told = std::move(told)]() mutable {
      self->busy_ = false;
      if (!self->ended()) ((*self).*then)(std::move(told));
    });
  };
}

void AttemptTail::End(const absl::Status& status) {
  if (ended()) return;
  std::exchange(stream_, nullptr)->End(status);
  found_.clear();
}

bool AttemptTail::CheckStillMayRead() {
  if (stream_->cancelled()) {
    End(absl::CancelledError("nobody reads it any more"));
    return false;
  }
  const base::MonoTime now = context_.clock.Mono();
  if (now < check_at_ || request_.caller.check == nullptr) return true;
  check_at_ = now + AttemptTails::kCheckEvery;
  const absl::Status status = request_.caller.check();
  if (!status.ok()) End(status);
  return status.ok();
}

void AttemptTail::Look(uint64_t log_end) {
  if (ended() || !CheckStillMayRead() || busy_) return;
  if (sent_ < found_.size()) return SendNext();
  const bool sign = context_.clock.Mono() >= sign_at_;
  if (sign) return Send({}, 0);
  if (log_end <= next_) return;
  looking_ = log_end;
  dropped_ = 0;
  found_.clear();
  sent_ = 0;
  AskForNew(log_end);
}

void AttemptTail::AskForNew(uint64_t before) {
  Query query = request_.query;
  query.since = next_;
  query.before = before;
  const size_t room = AttemptTails::kMaxBehind - found_.size();
  query.limit = room > 0 ? room : Query::kMaxLimit;
  busy_ = true;
  context_.log.Find(std::move(query), Then(&AttemptTail::OnNew));
}

void AttemptTail::OnNew(FoundPage page) {
  if (!page.ok()) {  // too many ask, or a part is damaged and set aside: it is asked again
    found_.clear();
    return;
  }
  const bool full = found_.size() >= AttemptTails::kMaxBehind;
  if (full) {
    dropped_ += static_cast<int64_t>(page->records.size());
  } else {
    std::ranges::move(page->records, std::back_inserter(found_));
  }
  const bool counted = dropped_ >= AttemptTails::kMaxCounted;
  if (page->next && !counted) return AskForNew(*page->next);
  OnAllNew();
}

void AttemptTail::OnAllNew() {
  dropped_ = std::min(dropped_, AttemptTails::kMaxCounted);
  next_ = looking_;
  std::ranges::reverse(found_);
  if (!found_.empty()) SendNext();
}

void AttemptTail::SendNext() {
  const size_t most = request_.full ? AttemptTails::kPerFullMessage : AttemptTails::kPerMessage;
  const size_t count = std::min(most, found_.size() - sent_);
  if (request_.full) return SendFull(count);
  v1::TailAttemptsResponse message;
  for (size_t i = 0; i < count; ++i) *message.add_attempts() = ToAttempt(found_[sent_ + i]);
  Send(std::move(message), count);
}

// Their details are read only now, so that what waits is small.
void AttemptTail::SendFull(size_t count) {
  Query query = request_.query;
  query.since = found_[sent_].sequence;
  query.before = found_[sent_ + count - 1].sequence + 1;
  query.limit = count;
  query.details = true;
  busy_ = true;
  auto told = [self = shared_from_this(), post = context_.post, count](FoundPage page) {
    post([self, count, page = std::move(page)]() mutable {
      self->busy_ = false;
      if (self->ended() || !page.ok()) return;  // it is asked again
      v1::TailAttemptsResponse message;
      for (auto record = page->records.rbegin(); record != page->records.rend(); ++record) {
        *message.add_attempts() = ToAttempt(*record);
      }
      self->Send(std::move(message), count);
    });
  };
  context_.log.Find(std::move(query), std::move(told));
}

void AttemptTail::Send(v1::TailAttemptsResponse message, size_t count) {
  sent_ += count;
  const bool last = sent_ == found_.size();
  const uint64_t through = last ? next_ : found_[sent_ - 1].sequence + 1;
  message.set_dropped_count(std::exchange(dropped_, 0));
  message.set_resume_token(
      MakeResumeToken(context_, request_.parent, request_.filter, request_.caller, through));
  sign_at_ = context_.clock.Mono() + AttemptTails::kSignOfLife;
  busy_ = true;
  stream_->Write(message, Then(&AttemptTail::OnWritten));
}

void AttemptTail::OnWritten(bool ok) {
  if (!ok) return End(absl::CancelledError("nobody reads it any more"));
  if (sent_ < found_.size()) return SendNext();
  found_ = {};
  sent_ = 0;
}

}  // namespace carillon::control

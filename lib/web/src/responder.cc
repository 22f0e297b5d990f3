#include "carillon/web/responder.h"

#include <utility>

#include "exchange.h"

namespace carillon::web {
namespace {

/// Takes the way back out of its holder, which is spent then.
ExchangeRef Take(ExchangeRef& to) { return std::exchange(to, {}); }

template <typename Call>
void On(const ExchangeRef& to, Call call) {
  if (to.loop == nullptr) return;
  to.loop->Run([exchange = to.exchange, turn = to.turn, call = std::move(call)]() mutable {
    if (const auto there = exchange.lock()) call(*there, turn);
  });
}

}  // namespace

ResponseStream& ResponseStream::operator=(ResponseStream&& other) noexcept {
  if (this != &other) {
    Abort();
    to_ = Take(other.to_);
  }
  return *this;
}

void ResponseStream::Write(std::string bytes, Written written) {
  if (to_.loop == nullptr) return written(false);
  struct Job {
    std::weak_ptr<Exchange> exchange;
    uint64_t turn;
    std::string bytes;
    Written written;
    void operator()() {
      const auto there = exchange.lock();
      if (there == nullptr) return written(false);
      there->Write(turn, std::move(bytes), std::move(written));
    }
  };
  Job job{to_.exchange, to_.turn, std::move(bytes), std::move(written)};
  if (!to_.loop->Run(std::move(job))) job.written(false);  // it was not taken
}

void ResponseStream::Finish() {
  On(Take(to_), [](Exchange& there, uint64_t turn) { there.Finish(turn); });
}

void ResponseStream::Abort() {
  On(Take(to_), [](Exchange& there, uint64_t turn) { there.Abort(turn); });
}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    Responder old(Take(to_));  // answers
    to_ = Take(other.to_);
  }
  return *this;
}

Responder::~Responder() {
  if (to_.loop != nullptr) Reply({.status = 500, .body = "internal error\n"});
}

void Responder::WhenGone(absl::AnyInvocable<void()> gone) {
  if (to_.loop == nullptr) return gone();
  struct Job {
    std::weak_ptr<Exchange> exchange;
    uint64_t turn;
    absl::AnyInvocable<void()> gone;
    void operator()() {
      const auto there = exchange.lock();
      if (there == nullptr) return gone();
      there->WhenGone(turn, std::move(gone));
    }
  };
  Job job{to_.exchange, to_.turn, std::move(gone)};
  if (!to_.loop->Run(std::move(job))) job.gone();
}

void Responder::Reply(Response response) {
  On(Take(to_), [response = std::move(response)](Exchange& there, uint64_t turn) mutable {
    there.Reply(turn, std::move(response));
  });
}

ResponseStream Responder::Stream(Response response) {
  const ExchangeRef to = Take(to_);
  On(to, [response = std::move(response)](Exchange& there, uint64_t turn) mutable {
    there.BeginStream(turn, std::move(response));
  });
  return ResponseStream(to);
}

}  // namespace carillon::web

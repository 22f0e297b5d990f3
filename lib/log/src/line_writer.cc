#include "line_writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>
#include <utility>

#include "carillon/base/mutex.h"

namespace carillon::log {
namespace {

/// A pipe that poll calls writable takes this much without blocking.
constexpr size_t kPieceBytes = 4096;
constexpr int kLookAgainMs = 200;

}  // namespace

struct LineWriter::State {
  State(int f, std::function<std::string(uint64_t)> t, size_t m)
      : fd(f), max_bytes(m), tell(std::move(t)) {}

  /// The thread.
  void Run() {
    std::string lines;  // kept for its capacity
    base::MutexLock lock(mutex);
    while (true) {
      while (!stopping && waiting.empty() && dropped == told) work.Wait(mutex);
      if (waiting.empty() && dropped == told) return;
      lines.swap(waiting);
      const uint64_t lost = dropped - std::exchange(told, dropped);
      if (lost > 0 && !abandoned) lines += tell(lost);
      writing = true;
      lock.Unlock();
      Write(lines);
      lines.clear();
      lock.Lock();
      writing = false;
      idle.NotifyAll();
    }
  }

  void Write(std::string_view bytes) {
    while (fd >= 0 && !bytes.empty() && !abandoned) {
      pollfd poller{.fd = fd, .events = POLLOUT, .revents = 0};
      if (::poll(&poller, 1, kLookAgainMs) == 0) continue;
      const ssize_t n = ::write(fd, bytes.data(), std::min(bytes.size(), kPieceBytes));
      if (n > 0) {
        bytes.remove_prefix(static_cast<size_t>(n));
      } else if (n < 0 && errno != EINTR && errno != EAGAIN) {
        return;  // what cannot be written is lost
      }
    }
  }

  /// Returns whether the thread has ended, at the latest after `most`.
  bool AwaitEnd(std::chrono::milliseconds most) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto deadline = std::chrono::steady_clock::now() + most;
    while (!ended && idle.WaitUntil(mutex, deadline)) {
    }
    return ended;
  }

  bool Empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return waiting.empty() && !writing && dropped == told;
  }

  const int fd;
  const size_t max_bytes;
  base::Mutex mutex;
  base::CondVar work;
  base::CondVar idle;
  std::string waiting ABSL_GUARDED_BY(mutex);
  bool writing ABSL_GUARDED_BY(mutex) = false;
  uint64_t dropped ABSL_GUARDED_BY(mutex) = 0;
  uint64_t told ABSL_GUARDED_BY(mutex) = 0;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  bool ended ABSL_GUARDED_BY(mutex) = false;
  std::atomic<bool> abandoned{false};
  const std::function<std::string(uint64_t)> tell;  ///< the thread's
};

LineWriter::LineWriter(int fd, std::function<std::string(uint64_t)> tell, size_t max_bytes)
    : state_(std::make_shared<State>(fd, std::move(tell), max_bytes)) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for threads that expect them
  std::thread([state = state_] {
    pthread_setname_np(pthread_self(), "log");
    state->Run();
    State& ended = *state;
    const base::MutexLock lock(ended.mutex);
    ended.ended = true;
    ended.idle.NotifyAll();
  }).detach();  // joined by `ended`: a join could not be bounded
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineWriter::~LineWriter() {
  State& state = *state_;
  const base::MutexLock lock(state.mutex);
  state.stopping = true;
  state.work.NotifyAll();
  if (state.AwaitEnd(kLastWait)) return;
  state.abandoned = true;
  state.AwaitEnd(2 * std::chrono::milliseconds(kLookAgainMs));
}

void LineWriter::Push(std::string_view line) {
  State& state = *state_;
  {
    const base::MutexLock lock(state.mutex);
    if (state.waiting.size() + line.size() > state.max_bytes) {
      ++state.dropped;
      return;
    }
    state.waiting += line;
  }
  state.work.NotifyOne();
}

bool LineWriter::Flush(std::chrono::milliseconds most) {
  State& state = *state_;
  const auto deadline = std::chrono::steady_clock::now() + most;
  const base::MutexLock lock(state.mutex);
  while (!state.Empty()) {
    if (!state.idle.WaitUntil(state.mutex, deadline)) return state.Empty();
  }
  return true;
}

uint64_t LineWriter::dropped() const {
  State& state = *state_;
  const base::MutexLock lock(state.mutex);
  return state.dropped;
}

}  // namespace carillon::log

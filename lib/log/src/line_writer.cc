#include "line_writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

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
    std::unique_lock lock(mutex);
    while (true) {
      work.wait(lock, [&] { return stopping || !waiting.empty() || dropped > told; });
      if (waiting.empty() && dropped == told) return;
      writing.swap(waiting);
      const uint64_t lost = dropped - std::exchange(told, dropped);
      if (lost > 0 && !abandoned) writing += tell(lost);
      lock.unlock();
      Write(writing);
      lock.lock();
      writing.clear();
      idle.notify_all();
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

  bool Empty() const { return waiting.empty() && writing.empty() && dropped == told; }

  // All but `fd`, `max_bytes` and `abandoned` under the mutex.
  const int fd;
  const size_t max_bytes;
  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable idle;
  std::string waiting;
  std::string writing;  ///< filled and emptied under the mutex, read by the thread
  uint64_t dropped = 0;
  uint64_t told = 0;
  bool stopping = false;
  bool ended = false;
  std::atomic<bool> abandoned{false};
  std::function<std::string(uint64_t)> tell;
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
    std::lock_guard lock(state->mutex);
    state->ended = true;
    state->idle.notify_all();
  }).detach();  // joined by `ended`: a join could not be bounded
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineWriter::~LineWriter() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->work.notify_all();
  if (!state_->idle.wait_for(lock, kLastWait, [&] { return state_->ended; })) {
    state_->abandoned = true;
    state_->idle.wait_for(lock, 2 * std::chrono::milliseconds(kLookAgainMs),
                          [&] { return state_->ended; });
  }
}

void LineWriter::Push(std::string_view line) {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() + line.size() > state_->max_bytes) {
      ++state_->dropped;
      return;
    }
    state_->waiting += line;
  }
  state_->work.notify_one();
}

bool LineWriter::Flush(std::chrono::milliseconds most) {
  std::unique_lock lock(state_->mutex);
  return state_->idle.wait_for(lock, most, [&] { return state_->Empty(); });
}

uint64_t LineWriter::dropped() const {
  std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

}  // namespace carillon::log

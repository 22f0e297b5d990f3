#include "dns_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "carillon/base/text.h"

namespace carillon::http {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kWakeData = UINT64_MAX;
constexpr size_t kMaxChannels = 8;
constexpr size_t kLookupsOfChannel = 500;
constexpr milliseconds kLongest{60'000};

}  // namespace

DnsLoop::DnsLoop(const ResolverOptions& options)
    : options_(options),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeData;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
}

DnsLoop::~DnsLoop() {
  Close();
  close(wake_);
  close(epoll_);
}

void DnsLoop::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof(one));
}

int DnsLoop::TimeoutOf(std::optional<milliseconds> most) const {
  milliseconds next = most.value_or(kLongest);
  for (const auto& channel : channels_) {
    if (const auto until = channel->UntilTime()) next = std::min(next, *until);
  }
  return static_cast<int>(std::clamp(next, milliseconds(0), kLongest).count());
}

void DnsLoop::Wait(std::optional<milliseconds> most) {
  std::array<epoll_event, 64> events;
  const int count =
      epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), TimeoutOf(most));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    OnEvent(event.data.u64, event.events);
  }
  for (const auto& channel : channels_) channel->OnTime();
  DropIdle();
}

void DnsLoop::OnEvent(uint64_t data, uint32_t events) {
  if (data == kWakeData) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(wake_, &count, sizeof(count));
    return;
  }
  const auto is_meant = [&](const auto& c) { return c->id() == DnsChannel::IdOf(data); };
  const auto at = std::ranges::find_if(channels_, is_meant);
  if (at != channels_.end()) (*at)->OnSocket(DnsChannel::SocketOf(data), events);
}

absl::StatusOr<DnsChannel*> DnsLoop::Current() {
  const bool worn = !channels_.empty() && channels_.back()->started() >= kLookupsOfChannel;
  if (!channels_.empty() && !read_again_ && !(worn && channels_.size() < kMaxChannels)) {
    return channels_.back().get();
  }
  // New name servers can't wait: the oldest channel gives up what it does.
  if (channels_.size() >= kMaxChannels) channels_.erase(channels_.begin());
  auto made = DnsChannel::Create(options_, epoll_, next_id_++);
  if (!made.ok()) return made.status();
  read_again_ = false;
  channels_.push_back(*std::move(made));
  return channels_.back().get();
}

void DnsLoop::Start(const std::string& host, DnsChannel::Done done) {
  const absl::StatusOr<DnsChannel*> channel = Current();
  if (channel.ok()) return (*channel)->Start(host, std::move(done));
  done({.result = LookupResult::kLocal,
        .error = std::string(base::ToStd(channel.status().message()))});
}

void DnsLoop::DropIdle() {
  const DnsChannel* current = channels_.empty() ? nullptr : channels_.back().get();
  std::erase_if(channels_, [&](const auto& c) { return c.get() != current && c->running() == 0; });
}

}  // namespace carillon::http

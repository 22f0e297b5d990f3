#include "dns_channel.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "absl/strings/str_join.h"
#include "dns_refusal.h"

namespace carillon::http {
namespace {

namespace ip = boost::asio::ip;
using std::chrono::seconds;

constexpr size_t kMaxAddresses = 256;

bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EADDRNOTAVAIL;
}

std::optional<ip::address> ToAddress(const sockaddr& from) {
  if (from.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    return ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (from.sa_family != AF_INET6) return std::nullopt;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
  ip::address_v6::bytes_type bytes;
  std::copy_n(v6.sin6_addr.s6_addr, bytes.size(), bytes.begin());
  return ip::address_v6(bytes, v6.sin6_scope_id);
}

DnsAnswer Read(const ares_addrinfo& found) {
  DnsAnswer answer;
  int ttl = INT32_MAX;
  for (const ares_addrinfo_node* at = found.nodes; at != nullptr; at = at->ai_next) {
    const std::optional<ip::address> address = ToAddress(*at->ai_addr);
    if (!address || answer.addresses.size() >= kMaxAddresses) continue;
    ttl = std::min(ttl, at->ai_ttl);
    const auto known = std::ranges::find(answer.addresses, *address);
    if (known == answer.addresses.end()) answer.addresses.push_back(*address);
  }
  for (const ares_addrinfo_cname* at = found.cnames; at != nullptr; at = at->next) {
    ttl = std::min(ttl, at->ttl);
  }
  answer.ttl = seconds(std::max(0, ttl));
  if (!answer.addresses.empty()) return answer;
  return {.result = LookupResult::kNotFound, .error = "no addresses", .code = "NODATA"};
}

LookupResult ResultOf(int status, int timeouts) {
  switch (status) {
    case ARES_SUCCESS:
      return LookupResult::kOk;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
      // c-ares tells how the last of its two questions ended. One that nobody answered may have
      // been the one for the address.
      return timeouts > 0 ? LookupResult::kTimeout : LookupResult::kNotFound;
    case ARES_EBADNAME:
    case ARES_ENONAME:
      return LookupResult::kNotFound;
    case ARES_ETIMEOUT:
      return LookupResult::kTimeout;
    case ARES_ENOMEM:
      return LookupResult::kLocal;
    default:
      return LookupResult::kError;
  }
}

std::string_view CodeOf(LookupResult result, int status) {
  if (result == LookupResult::kTimeout) return "TIMEOUT";
  switch (status) {
    case ARES_ENOTFOUND:
      return "NXDOMAIN";
    case ARES_ENODATA:
      return "NODATA";
    case ARES_ESERVFAIL:
      return "SERVFAIL";
    case ARES_EREFUSED:
      return "REFUSED";
    case ARES_ENOTIMP:
      return "NOTIMP";
    case ARES_EFORMERR:
      return "FORMERR";
    default:
      return "ERROR";
  }
}

int CloseSocket(ares_socket_t socket, void*) { return close(socket); }

ares_ssize_t Send(ares_socket_t socket, const iovec* parts, int count, void*) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<size_t>(count);
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

}  // namespace

/// From `Start` to its end; owned by c-ares meanwhile.
struct DnsChannel::Lookup {
  DnsChannel& channel;
  std::string host;
  Done done;
  size_t shortages;  // of the channel, when it started
};

absl::StatusOr<std::unique_ptr<DnsChannel>> DnsChannel::Create(const ResolverOptions& options,
                                                               int epoll, uint32_t id) {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  std::unique_ptr<DnsChannel> channel(new DnsChannel(epoll, id));
  const absl::Status opened = channel->Open(options);
  if (!opened.ok()) return opened;
  return channel;
}

absl::Status DnsChannel::Open(const ResolverOptions& options) {
  std::string resolv_conf = options.resolv_conf;
  char dns_alone[] = "b";  // the hosts file is read by HostsFile
  ares_options given{};
  given.flags = ARES_FLAG_NOALIASES;
  given.timeout = static_cast<int>(options.timeout.count());
  given.tries = options.attempts;
  given.lookups = dns_alone;
  given.sock_state_cb = &DnsChannel::OnSocketState;
  given.sock_state_cb_data = this;
  given.resolvconf_path = resolv_conf.data();
  const int which = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                    ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF;
  const int error = ares_init_options(&channel_, &given, which);
  if (error != ARES_SUCCESS) {
    channel_ = nullptr;
    return absl::ResourceExhaustedError(ares_strerror(error));
  }
  static const ares_socket_functions functions{.asocket = &DnsChannel::OpenSocket,
                                               .aclose = &CloseSocket,
                                               .aconnect = &DnsChannel::Connect,
                                               .arecvfrom = &DnsChannel::Receive,
                                               .asendv = &Send};
  ares_set_socket_functions(channel_, &functions, this);
  if (options.servers.empty()) return absl::OkStatus();
  const std::string servers = absl::StrJoin(options.servers, ",");
  if (ares_set_servers_ports_csv(channel_, servers.c_str()) == ARES_SUCCESS) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("the name servers are no addresses");
}

DnsChannel::~DnsChannel() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

void DnsChannel::Start(const std::string& host, Done done) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting opens a socket for each address
  ++running_;
  ++started_;
  refusals_[host];
  auto* lookup = new Lookup{*this, host, std::move(done), shortages_};
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &DnsChannel::OnEnd, lookup);
}

void DnsChannel::OnEnd(void* given, int status, int timeouts, ares_addrinfo* found) {
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owner(found,
                                                                           &ares_freeaddrinfo);
  const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(given));
  DnsChannel& channel = lookup->channel;
  --channel.running_;
  const auto refused = channel.refusals_.extract(lookup->host);
  DnsAnswer answer;
  if (status == ARES_SUCCESS && found != nullptr) {
    answer = Read(*found);
  } else {
    answer.result = ResultOf(status, timeouts);
    answer.error = ares_strerror(status);
    answer.code = CodeOf(answer.result, status);
    const bool is_refused = !refused.empty() && !refused.mapped().empty();
    if (answer.result == LookupResult::kError && is_refused) answer.code = refused.mapped();
    const bool starved = channel.shortages_ != lookup->shortages;
    if (answer.result == LookupResult::kError && starved) {
      answer = {.result = LookupResult::kLocal, .error = "no socket to ask the name servers with"};
    }
  }
  lookup->done(std::move(answer));
}

void DnsChannel::OnSocket(int socket, uint32_t events) {
  const bool reads = (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
  const bool writes = (events & EPOLLOUT) != 0;
  ares_process_fd(channel_, reads ? socket : ARES_SOCKET_BAD, writes ? socket : ARES_SOCKET_BAD);
}

void DnsChannel::OnTime() { ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD); }

std::optional<std::chrono::milliseconds> DnsChannel::UntilTime() const {
  timeval room{};
  const timeval* found = ares_timeout(channel_, nullptr, &room);
  if (found == nullptr) return std::nullopt;
  // Up: one that comes early would find nothing due.
  return std::chrono::milliseconds(found->tv_sec * 1000 + (found->tv_usec + 999) / 1000);
}

void DnsChannel::OnSocketState(void* given, ares_socket_t socket, int readable, int writable) {
  const auto* self = static_cast<DnsChannel*>(given);
  epoll_event event{};
  event.events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
  event.data.u64 = uint64_t{self->id_} << 32 | static_cast<uint32_t>(socket);
  if (event.events == 0) {
    epoll_ctl(self->epoll_, EPOLL_CTL_DEL, socket, nullptr);
  } else if (epoll_ctl(self->epoll_, EPOLL_CTL_MOD, socket, &event) != 0) {
    epoll_ctl(self->epoll_, EPOLL_CTL_ADD, socket, &event);
  }
}

ares_ssize_t DnsChannel::Receive(ares_socket_t socket, void* into, size_t size, int flags,
                                 sockaddr* from, ares_socklen_t* from_size, void* given) {
  const ares_ssize_t received = recvfrom(socket, into, size, flags, from, from_size);
  if (received <= 0) return received;
  const auto refusal = RefusalIn({static_cast<const char*>(into), static_cast<size_t>(received)});
  if (!refusal) return received;
  auto& refusals = static_cast<DnsChannel*>(given)->refusals_;
  const auto found = refusals.find(refusal->name);
  if (found != refusals.end()) found->second = refusal->code;
  return received;
}

ares_socket_t DnsChannel::OpenSocket(int domain, int type, int protocol, void* self) {
  const int made = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (made < 0) static_cast<DnsChannel*>(self)->NoteShortage(errno);
  return made;
}

int DnsChannel::Connect(ares_socket_t socket, const sockaddr* to, ares_socklen_t size, void* self) {
  const int result = connect(socket, to, size);
  if (result != 0) static_cast<DnsChannel*>(self)->NoteShortage(errno);
  return result;
}

void DnsChannel::NoteShortage(int error) {
  if (IsShortage(error)) ++shortages_;
  errno = error;  // c-ares looks at it next
}

}  // namespace carillon::http

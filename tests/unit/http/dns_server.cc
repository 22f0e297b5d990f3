#include "dns_server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

namespace carillon::http {
namespace {

using boost::asio::ip::address;

void Put16(std::string& to, uint32_t value) {
  to += static_cast<char>(value >> 8 & 0xff);
  to += static_cast<char>(value & 0xff);
}

void Put32(std::string& to, uint32_t value) {
  Put16(to, value >> 16);
  Put16(to, value & 0xffff);
}

uint16_t Get16(const std::string& from, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(from[at]) << 8 |
                               static_cast<uint8_t>(from[at + 1]));
}

std::string WireName(const std::string& name) {
  std::string wire;
  for (size_t at = 0; at < name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    wire += static_cast<char>(dot - at);
    wire += name.substr(at, dot - at);
    at = dot + 1;
  }
  return wire + '\0';
}

std::optional<DnsQuestion> ReadQuestion(const std::string& message, bool tcp) {
  if (message.size() < 17) return std::nullopt;
  DnsQuestion question{.id = Get16(message, 0), .tcp = tcp};
  size_t at = 12;
  while (at < message.size() && message[at] != 0) {
    const size_t length = static_cast<uint8_t>(message[at]);
    if (!question.name.empty()) question.name += '.';
    question.name += message.substr(at + 1, length);
    at += length + 1;
  }
  if (at + 5 > message.size()) return std::nullopt;
  for (char& c : question.name) c = static_cast<char>(tolower(c));
  question.type = Get16(message, at + 1);
  question.wire = message.substr(12, at + 5 - 12);
  return question;
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  return at;
}

std::string ReadExactly(int fd, size_t size) {
  std::string bytes(size, '\0');
  const ssize_t got = recv(fd, bytes.data(), size, MSG_WAITALL);
  bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return bytes;
}

}  // namespace

DnsReply& DnsReply::AddRecord(const std::string& name, uint16_t type, uint32_t ttl,
                              const std::string& data) {
  answers_ += WireName(name);
  Put16(answers_, type);
  Put16(answers_, 1);
  Put32(answers_, ttl);
  Put16(answers_, static_cast<uint16_t>(data.size()));
  answers_ += data;
  ++records_;
  return *this;
}

DnsReply& DnsReply::AddTo(const std::string& name, const address& to, uint32_t ttl) {
  if (to.is_v4()) {
    const auto bytes = to.to_v4().to_bytes();
    return AddRecord(name, kTypeA, ttl, std::string(bytes.begin(), bytes.end()));
  }
  const auto bytes = to.to_v6().to_bytes();
  return AddRecord(name, kTypeAaaa, ttl, std::string(bytes.begin(), bytes.end()));
}

DnsReply& DnsReply::Add(const address& to, uint32_t ttl) { return AddTo(question_.name, to, ttl); }

DnsReply& DnsReply::AddCname(const std::string& from, const std::string& to, uint32_t ttl) {
  return AddRecord(from, 5, ttl, WireName(to));
}

std::string DnsReply::Bytes() const {
  std::string out;
  Put16(out, id_);
  Put16(out, 0x8180U | (truncated_ ? 0x0200U : 0U) | static_cast<uint32_t>(code_));
  Put16(out, 1);
  Put16(out, records_);
  Put32(out, 0);
  return out + question_.wire + answers_;
}

DnsServer::DnsServer() {
  int tries = 0;
  while (!Bind()) {
    if (++tries == 50) ADD_FAILURE() << "no port is free for both UDP and TCP";
    if (tries == 50) break;
  }
  EXPECT_EQ(pipe(stop_), 0);
  thread_ = std::thread([this] { Serve(); });
}

DnsServer::~DnsServer() {
  close(stop_[1]);
  thread_.join();
  for (const int fd : {udp_, tcp_, stop_[0]}) close(fd);
}

bool DnsServer::Bind() {
  udp_ = socket(AF_INET, SOCK_DGRAM, 0);
  tcp_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at = Loopback(0);
  socklen_t size = sizeof(at);
  auto* raw = reinterpret_cast<sockaddr*>(&at);
  bool bound = bind(udp_, raw, size) == 0 && getsockname(udp_, raw, &size) == 0;
  bound = bound && bind(tcp_, raw, size) == 0 && listen(tcp_, 100) == 0;
  port_ = ntohs(at.sin_port);
  if (bound) return true;
  close(udp_);
  close(tcp_);
  return false;
}

void DnsServer::Answer(const std::string& name, Addresses addresses, uint32_t ttl) {
  Answer(name, [addresses = std::move(addresses), ttl](const DnsQuestion& question) {
    DnsReply reply(question);
    for (const boost::asio::ip::address& one : addresses) {
      if (one.is_v4() == (question.type == kTypeA)) reply.Add(one, ttl);
    }
    return std::vector{reply.Bytes()};
  });
}

void DnsServer::Answer(const std::string& name, Script script) {
  const std::lock_guard lock(mutex_);
  scripts_.insert_or_assign(name, std::move(script));
}

void DnsServer::Silence(const std::string& name) {
  Answer(name, [](const DnsQuestion&) { return std::vector<std::string>(); });
}

int DnsServer::asked(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return asked_[name];
}

bool DnsServer::WaitUntilAsked(const std::string& name, int times) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return asked_[name] >= times; });
}

std::vector<std::string> DnsServer::AnswersTo(const DnsQuestion& question) {
  Script script;
  {
    const std::lock_guard lock(mutex_);
    if (question.type == kTypeA) ++asked_[question.name];
    const auto found = scripts_.find(question.name);
    if (found != scripts_.end()) script = found->second;
  }
  changed_.notify_all();
  if (!script) return {DnsReply(question).Code(3).Bytes()};
  return script(question);
}

void DnsServer::Serve() {
  while (true) {
    pollfd fds[] = {{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    poll(fds, 3, -1);
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) OnDatagram();
    if (fds[2].revents != 0) OnConnection();
  }
}

void DnsServer::OnDatagram() {
  std::string message(1500, '\0');
  sockaddr_in from{};
  socklen_t size = sizeof(from);
  auto* raw = reinterpret_cast<sockaddr*>(&from);
  const ssize_t got = recvfrom(udp_, message.data(), message.size(), 0, raw, &size);
  if (got <= 0) return;
  message.resize(static_cast<size_t>(got));
  const auto question = ReadQuestion(message, false);
  if (!question) return;
  for (const std::string& answer : AnswersTo(*question)) {
    sendto(udp_, answer.data(), answer.size(), 0, raw, size);
  }
}

void DnsServer::OnConnection() {
  const int peer = accept(tcp_, nullptr, nullptr);
  timeval bound{.tv_sec = 2, .tv_usec = 0};
  setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));
  // c-ares sends both of its questions on one connection.
  for (std::string length = ReadExactly(peer, 2); length.size() == 2;
       length = ReadExactly(peer, 2)) {
    const auto question = ReadQuestion(ReadExactly(peer, Get16(length, 0)), true);
    if (!question) break;
    for (const std::string& answer : AnswersTo(*question)) {
      std::string framed;
      Put16(framed, static_cast<uint32_t>(answer.size()));
      framed += answer;
      send(peer, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
  }
  close(peer);
}

}  // namespace carillon::http

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "carillon/http/resolver.h"

namespace carillon::http {

inline constexpr uint16_t kTypeA = 1;
inline constexpr uint16_t kTypeAaaa = 28;

/// One question as it came.
struct DnsQuestion {
  uint16_t id = 0;
  std::string name;  // lower case, no dot at the end
  uint16_t type = 0;
  bool tcp = false;
  std::string wire;  // name, type and class
};

/// Builds a reply to a question.
class DnsReply {
 public:
  explicit DnsReply(const DnsQuestion& question) : question_(question), id_(question.id) {}

  /// An A or AAAA record of the name that was asked for.
  DnsReply& Add(const boost::asio::ip::address& address, uint32_t ttl);
  DnsReply& AddCname(const std::string& from, const std::string& to, uint32_t ttl);
  DnsReply& AddTo(const std::string& name, const boost::asio::ip::address& address, uint32_t ttl);
  DnsReply& Code(int code) { return code_ = code, *this; }
  DnsReply& Truncated() { return truncated_ = true, *this; }
  DnsReply& Id(uint16_t id) { return id_ = id, *this; }
  std::string Bytes() const;

 private:
  DnsReply& AddRecord(const std::string& name, uint16_t type, uint32_t ttl,
                      const std::string& data);

  const DnsQuestion question_;
  uint16_t id_;
  int code_ = 0;
  bool truncated_ = false;
  uint16_t records_ = 0;
  std::string answers_;
};

/// A name server on 127.0.0.1, by UDP and TCP, on a thread of its own. What it was told nothing of
/// does not exist.
class DnsServer {
 public:
  /// The messages that answer a question; none: silence.
  using Script = std::function<std::vector<std::string>(const DnsQuestion&)>;

  DnsServer();
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  /// `127.0.0.1:5353`.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void Answer(const std::string& name, Addresses addresses, uint32_t ttl = 60);
  void Answer(const std::string& name, Script script);
  void Silence(const std::string& name);
  /// How many questions for its IPv4 address came.
  int asked(const std::string& name);
  /// Waits until there were so many; false after 20 s.
  bool WaitUntilAsked(const std::string& name, int times = 1);

 private:
  bool Bind();
  void Serve();
  void OnDatagram();
  void OnConnection();
  std::vector<std::string> AnswersTo(const DnsQuestion& question);

  uint16_t port_ = 0;
  int udp_ = -1;
  int tcp_ = -1;
  int stop_[2] = {-1, -1};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Script> scripts_;
  std::map<std::string, int> asked_;
  std::thread thread_;
};

}  // namespace carillon::http

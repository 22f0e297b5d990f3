// What a command line reads from an admin port: every answer has bounds in bytes and time.
#include "carillon/admin/fetch.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "carillon/admin/against.h"
#include "carillon/admin/pending_page.h"

namespace carillon::admin {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AnyOf;
using testing::HasSubstr;

constexpr size_t kBound = 1u << 20;

/// A socket at a port of 127.0.0.1 that the kernel chose.
class LoopbackSocket {
 public:
  explicit LoopbackSocket(int type) : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, any, size), 0);
    if (type == SOCK_STREAM) EXPECT_EQ(listen(fd_, 8), 0);
    EXPECT_EQ(getsockname(fd_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~LoopbackSocket() { close(fd_); }
  int fd() const { return fd_; }
  uint16_t port() const { return port_; }

 private:
  const int fd_;
  uint16_t port_ = 0;
};

/// Gives one answer to each connection, in turn, and closes it; the last one again and again.
class ScriptedPort {
 public:
  explicit ScriptedPort(std::vector<std::string> answers) : answers_(std::move(answers)) {
    thread_ = std::thread([this] { Run(); });
  }
  ~ScriptedPort() {
    shutdown(socket_.fd(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  uint16_t port() const { return socket_.port(); }
  size_t asked() const { return asked_; }

 private:
  void Run() {
    for (int fd = 0; (fd = accept(socket_.fd(), nullptr, nullptr)) >= 0; close(fd)) {
      std::string request;
      char buffer[1024];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0) break;
        request.append(buffer, static_cast<size_t>(got));
      }
      std::string_view answer = answers_[std::min<size_t>(asked_++, answers_.size() - 1)];
      while (!answer.empty()) {
        const ssize_t sent = send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        answer.remove_prefix(static_cast<size_t>(sent));
      }
    }
  }

  const std::vector<std::string> answers_;
  const LoopbackSocket socket_{SOCK_STREAM};
  std::atomic<size_t> asked_{0};
  std::thread thread_;
};

absl::StatusOr<FetchedPage> FetchFrom(const std::string& url, milliseconds timeout = seconds(60),
                                      const http::ResolverOptions& names = {}) {
  const auto parsed = net::ParseUrl(url);
  if (!parsed.ok()) return parsed.status();
  return Fetch(*parsed, timeout, kBound, names);
}

absl::StatusOr<FetchedPage> FetchAnswer(const std::string& answer) {
  const ScriptedPort port({answer});
  return FetchFrom(port.url());
}

TEST(Fetch, TakesABodyWithALengthAndOneUpToTheEnd) {
  for (const char* head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "HTTP/1.0 200\r\n\r\n"}) {
    const auto page = FetchAnswer(std::string(head) + "body");
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->status, 200);
    EXPECT_EQ(page->body, "body");
  }
  const auto missing = FetchAnswer("HTTP/1.1 404 Not Found\r\ncontent-length:  0 \r\n\r\n");
  ASSERT_TRUE(missing.ok()) << missing.status();
  EXPECT_EQ(missing->status, 404);
}

TEST(Fetch, WhatIsNotWholeIsAnError) {
  for (const char* answer :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", "HTTP/1.1 200 OK\r\nContent-"}) {
    EXPECT_EQ(FetchAnswer(answer).status().code(), absl::StatusCode::kUnavailable) << answer;
  }
}

TEST(Fetch, WhatAnAdminPortDoesNotSpeakIsRefused) {
  const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(32u << 10, 'x');
  for (const std::string& answer :
       {std::string("SSH-2.0-x\r\n"), std::string("HTTP/2 200\r\n\r\n"), endless,
        std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")}) {
    EXPECT_EQ(FetchAnswer(answer).status().code(), absl::StatusCode::kInvalidArgument)
        << answer.substr(0, 60);
  }
}

TEST(Fetch, NoMoreIsReadThanTheBound) {
  const std::string told = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBound + 1);
  EXPECT_EQ(FetchAnswer(told + "\r\n\r\n").status().code(), absl::StatusCode::kResourceExhausted);
  const std::string untold = "HTTP/1.1 200 OK\r\n\r\n" + std::string(4 * kBound, 'x');
  EXPECT_EQ(FetchAnswer(untold).status().code(), absl::StatusCode::kResourceExhausted);
}

size_t Threads() {
  const fs::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST(Fetch, SilentNameServersAreNotWaitedForAndNoThreadIsLeft) {
  const LoopbackSocket silent(SOCK_DGRAM);
  http::ResolverOptions names;
  names.servers = {"127.0.0.1:" + std::to_string(silent.port())};
  names.timeout = seconds(60);
  const size_t threads = Threads();
  const auto page = FetchFrom("http://carillon.example:7081", milliseconds(200), names);
  EXPECT_EQ(page.status(), absl::DeadlineExceededError("the address of carillon.example: timeout"));
  EXPECT_EQ(Threads(), threads);
}

TEST(Fetch, EveryAddressOfANameIsTried) {
  const ScriptedPort port({"HTTP/1.1 200 OK\r\n\r\nfound"});
  std::string folder = (fs::temp_directory_path() / "carillon-fetch-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  http::ResolverOptions names;
  names.hosts_file = folder + "/hosts";
  std::ofstream(names.hosts_file) << "127.0.0.2 carillon.example\n127.0.0.1 carillon.example\n";
  const auto page =
      FetchFrom("http://carillon.example:" + std::to_string(port.port()), seconds(60), names);
  fs::remove_all(folder);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->body, "found");
}

/// A port where connecting neither succeeds nor fails: its backlog is full.
class FullPort {
 public:
  FullPort(const char* address, uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    EXPECT_EQ(inet_pton(AF_INET, address, &at.sin_addr), 1);
    auto* const any = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(bind(fds_[0], any, sizeof at), 0);
    EXPECT_EQ(listen(fds_[0], 0), 0);
    for (size_t i = 1; i < fds_.size(); ++i) connect(fds_[i], any, sizeof at);
  }
  ~FullPort() {
    for (const int fd : fds_) close(fd);
  }

 private:
  static int Open() { return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
  const std::array<int, 5> fds_{Open(), Open(), Open(), Open(), Open()};  // who listens, first
};

TEST(Fetch, AnAddressThatIsSilentLeavesTimeToTheNext) {
  const ScriptedPort port({"HTTP/1.1 200 OK\r\n\r\nfound"});
  const FullPort silent("127.0.0.2", port.port());
  std::string folder = (fs::temp_directory_path() / "carillon-fetch-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  http::ResolverOptions names;
  names.hosts_file = folder + "/hosts";
  std::ofstream(names.hosts_file) << "127.0.0.2 carillon.example\n127.0.0.1 carillon.example\n";
  const std::string url = "http://carillon.example:" + std::to_string(port.port());
  // Half of the time is enough for the second in the end, however slow the machine is.
  absl::StatusOr<FetchedPage> page = absl::UnknownError("");
  for (const int timeout : {1, 4, 16}) {
    page = FetchFrom(url, seconds(timeout), names);
    if (page.ok()) break;
  }
  fs::remove_all(folder);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->body, "found");
  // One that is alone has all of it; nobody is behind it.
  EXPECT_FALSE(FetchFrom("http://127.0.0.2:" + std::to_string(port.port()), milliseconds(50)).ok());
}

TEST(Fetch, NobodyThereIsSaid) {
  std::string url;
  {
    const LoopbackSocket gone(SOCK_STREAM);
    url = "http://127.0.0.1:" + std::to_string(gone.port());
  }
  const auto page = FetchFrom(url);
  EXPECT_EQ(page.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(page.status().message()), HasSubstr("Connection refused"));
}

TEST(Against, AsksAgainWhileTheServerCounts) {
  const std::string page = RenderPending({.version = "0", .at = "", .start_sections = {}}, {}, 100);
  const ScriptedPort port({"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n",
                           "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n",
                           "HTTP/1.1 200 OK\r\n\r\n" + page});
  const Comparison comparison = CompareWithRunning({}, port.url(), seconds(60));
  EXPECT_EQ(comparison.result, Compared::kDone) << comparison.text;
  EXPECT_THAT(comparison.text, HasSubstr("0 destinations in force"));
  EXPECT_EQ(port.asked(), 3u);
}

TEST(Against, AServerThatNeverEndsCountingIsNotAskedForever) {
  const ScriptedPort port({"HTTP/1.1 503 x\r\n\r\nask again\n"});
  const Comparison comparison = CompareWithRunning({}, port.url(), milliseconds(500));
  EXPECT_EQ(comparison.result, Compared::kNoAnswer);
  // On a slow machine the time is over amid an answer.
  EXPECT_THAT(comparison.text, AnyOf(HasSubstr("status 503: ask again"), HasSubstr("timeout")));
}

TEST(Against, AServerWithoutThePageIsNamed) {
  const ScriptedPort port({"HTTP/1.1 404 x\r\n\r\n"});
  EXPECT_THAT(CompareWithRunning({}, port.url(), seconds(60)).text, HasSubstr("no page /pending"));
}

}  // namespace
}  // namespace carillon::admin

// Answers that come later, in pieces, never, or on another thread.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "server_fixture.h"

namespace carillon::web {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kPatience{60};
constexpr char kClosing[] = " HTTP/1.1\r\nConnection: close\r\n\r\n";

/// Hands the responders of one route to the test's thread.
class Desk {
 public:
  Route At(std::string path) {
    return {.path = std::move(path),
            .methods = {"GET", "POST"},
            .handler = [this](Request request, Responder responder) {
              const std::lock_guard lock(mutex_);
              request_ = std::move(request);
              responder_.emplace(std::move(responder));
              came_.notify_all();
            }};
  }
  Responder Take() {
    std::optional<Responder> taken = TakeWithin(kPatience);
    if (!taken) throw std::runtime_error("no request came to its handler");
    return *std::move(taken);
  }
  /// Returns nullopt when no request comes in time.
  std::optional<Responder> TakeWithin(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, time, [this] { return responder_.has_value(); });
    return std::exchange(responder_, std::nullopt);
  }
  Request request() {
    const std::lock_guard lock(mutex_);
    return request_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::optional<Responder> responder_;
  Request request_;
};

class ServerAnswersTest : public ServerTest {
 protected:
  void SetUp() override { Listen({}, WithDesk()); }
  Routes WithDesk() {
    Routes routes = Usual();
    Route later = desk_.At("/later");
    routes.Add(later);
    later.path = "/short";
    later.answer_timeout = std::chrono::milliseconds(100);
    routes.Add(std::move(later));
    Route big = desk_.At("/big");
    big.max_body_bytes = 8u << 20;
    big.body_timeout = std::chrono::minutes(5);  // so that it is not this that closes it
    routes.Add(std::move(big));
    return routes;
  }
  /// Whether the server has read, in the end, all that the client sent.
  bool IsRead(const Client& client) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      if (QueuedFrom(client.port()) == 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }
  /// Bytes between the client at `port` and the server, in the queues of both sockets.
  uint64_t QueuedFrom(uint16_t port) {
    std::ifstream table("/proc/self/net/tcp");
    std::string line;
    uint64_t queued = 0;
    while (std::getline(table, line)) {
      unsigned from = 0;
      unsigned to = 0;
      unsigned out = 0;
      unsigned in = 0;
      if (std::sscanf(line.c_str(), " %*d: %*x:%x %*x:%x %*x %x:%x", &from, &to, &out, &in) != 4) {
        continue;
      }
      if (from == port && to == server_->port()) queued += out;
      if (from == server_->port() && to == port) queued += in;
    }
    return queued;
  }
  /// Writes and waits for it.
  static bool Write(ResponseStream& stream, const std::string& bytes) {
    std::promise<bool> done;
    stream.Write(bytes, [&done](bool ok) { done.set_value(ok); });
    return done.get_future().get();
  }

  Desk desk_;
};

TEST_F(ServerAnswersTest, AnAnswerMayComeLaterFromAnotherThread) {
  Client client(server_->port());
  client.Send(
      "POST /later?a=b HTTP/1.1\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbodyGET /next "
      "HTTP/1.1\r\n\r\n");
  Responder responder = desk_.Take();
  EXPECT_TRUE(Answers()) << "others are served meanwhile";
  const Request request = desk_.request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/later");
  EXPECT_EQ(request.query, "a=b");
  EXPECT_EQ(request.headers.Find("x-one"), "1");
  EXPECT_EQ(request.body, "body");
  EXPECT_EQ(request.peer, "127.0.0.1");
  EXPECT_FALSE(request.encrypted);
  Response response{.status = 201, .content_type = "", .body = "late"};
  response.headers.Add("X-Two", "a\r\nX-Three: b");
  response.headers.Add("X-Two", "c");
  responder.Reply(std::move(response));
  const std::string answer = client.ReadUntil("late");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201 "));
  EXPECT_THAT(answer, HasSubstr("X-Two: a  X-Three: b\r\nX-Two: c\r\n"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("\r\nContent-Type")));
  EXPECT_THAT(client.ReadUntil("GET /next ."), StartsWith("HTTP/1.1 203 "));
}

TEST_F(ServerAnswersTest, HowManyAreBeingAnswered) {
  const auto answering = [this] {
    std::promise<size_t> count;
    boost::asio::post(io_, [&] { count.set_value(server_->answering()); });
    return count.get_future().get();
  };
  Client client(server_->port());
  EXPECT_EQ(answering(), 0u);
  client.Send(std::string("GET /big") + kClosing);
  Responder responder = desk_.Take();
  EXPECT_EQ(answering(), 1u);
  responder.Reply({.body = "done"});
  EXPECT_TRUE(client.ReadToEnd().ends_with("done"));
  EXPECT_EQ(answering(), 0u);
}

TEST_F(ServerAnswersTest, OnlyTheFirstAnswerCounts) {
  Client client(server_->port());
  client.Send("GET /later HTTP/1.1\r\n\r\n");
  Responder responder = desk_.Take();
  responder.Reply({.body = "first"});
  responder.Reply({.body = "second"});
  client.ReadUntil("first");
  client.Send(std::string("GET /x") + kClosing);
  EXPECT_THAT(client.ReadToEnd(),
              testing::AllOf(HasSubstr("GET /x ."), testing::Not(HasSubstr("second"))));
}

TEST_F(ServerAnswersTest, WhoAnswersNothingAnswers500) {
  Client client(server_->port());
  client.Send("GET /later HTTP/1.1\r\n\r\n");
  {
    const Responder dropped = desk_.Take();
  }
  EXPECT_THAT(client.ReadUntil("internal error\n"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(ServerAnswersTest, AnAnswerThatTakesTooLongIs504AndTellsTheHandler) {
  Client client(server_->port());
  client.Send("GET /short HTTP/1.1\r\n\r\n");
  Responder responder = desk_.Take();
  std::promise<void> gone;
  responder.WhenGone([&gone] { gone.set_value(); });
  EXPECT_THAT(client.ReadUntil("too long\n"), StartsWith("HTTP/1.1 504 "));
  gone.get_future().get();
  responder.Reply({.body = "too late"});
  client.Send(std::string("GET /next") + kClosing);
  EXPECT_THAT(client.ReadToEnd(),
              testing::AllOf(StartsWith("HTTP/1.1 203 "), testing::Not(HasSubstr("too late"))));
}

// The next request of the connection is being answered by then.
TEST_F(ServerAnswersTest, AnAnswerThatIsTooLateIsNoneToTheNextRequest) {
  Client client(server_->port());
  client.Send("GET /short HTTP/1.1\r\n\r\n");
  Responder late = desk_.Take();
  client.ReadUntil("too long\n");
  client.Send(std::string("GET /later") + kClosing);
  Responder next = desk_.Take();
  late.Reply({.body = "too late"});
  next.Reply({.body = "its own"});
  EXPECT_THAT(client.ReadToEnd(),
              testing::AllOf(HasSubstr("its own"), testing::Not(HasSubstr("too late"))));
}

TEST_F(ServerAnswersTest, ARouteSaysWhatIsAnsweredWhenItTakesTooLong) {
  Routes routes;
  Route slow = desk_.At("/slow");
  slow.answer_timeout = std::chrono::milliseconds(50);
  slow.timeout_response = {.status = 503, .body = "counting\n"};
  routes.Add(std::move(slow));
  ListenAnew({}, std::move(routes));
  Client client(server_->port());
  for (int i = 0; i < 2; ++i) {
    client.Send("GET /slow HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("counting\n"), StartsWith("HTTP/1.1 503 "));
    desk_.Take();
  }
}

TEST_F(ServerAnswersTest, AClientThatLeavesIsToldToTheHandler) {
  std::optional<Client> client(std::in_place, server_->port());
  client->Send("GET /later HTTP/1.1\r\n\r\n");
  Responder responder = desk_.Take();
  std::promise<void> gone;
  responder.WhenGone([&gone] { gone.set_value(); });
  client.reset();
  gone.get_future().get();
  std::promise<void> again;
  responder.WhenGone([&again] { again.set_value(); });
  again.get_future().get();
  responder.Reply({});
}

TEST_F(ServerAnswersTest, AResponderMayOutliveTheServer) {
  Client client(server_->port());
  client.Send("GET /later HTTP/1.1\r\n\r\n");
  std::optional<Responder> responder(desk_.Take());
  std::promise<void> gone;
  responder->WhenGone([&gone] { gone.set_value(); });
  End();
  gone.get_future().get();
  server_.reset();
  ResponseStream stream = responder->Stream({});
  bool ok = true;
  stream.Write("x", [&ok](bool written) { ok = written; });
  EXPECT_FALSE(ok);
  responder.reset();
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(ServerAnswersTest, AStreamComesInChunksAndTheConnectionGoesOn) {
  Client client(server_->port());
  client.Send("GET /later HTTP/1.1\r\n\r\n");
  ResponseStream stream = desk_.Take().Stream({.content_type = "application/connect+json"});
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Transfer-Encoding: chunked"),
                             HasSubstr("Content-Type: application/connect+json")));
  EXPECT_TRUE(Write(stream, "one"));
  EXPECT_EQ(client.ReadUntil("one\r\n"), "3\r\none\r\n") << "before the stream ends";
  EXPECT_TRUE(Write(stream, std::string(20, 'x')));
  EXPECT_EQ(client.ReadUntil("x\r\n"), "14\r\n" + std::string(20, 'x') + "\r\n");
  stream.Finish();
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "0\r\n\r\n");
  client.Send("GET /next HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("GET /next ."), StartsWith("HTTP/1.1 203 "));
}

TEST_F(ServerAnswersTest, AStreamToHttp10EndsWithTheConnection) {
  Client client(server_->port());
  client.Send("GET /later HTTP/1.0\r\n\r\n");
  ResponseStream stream = desk_.Take().Stream({});
  EXPECT_TRUE(Write(stream, "one"));
  EXPECT_TRUE(Write(stream, "two"));
  stream.Finish();
  const std::string answer = client.ReadToEnd();
  EXPECT_TRUE(answer.ends_with("\r\n\r\nonetwo")) << answer;
  EXPECT_THAT(answer, testing::Not(HasSubstr("chunked")));
}

TEST_F(ServerAnswersTest, HeadHasNoStream) {
  Client client(server_->port());
  client.Send(std::string("HEAD /later") + kClosing);
  ResponseStream stream = desk_.Take().Stream({});
  EXPECT_FALSE(Write(stream, "one"));
  stream.Finish();
  EXPECT_TRUE(client.ReadToEnd().ends_with("\r\n\r\n"));
}

TEST_F(ServerAnswersTest, AStatusWithoutABodyHasNoStream) {
  Client client(server_->port());
  client.Send("GET /later HTTP/1.1\r\n\r\n");
  ResponseStream stream = desk_.Take().Stream({.status = 204});
  EXPECT_FALSE(Write(stream, "one"));
  const std::string answer = client.ReadUntil("\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(answer, testing::Not(HasSubstr("chunked")));
  client.Send("GET /next HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("GET /next ."), StartsWith("HTTP/1.1 203 "));
}

TEST_F(ServerAnswersTest, AStreamMayFinishBeforeItsLastPieceIsWritten) {
  for (const char* version : {"1.1", "1.0"}) {
    Client client(server_->port());
    client.Send(std::string("GET /later HTTP/") + version + "\r\nConnection: close\r\n\r\n");
    ResponseStream stream = desk_.Take().Stream({});
    std::promise<bool> done;
    stream.Write("one", [&done](bool ok) { done.set_value(ok); });
    stream.Finish();
    EXPECT_TRUE(done.get_future().get());
    const std::string answer = client.ReadToEnd();
    EXPECT_TRUE(answer.ends_with("one") || answer.ends_with("3\r\none\r\n0\r\n\r\n")) << answer;
  }
}

TEST_F(ServerAnswersTest, TheNextPieceMayBeWrittenFromTheLast) {
  constexpr int kPieces = 2'000;
  Client client(server_->port());
  client.Send("GET /later HTTP/1.1\r\n\r\n");
  ResponseStream stream = desk_.Take().Stream({});
  std::promise<void> done;
  int written = 0;
  std::function<void(bool)> next = [&](bool ok) {
    EXPECT_TRUE(ok);
    if (ok && ++written < kPieces) return stream.Write("x", next);
    stream.Finish();
    done.set_value();
  };
  stream.Write("x", next);
  const std::string answer = client.ReadUntil("\r\n0\r\n\r\n");
  done.get_future().get();
  EXPECT_EQ(std::ranges::count(answer.substr(answer.find("\r\n\r\n")), 'x'), kPieces);
}

TEST_F(ServerAnswersTest, WhatWouldBreakTheFramingIsLeftOut) {
  Client client(server_->port());
  client.Send(std::string("GET /later") + kClosing);
  Response response{.content_type = "text/plain\r\nX-Split: 1", .body = "body"};
  for (const char* name : {"content-length", "Transfer-Encoding", "CONNECTION", "X Y", "X:", ""}) {
    response.headers.Add(name, "left out");
  }
  response.headers.Add("X-Long", std::string(100'000, 'x'));
  response.headers.Add("X-Kept", "kept");
  desk_.Take().Reply(std::move(response));
  const std::string answer = client.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain  X-Split: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Kept: kept\r\n"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("left out")));
  EXPECT_LT(answer.size(), 1'000u);
}

TEST_F(ServerAnswersTest, WhatFollowsAHeadRequestHasItsBody) {
  Client client(server_->port());
  client.Send("HEAD /x HTTP/1.1\r\n\r\n");
  client.ReadUntil("\r\n\r\n");
  client.Send("no http\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("\r\n\r\nnot an HTTP/1.1 request"));
}

TEST_F(ServerAnswersTest, AStreamThatIsDroppedIsNoWholeAnswer) {
  Client client(server_->port());
  client.Send("GET /later HTTP/1.1\r\n\r\n");
  {
    ResponseStream stream = desk_.Take().Stream({});
    EXPECT_TRUE(Write(stream, "one"));
  }
  const std::string answer = client.ReadToEnd();
  EXPECT_TRUE(answer.ends_with("one\r\n")) << answer;
}

TEST_F(ServerAnswersTest, AStreamNoticesThatItsReaderLeft) {
  std::optional<Client> client(std::in_place, server_->port());
  client->Send("GET /later HTTP/1.1\r\n\r\n");
  Responder responder = desk_.Take();
  std::promise<void> gone;
  responder.WhenGone([&gone] { gone.set_value(); });
  ResponseStream stream = responder.Stream({});
  EXPECT_TRUE(Write(stream, "one"));
  client.reset();
  gone.get_future().get();
  EXPECT_FALSE(Write(stream, "two"));
}

TEST_F(ServerAnswersTest, AStreamWhoseReaderDoesNotReadEnds) {
  ListenAnew({.write_timeout = std::chrono::milliseconds(200)}, WithDesk());
  Client client(server_->port());
  client.Send("GET /later HTTP/1.1\r\n\r\n");
  ResponseStream stream = desk_.Take().Stream({});
  EXPECT_FALSE(Write(stream, std::string(kLarge, 'x')));
  EXPECT_LT(client.CountToEnd(), kLarge);
}

TEST_F(ServerAnswersTest, ASilentStreamStaysOpen) {
  EXPECT_TRUE(WithSomeTime([this](std::chrono::milliseconds all) {
    Routes routes;
    Route route = desk_.At("/events");
    route.answer_timeout = all;
    routes.Add(std::move(route));
    ListenAnew({.head_timeout = all, .write_timeout = all, .idle = all}, std::move(routes));
    Client client(server_->port());
    client.Send("GET /events HTTP/1.1\r\n\r\n");
    std::optional<Responder> responder = desk_.TakeWithin(all);
    if (!responder) return false;
    ResponseStream stream = responder->Stream({});
    std::this_thread::sleep_for(2.5 * all);
    if (!Write(stream, "one")) return false;
    stream.Finish();
    return client.ReadUntil("0\r\n\r\n").find("one") != std::string::npos;
  }));
}

TEST_F(ServerAnswersTest, WhoIsBeingAnsweredGivesWayLast) {
  ListenAnew({.max_connections = 4}, WithDesk());
  Client first(server_->port());
  first.Send("GET /later HTTP/1.1\r\n\r\n");
  Responder responder = desk_.Take();
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(std::make_unique<Client>(server_->port()));
    idle.back()->Send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(idle.back()->ReadUntil("GET / ."), StartsWith("HTTP/1.1 203 "));
  }
  responder.Reply({.body = "still here"});
  EXPECT_THAT(first.ReadUntil("still here"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerAnswersTest, ARouteSaysHowLongItsBodyMayBe) {
  const std::string body(1u << 20, 'x');
  Client client(server_->port());
  client.Send("POST /big HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body);
  Responder responder = desk_.Take();
  EXPECT_EQ(desk_.request().body.size(), body.size());
  responder.Reply({.body = "taken"});
  EXPECT_THAT(client.ReadUntil("taken"), StartsWith("HTTP/1.1 200 "));
  Client long_one(server_->port());
  long_one.Send("POST /big HTTP/1.1\r\nContent-Length: 8388609\r\n\r\n");
  EXPECT_THAT(long_one.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  Client chunked(server_->port());
  chunked.Send("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n" +
               std::string(0x10001, 'x') + "\r\n0\r\n\r\n");
  EXPECT_THAT(chunked.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerAnswersTest, WhoAsksFirstMaySendItsBody) {
  Client client(server_->port());
  client.Send("POST /x HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("body");
  EXPECT_THAT(client.ReadUntil("POST /x body."), StartsWith("HTTP/1.1 203 "));
  Client refused(server_->port());
  refused.Send("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99999\r\n\r\n");
  EXPECT_THAT(refused.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerAnswersTest, HeldBodiesHaveABoundInAll) {
  ListenAnew({.max_held_bytes = 1u << 20}, WithDesk());
  const std::string head = "POST /big HTTP/1.1\r\nContent-Length: 800000\r\n\r\n";
  Client first(server_->port());
  first.Send(head + std::string(700'000, 'x'));
  ASSERT_TRUE(IsRead(first));
  Client second(server_->port());
  second.Send(head + std::string(800'000, 'x'));
  desk_.Take().Reply({.body = "taken"});
  EXPECT_THAT(second.ReadUntil("taken"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(first.ReadToEnd(), "") << "it was touched before the other";
}

TEST_F(ServerAnswersTest, UnknownPathsAndMethodsAreAnswered) {
  Routes routes;
  routes.Add(Echo("/only"));
  ListenAnew({}, std::move(routes));
  Client client(server_->port());
  client.Send("GET /other HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("there are\n"), StartsWith("HTTP/1.1 404 "));
  client.Send("DELETE /only HTTP/1.1\r\n\r\n");
  const std::string answer = client.ReadUntil("POST\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD, POST\r\n"));
  client.Send("POST /other HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 404 "))
      << "and closes: the body was not read";
}

TEST_F(ServerAnswersTest, SomeAnswersHaveNoBody) {
  Routes routes;
  for (const int status : {204, 304}) {
    routes.Add({.path = "/" + std::to_string(status),
                .handler = Immediate([status](const Request&) {
                  return Response{.status = status, .body = "must not be sent"};
                })});
  }
  ListenAnew({}, std::move(routes));
  for (const char* status : {"204", "304"}) {
    Client client(server_->port());
    client.Send(std::string("GET /") + status + kClosing);
    const std::string answer = client.ReadToEnd();
    EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + status + " "));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
    EXPECT_THAT(answer, testing::Not(HasSubstr("Content-Length"))) << answer;
  }
}

TEST_F(ServerAnswersTest, TwoLengthsAreRefused) {
  for (const char* framing :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n", "Transfer-Encoding: chunked, gzip\r\n"}) {
    Client client(server_->port());
    client.Send(std::string("POST /x HTTP/1.1\r\n") + framing +
                "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
    const std::string answer = client.ReadToEnd();
    EXPECT_THAT(answer, testing::Not(HasSubstr("smuggled"))) << framing;
  }
}

}  // namespace
}  // namespace carillon::web

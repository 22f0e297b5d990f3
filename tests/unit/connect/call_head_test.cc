#include "call_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "carillon/access/forwarded.h"
#include "gzip.h"
#include "stream_envelope.h"
#include "support.h"

namespace carillon::connect {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr char kSay[] = "/carillon.test.v1.Echo/Say";
constexpr char kLook[] = "/carillon.test.v1.Echo/Look";
constexpr char kCount[] = "/carillon.test.v1.Echo/Count";

class CallHeadTest : public testing::Test {
 protected:
  static web::Request Post(std::string path, web::Headers headers = {}) {
    web::Request request;
    request.method = "POST";
    request.path = std::move(path);
    request.headers = std::move(headers);
    if (!request.headers.Find("Content-Type")) {
      request.headers.Set("Content-Type",
                          request.path == kCount ? "application/connect+json" : "application/json");
    }
    request.peer = "192.0.2.1";
    return request;
  }
  static web::Request Get(std::string path, std::string query) {
    web::Request request;
    request.method = "GET";
    request.path = std::move(path);
    request.query = std::move(query);
    request.peer = "192.0.2.1";
    return request;
  }
  CallHead Read(const web::Request& request) {
    auto read = ReadHead(methods_, request);
    if (const auto* refused = std::get_if<web::Response>(&read)) {
      ADD_FAILURE() << refused->status << " " << refused->body;
      return {};
    }
    return std::get<CallHead>(read);
  }
  web::Response Refused(const web::Request& request) {
    auto read = ReadHead(methods_, request);
    if (auto* refused = std::get_if<web::Response>(&read)) return *refused;
    ADD_FAILURE() << "not refused: " << request.path << "?" << request.query;
    return {};
  }

  const MethodTable methods_ = *MethodTable::Create({"carillon.test.v1.Echo"});
};

TEST_F(CallHeadTest, AServiceThatIsNotLinkedIn) {
  EXPECT_EQ(MethodTable::Create({"no.Such"}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(CallHeadTest, UnknownMethods) {
  const web::Response refused = Refused(Post("/carillon.test.v1.Echo/Sai"));
  EXPECT_EQ(refused.status, 404);
  EXPECT_THAT(refused.body, HasSubstr("\"unimplemented\""));
  EXPECT_THAT(refused.body, HasSubstr("did you mean '/carillon.test.v1.Echo/Say'"));
  EXPECT_EQ(Refused(Post("/carillon.test.v1.Echo/")).status, 404);
  EXPECT_EQ(Refused(Post("/carillon.test.v1.Echo/Say/")).status, 404);
  EXPECT_EQ(Refused(Post("/carillon.test.v1.Echo/Collect")).status, 501);
}

TEST_F(CallHeadTest, ContentTypes) {
  for (const char* const type : {"application/json", "Application/JSON; charset=UTF-8",
                                 "application/json ;charset=\"utf-8\""}) {
    EXPECT_EQ(Read(Post(kSay, {{"Content-Type", type}})).codec, Codec::kJson);
  }
  EXPECT_EQ(Read(Post(kSay, {{"Content-Type", "application/proto"}})).codec, Codec::kBinary);
  EXPECT_EQ(Read(Post(kCount, {{"content-type", "application/connect+proto"}})).codec,
            Codec::kBinary);
  for (const char* const type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
        "application/json; charset=latin1", "application/connect+json", "application/grpc"}) {
    const web::Response refused = Refused(Post(kSay, {{"Content-Type", type}}));
    EXPECT_EQ(refused.status, 415) << type;
    EXPECT_EQ(refused.headers.Find("Accept-Post"), "application/json, application/proto");
  }
  EXPECT_EQ(Refused(Post(kCount, {{"Content-Type", "application/json"}})).status, 415);
}

TEST_F(CallHeadTest, GetIsForMethodsWithoutSideEffects) {
  EXPECT_TRUE(Read(Get(kLook, "encoding=json&message=%7B%7D")).get);
  for (const char* const path : {kSay, kCount}) {
    const web::Response refused = Refused(Get(path, "encoding=json&message=%7B%7D"));
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.headers.Find("Allow"), "POST");
  }
}

TEST_F(CallHeadTest, ParametersOfAGet) {
  const CallHead head =
      Read(Get(kLook, "connect=v1&encoding=proto&base64=1&message=e30&compression=gzip&other=1"));
  EXPECT_EQ(head.codec, Codec::kBinary);
  EXPECT_TRUE(head.base64);
  EXPECT_TRUE(head.gzip);
  EXPECT_EQ(head.query_message, "e30");
  EXPECT_EQ(Read(Get(kLook, "encoding=json&message=%7B+%c3%A9")).query_message, "{ é");
  EXPECT_EQ(Read(Get(kLook, "encoding=json&message=a=b")).query_message, "a=b");
  struct Row {
    const char* query;
    const char* says;
  };
  for (const Row& row : {
           Row{"", "encoding: must be json or proto"},
           Row{"message={}", "encoding"},
           Row{"encoding=xml&message={}", "encoding"},
           Row{"encoding=json", "message: is missing"},
           Row{"encoding=json&message={}&connect=v2", "connect: must be v1"},
           Row{"encoding=json&message={}&base64=yes", "base64: must be 1"},
           Row{"encoding=json&message=%7", "message: %"},
           Row{"encoding=json&message=%zz", "message: %"},
           Row{"encoding=json&message={}&message={}", "message: is there twice"},
       }) {
    const web::Response refused = Refused(Get(kLook, row.query));
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr(row.says)) << row.query;
  }
  EXPECT_EQ(Refused(Get(kLook, "encoding=json&message={}&compression=br")).status, 501);
}

TEST_F(CallHeadTest, TheUrlIsBounded) {
  std::string query = "encoding=json&message=";
  query += std::string(kMaxTargetBytes - std::string(kLook).size() - 1 - query.size(), 'x');
  Read(Get(kLook, query));
  EXPECT_EQ(Refused(Get(kLook, query + "x")).status, 414);
}

TEST_F(CallHeadTest, Timeouts) {
  EXPECT_EQ(Read(Post(kSay)).timeout, std::nullopt);
  EXPECT_EQ(Read(Post(kSay, {{"Connect-Timeout-Ms", "1500"}})).timeout,
            std::chrono::milliseconds(1500));
  EXPECT_EQ(Read(Post(kSay, {{"connect-timeout-ms", "9999999999"}})).timeout,
            std::chrono::milliseconds(9'999'999'999));
  for (const char* const wrong : {"-1", "1.5", "1s", "x", "10000000000", "99999999999999999999"}) {
    EXPECT_THAT(Refused(Post(kSay, {{"Connect-Timeout-Ms", wrong}})).body,
                HasSubstr("Connect-Timeout-Ms"))
        << wrong;
  }
}

TEST_F(CallHeadTest, ProtocolVersion) {
  Read(Post(kSay, {{"Connect-Protocol-Version", "1"}}));
  EXPECT_THAT(Refused(Post(kSay, {{"Connect-Protocol-Version", "2"}})).body,
              HasSubstr("Connect-Protocol-Version: must be 1"));
}

TEST_F(CallHeadTest, Compression) {
  EXPECT_FALSE(Read(Post(kSay, {{"Content-Encoding", "identity"}})).gzip);
  EXPECT_TRUE(
      Read(Post(kSay, {{"Content-Encoding", "gzip"}, {"Accept-Encoding", "gzip, br"}})).gzip);
  EXPECT_TRUE(Read(Post(kSay, {{"Accept-Encoding", "gzip, br"}})).gzip_answer);
  EXPECT_FALSE(Read(Post(kSay, {{"Connect-Accept-Encoding", "gzip"}})).gzip_answer);
  EXPECT_TRUE(Read(Post(kCount, {{"Connect-Accept-Encoding", "gzip"}})).gzip_answer);
  EXPECT_TRUE(Read(Post(kCount, {{"Connect-Content-Encoding", "gzip"}})).gzip);
  const web::Response refused = Refused(Post(kSay, {{"Content-Encoding", "br"}}));
  EXPECT_EQ(refused.status, 501);
  EXPECT_EQ(refused.headers.Find("Accept-Encoding"), "gzip");
}

TEST_F(CallHeadTest, IdempotencyKey) {
  EXPECT_EQ(Read(Post(kSay, {{"Idempotency-Key", "k-1"}})).idempotency_key, "k-1");
  EXPECT_EQ(Read(Post(kSay, {{"Idempotency-Key", "\"k-1\""}})).idempotency_key, "k-1");
  const web::Response refused = Refused(Post(kCount, {{"Idempotency-Key", "k-1"}}));
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("CountRequest has no request_id"));
  EXPECT_EQ(Refused(Post(kSay, {{"Idempotency-Key", "\xff"}})).status, 400);
  EXPECT_EQ(Refused(Post(kSay, {{"Idempotency-Key", std::string(257, 'x')}})).status, 400);
  web::Request get = Get(kLook, "encoding=json&message={}");
  get.headers.Set("Idempotency-Key", "k-1");
  EXPECT_EQ(Read(get).idempotency_key, "") << "there is nothing to repeat";
}

TEST_F(CallHeadTest, WhatIsPassedOn) {
  const CallHead head = Read(Post(kSay, {{"Authorization", " Bearer x "},
                                         {"traceparent", "00-1-2-03"},
                                         {"TraceState", "a=b"},
                                         {"User-Agent", "curl/8"},
                                         {"Cookie", "secret"},
                                         {"carillon-peer", "10.0.0.1"},
                                         {"X-Other", "1"}}));
  EXPECT_THAT(head.metadata,
              testing::UnorderedElementsAre(Pair("authorization", "Bearer x"),
                                            Pair("traceparent", "00-1-2-03"),
                                            Pair("tracestate", "a=b"), Pair("user-agent", "curl/8"),
                                            Pair(access::kForwardedPeer, "192.0.2.1")));
}

/// gRPC ends the process at a value that HTTP/2 does not allow.
TEST_F(CallHeadTest, WhatMayNotBePassedOn) {
  EXPECT_THAT(Refused(Post(kSay, {{"Authorization", "Bearer \xc3\xa9"}})).body,
              HasSubstr("Authorization"));
  const CallHead head = Read(
      Post(kSay, {{"User-Agent", "c\xc3\xa9"}, {"traceparent", "\x01"}, {"tracestate", "\x7f"}}));
  EXPECT_THAT(head.metadata, testing::ElementsAre(Pair(access::kForwardedPeer, "192.0.2.1")));
}

std::string Take(const CallHead& head, std::string body, size_t most = 1000) {
  auto taken = TakeMessage(head, std::move(body), most);
  if (const Error* error = std::get_if<Error>(&taken)) return "error: " + error->message();
  return std::get<std::string>(taken);
}

TEST_F(CallHeadTest, TheMessage) {
  EXPECT_EQ(Take(Read(Post(kSay)), "{}"), "{}");
  EXPECT_EQ(Take(Read(Post(kSay, {{"Content-Encoding", "gzip"}})), Gzip("{}")), "{}");
  EXPECT_THAT(Take(Read(Post(kSay, {{"Content-Encoding", "gzip"}})), "{}"), HasSubstr("not gzip"));
  EXPECT_THAT(Take(Read(Post(kSay, {{"Content-Encoding", "gzip"}})), Gzip(std::string(1001, ' '))),
              HasSubstr("over 1000 bytes once it is expanded"));
  EXPECT_EQ(Take(Read(Get(kLook, "encoding=json&message=%7B%7D")), "ignored"), "{}");
  for (const char* const base64 : {"e30", "e30%3D"}) {
    EXPECT_EQ(Take(Read(Get(kLook, std::string("encoding=json&base64=1&message=") + base64)), ""),
              "{}");
  }
  EXPECT_THAT(Take(Read(Get(kLook, "encoding=json&base64=1&message=*")), ""),
              HasSubstr("base64url"));
}

TEST_F(CallHeadTest, TheMessageOfAStream) {
  const CallHead plain = Read(Post(kCount));
  EXPECT_EQ(Take(plain, WriteEnvelope({0, "{}"})), "{}");
  EXPECT_THAT(Take(plain, "{}"), HasSubstr("five bytes"));
  EXPECT_THAT(Take(plain, WriteEnvelope({Envelope::kCompressed, Gzip("{}")})),
              HasSubstr("Connect-Content-Encoding"));
  const CallHead gzip = Read(Post(kCount, {{"Connect-Content-Encoding", "gzip"}}));
  EXPECT_EQ(Take(gzip, WriteEnvelope({Envelope::kCompressed, Gzip("{}")})), "{}");
  EXPECT_EQ(Take(gzip, WriteEnvelope({0, "{}"})), "{}") << "each envelope says whether it is";
}

}  // namespace
}  // namespace carillon::connect

#include "response_reader.h"

#include <gtest/gtest.h>

#include "carillon/base/random.h"

namespace carillon::http {
namespace {

using State = ResponseReader::State;

struct Case {
  std::string name;
  std::string bytes;
  State fed;    // after all bytes
  State ended;  // after the peer closed, too; only when fed is kMore
  uint16_t status = 0;
  bool keep_alive = false;
  std::string retry_after;
};

constexpr size_t kMaxHead = 1024;
constexpr size_t kMaxBody = 64;

State FeedInPieces(ResponseReader& reader, std::string_view bytes, size_t piece) {
  std::string pending;
  State state = State::kMore;
  for (size_t at = 0; at < bytes.size() && state == State::kMore; at += piece) {
    pending += bytes.substr(at, piece);
    size_t used = 0;
    state = reader.Feed(pending, used);
    pending.erase(0, used);
  }
  return state;
}

class ReaderCase : public testing::TestWithParam<Case> {};

TEST_P(ReaderCase, ReadsTheSameHoweverItIsCut) {
  const Case& expected = GetParam();
  ResponseReader reader(kMaxHead, kMaxBody);
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{100}, size_t{700}, size_t{5000}}) {
    SCOPED_TRACE(piece);
    reader.Reset();
    const State fed = FeedInPieces(reader, expected.bytes, piece);
    ASSERT_EQ(fed, expected.fed) << reader.error();
    EXPECT_EQ(reader.status(), expected.status);
    EXPECT_EQ(reader.retry_after(), expected.retry_after);
    if (fed == State::kDone) EXPECT_EQ(reader.keep_alive(), expected.keep_alive);
    if (fed == State::kMore) EXPECT_EQ(reader.End(), expected.ended);
    if (fed == State::kBad) EXPECT_FALSE(reader.error().empty());
  }
}

std::string Repeat(const std::string& s, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    Table, ReaderCase,
    testing::Values(
        Case{"Length",
             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
             State::kDone,
             {},
             200,
             true},
        Case{"Empty", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", State::kDone, {}, 200, true},
        Case{"NoReason", "HTTP/1.1 500 \r\ncontent-length: 0\r\n\r\n", State::kDone, {}, 500, true},
        Case{"NoSpaceAfterStatus",
             "HTTP/1.1 100\r\n\r\nHTTP/1.1 429\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nok",
             State::kDone,
             {},
             429,
             true,
             "3"},
        Case{"NoHeadersAndNoSpace", "HTTP/1.1 200\r\n\r\nok", State::kMore, State::kDone, 200},
        Case{"Status999",
             "HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n",
             State::kDone,
             {},
             999,
             true},
        Case{"Close",
             "HTTP/1.1 200 OK\r\nconnection: close\r\nContent-Length: 2\r\n\r\nok",
             State::kDone,
             {},
             200,
             false},
        Case{"Http10",
             "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
             State::kDone,
             {},
             200,
             false},
        Case{"Http10KeepAlive",
             "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
             State::kDone,
             {},
             200,
             true},
        Case{"NoContent", "HTTP/1.1 204 No Content\r\n\r\n", State::kDone, {}, 204, true},
        Case{"NotModified",
             "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
             State::kDone,
             {},
             304,
             true},
        Case{"Chunked",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n"
             "Retry-After: 9\r\nX: y\r\n\r\n",
             State::kDone,
             {},
             200,
             true},
        Case{"UntilClose", "HTTP/1.1 200 OK\r\n\r\nhello", State::kMore, State::kDone, 200},
        Case{"RetryAfter",
             "HTTP/1.1 429 Slow\r\nretry-after: 120\r\nContent-Length: 0\r\n\r\n",
             State::kDone,
             {},
             429,
             true,
             "120"},
        Case{"LongRetryAfter",
             "HTTP/1.1 429 Slow\r\nRetry-After: " + std::string(65, '1') +
                 "\r\nContent-Length: 0\r\n\r\n",
             State::kDone,
             {},
             429,
             true,
             ""},
        Case{"Interim",
             "HTTP/1.1 100 Continue\r\nRetry-After: 3\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n"
             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
             State::kDone,
             {},
             200,
             true},
        Case{
            "EightInterim",
            Repeat("HTTP/1.1 102 Wait\r\n\r\n", 8) + "HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n",
            State::kDone,
            {},
            202,
            true},
        Case{"NineInterim", Repeat("HTTP/1.1 102 Wait\r\n\r\n", 9), State::kBad, {}, 102},
        Case{"Switching", "HTTP/1.1 101 Switching Protocols\r\n\r\n", State::kBad, {}},
        Case{"LongBody",
             "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(65, 'x'),
             State::kEnough,
             {},
             200},
        Case{"LongChunks",
             "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n" +
                 Repeat("20\r\n" + std::string(32, 'x') + "\r\n", 3),
             State::kEnough,
             {},
             503},
        Case{"ShortBody", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", State::kMore,
             State::kBroken, 200},
        Case{"ShortHead", "HTTP/1.1 200 OK\r\nContent-Len", State::kMore, State::kBroken},
        Case{"LongHead", "HTTP/1.1 200 OK\r\n" + Repeat("X-Filler: yes\r\n", 100), State::kBad, {}},
        Case{"LongLine", "HTTP/1.1 200 OK\r\nX: " + std::string(2000, 'x'), State::kBad, {}},
        Case{"LongTrailer",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " +
                 std::string(2000, 'x'),
             State::kBad,
             {},
             200},
        Case{"BadLength", "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n", State::kBad, {}},
        Case{"TwoLengths",
             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
             State::kBad,
             {}},
        Case{"LengthAndChunked",
             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
             State::kBad,
             {}},
        Case{"BadChunk",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
             State::kBad,
             {},
             200},
        Case{"BadHeader", "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", State::kBad, {}},
        Case{"BadStatus", "HTTP/1.1 2x0 OK\r\n\r\n", State::kBad, {}},
        Case{"LowStatus", "HTTP/1.1 099 Low\r\n\r\n", State::kBad, {}},
        Case{"Http2", "HTTP/2 200\r\n\r\n", State::kBad, {}},
        Case{"Ssh", "SSH-2.0-OpenSSH_9.2\r\n", State::kBad, {}}),
    [](const auto& info) { return info.param.name; });

TEST(ResponseReaderTest, AnyBytesAreJudged) {
  constexpr uint64_t kSeed = 20240501;
  base::SeededRandom random(kSeed);
  const std::string seeds[] = {
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 100\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 100 Go\r\n\r\nHTTP/1.0 503 No\r\nRetry-After: 1\r\nContent-Length: 3\r\n\r\nabc"};
  constexpr std::string_view kBytes = "\r\n :;,=0159afHTP/.x\t\"\0\xff";
  ResponseReader reader(kMaxHead, kMaxBody);
  for (int round = 0; round < 20'000; ++round) {
    SCOPED_TRACE(round);
    std::string bytes = seeds[random.Next() % 4];
    for (uint64_t n = random.Next() % 4; n > 0; --n) {
      const size_t at = random.Next() % bytes.size();
      bytes.replace(at, random.Next() % 3, random.Next() % 3,
                    kBytes[random.Next() % kBytes.size()]);
    }
    reader.Reset();
    FeedInPieces(reader, bytes, 1 + random.Next() % 9);
    ASSERT_TRUE(reader.status() == 0 || (reader.status() >= 100 && reader.status() <= 999));
  }
}

TEST(ResponseReaderTest, LeavesWhatFollowsTheResponse) {
  ResponseReader reader(kMaxHead, kMaxBody);
  const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  size_t used = 0;
  EXPECT_EQ(reader.Feed(one + "more", used), State::kDone);
  EXPECT_EQ(used, one.size());
}

TEST(ResponseReaderTest, SaysNothingBeforeTheHeadIsWhole) {
  ResponseReader reader(kMaxHead, kMaxBody);
  size_t used = 0;
  EXPECT_EQ(reader.Feed("HTTP/1.1 200 OK\r\nA: b\r\n", used), State::kMore);
  EXPECT_EQ(reader.status(), 0);
  EXPECT_EQ(ResponseReader(kMaxHead, kMaxBody).End(), State::kBroken);
}

}  // namespace
}  // namespace carillon::http

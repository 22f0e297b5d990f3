#include "response_reader.h"

#include <gtest/gtest.h>

#include <regex>

#include "carillon/base/random.h"

namespace carillon::http {
namespace {

using State = ResponseReader::State;

struct Case {
  std::string name;
  std::string bytes;
  State fed;            // after all bytes
  uint16_t status = 0;  // that stands
  bool keep_alive = false;
  std::string retry_after;
};

constexpr size_t kMaxHead = 1024;
constexpr size_t kMaxBody = 64;

State FeedInPieces(ResponseReader& reader, std::string_view bytes, size_t piece) {
  State state = State::kMore;
  for (size_t at = 0; at < bytes.size() && state == State::kMore; at += piece) {
    size_t used = 0;
    state = reader.Feed(bytes.substr(at, piece), used);
  }
  return state;
}

class ReaderCase : public testing::TestWithParam<Case> {};

TEST_P(ReaderCase, ReadsTheSameHoweverItIsCut) {
  const Case& expected = GetParam();
  ResponseReader reader(kMaxHead, kMaxBody);
  for (const size_t piece :
       {size_t{1}, size_t{2}, size_t{7}, size_t{100}, size_t{700}, size_t{5000}}) {
    SCOPED_TRACE(piece);
    reader.Reset();
    const State fed = FeedInPieces(reader, expected.bytes, piece);
    ASSERT_EQ(fed, expected.fed) << reader.error();
    EXPECT_EQ(reader.status(), expected.status);
    EXPECT_EQ(reader.retry_after(), expected.retry_after);
    if (fed == State::kDone) EXPECT_EQ(reader.keep_alive(), expected.keep_alive);
    if (fed == State::kBad) EXPECT_FALSE(reader.error().empty());
  }
}

std::string Repeat(const std::string& s, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

std::string Ok(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

std::string Chunks(const std::string& body) { return Ok("Transfer-Encoding: chunked\r\n", body); }

const std::string kTwo = "Content-Length: 2\r\n";

std::string NameOf(const testing::TestParamInfo<Case>& info) { return info.param.name; }

// As they should be: the connection lives on.
INSTANTIATE_TEST_SUITE_P(
    Right, ReaderCase,
    testing::Values(
        Case{"Length", Ok(kTwo, "ok"), State::kDone, 200, true},
        Case{"Empty", Ok("content-length: 0\r\n"), State::kDone, 200, true},
        Case{"NoReason", "HTTP/1.1 500 \r\ncontent-length: 0\r\n\r\n", State::kDone, 500, true},
        Case{"NoSpaceAfterStatus",
             "HTTP/1.1 100\r\n\r\nHTTP/1.1 429\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nok",
             State::kDone, 429, true, "3"},
        Case{"ControlsInTheReason", "HTTP/1.1 200 a\x01\x7f\xff\r\n" + kTwo + "\r\nok",
             State::kDone, 200, true},
        Case{"Status999", "HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n", State::kDone, 999, true},
        Case{"Http10KeepAlive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + kTwo + "\r\nok",
             State::kDone, 200, true},
        Case{"OddConnectionOptions",
             Ok("Connection: keep-alive; timeout=5\r\nConnection: ,@x(, closed\r\n" + kTwo, "ok"),
             State::kDone, 200, true},
        Case{"NoContent", "HTTP/1.1 204 No Content\r\n\r\n", State::kDone, 204, true},
        Case{"NotModified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", State::kDone,
             304, true},
        Case{"Chunked", Chunks("5;x=y\r\nhello\r\n0\r\nRetry-After: 9\r\nX: y\r\n\r\n"),
             State::kDone, 200, true},
        Case{"CompressedChunks", Ok("Transfer-Encoding: gzip, Chunked\r\n", "2\r\nok\r\n0\r\n\r\n"),
             State::kDone, 200, true},
        Case{"RetryAfter", "HTTP/1.1 429 Slow\r\nretry-after:\t120 \r\nContent-Length: 0\r\n\r\n",
             State::kDone, 429, true, "120"},
        Case{"LongRetryAfter",
             "HTTP/1.1 429 Slow\r\nRetry-After: " + std::string(65, '1') +
                 "\r\nContent-Length: 0\r\n\r\n",
             State::kDone, 429, true},
        Case{"Interim",
             "HTTP/1.1 100 Continue\r\nRetry-After: 3\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" +
                 Ok(kTwo, "ok"),
             State::kDone, 200, true},
        Case{"ManyInterim", Repeat("HTTP/1.1 102 Wait\r\n\r\n", 40) + Ok(kTwo, "ok"), State::kDone,
             200, true}),
    NameOf);

// The connection ends, where what follows it ends it.
INSTANTIATE_TEST_SUITE_P(
    Closing, ReaderCase,
    testing::Values(
        Case{"Close", Ok("connection: close\r\n" + kTwo, "ok"), State::kDone, 200, false},
        Case{"CloseAmongOptions",
             Ok("Connection: a, keep-alive\r\nConnection: x, CLOSE ;q\r\n" + kTwo, "ok"),
             State::kDone, 200, false},
        Case{"Http10", "HTTP/1.0 200 OK\r\n" + kTwo + "\r\nok", State::kDone, 200, false},
        Case{"Http10OddKeepAlive",
             "HTTP/1.0 200 OK\r\nConnection: keep-alive; timeout=5\r\n" + kTwo + "\r\nok",
             State::kDone, 200, false},
        Case{"NoHeadersAndNoSpace", "HTTP/1.1 200\r\n\r\nok", State::kMore, 200},
        Case{"UntilClose", Ok("", "hello"), State::kMore, 200},
        Case{"ShortBody", Ok("Content-Length: 9\r\n", "hello"), State::kMore, 200},
        Case{"ShortChunks", Chunks("9\r\nok"), State::kMore, 200},
        Case{"ShortTrailers", Chunks("0\r\nA: b\r\n"), State::kMore, 200}),
    NameOf);

// The status stands, and nobody knows what others make of the rest: no further request goes there.
INSTANTIATE_TEST_SUITE_P(
    Odd, ReaderCase,
    testing::Values(
        Case{"LineFeedsAlone", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", State::kDone, 200,
             false},
        Case{"OneLineFeedAlone", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\r\nok",
             State::kDone, 200, false},
        Case{"Http12", "HTTP/1.2 200 OK\r\n" + kTwo + "\r\nok", State::kDone, 200, false},
        Case{"BlanksBeforeStatus", "HTTP/1.1 \t200 OK\r\n" + kTwo + "\r\nok", State::kDone, 200,
             false},
        Case{"SpaceBeforeColon", Ok("Content-Length : 2\r\n", "ok"), State::kDone, 200, false},
        Case{"FoldedLength", Ok("Content-Length:\r\n 2\r\n", "ok"), State::kDone, 200, false},
        Case{"FoldedIntoAnotherLength", Ok("Content-Length: 2\r\n 3\r\n", "ok"), State::kEnough,
             200},
        Case{"FoldedValue", Ok("X: y\r\n\tContent-Length: 9\r\n" + kTwo, "ok"), State::kDone, 200,
             false},
        Case{"FoldBeforeTheFirst", Ok(" Content-Length: 9\r\n" + kTwo, "ok"), State::kDone, 200,
             false},
        Case{"NulInAValue", Ok(std::string("X: a\0b\r\n", 8) + kTwo, "ok"), State::kDone, 200,
             false},
        Case{"CarriageReturnInAValue", Ok("X: a\rContent-Length: 9\r\n" + kTwo, "ok"), State::kDone,
             200, false},
        Case{"NoColon", Ok("no colon here\r\n" + kTwo, "ok"), State::kDone, 200, false},
        Case{"NoName", Ok(": x\r\n" + kTwo, "ok"), State::kDone, 200, false},
        Case{"OddInterim", "HTTP/1.1 100 Go\r\nno colon\r\n\r\n" + Ok(kTwo, "ok"), State::kDone,
             200, false},
        Case{"EmptyLength", Ok("Content-Length: \r\n", "ok"), State::kEnough, 200},
        Case{"LengthOfLetters", Ok("Content-Length: two\r\n"), State::kEnough, 200},
        Case{"LengthWithSign", Ok("Content-Length: +2\r\n"), State::kEnough, 200},
        Case{"LengthBeyond64Bits", Ok("Content-Length: 18446744073709551616\r\n"), State::kEnough,
             200},
        Case{"TwoLengths", Ok("Content-Length: 2\r\nContent-Length: 3\r\n"), State::kEnough, 200},
        Case{"TwoLengthsInOne", Ok("Content-Length: 2, 3\r\n"), State::kEnough, 200},
        Case{"LengthTwice", Ok(kTwo + kTwo, "ok"), State::kDone, 200, false},
        Case{"CutLength", Ok("Content-Length: " + std::string(1000, ' ') + "2\r\n"), State::kEnough,
             200},
        Case{"LengthAndChunked",
             Ok(kTwo + "Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"), State::kDone, 200,
             false},
        Case{"BadLengthAndChunked",
             Ok("Transfer-Encoding: chunked\r\nContent-Length: x\r\n", "2\r\nok\r\n0\r\n\r\n"),
             State::kDone, 200, false},
        Case{"UnknownEncodingAndLength", Ok("Transfer-Encoding: identity\r\n" + kTwo, "ok"),
             State::kDone, 200, false},
        Case{"EmptyEncodingAndLength", Ok("Transfer-Encoding:\r\n" + kTwo, "ok"), State::kDone, 200,
             false},
        Case{"UnknownEncoding", Ok("Transfer-Encoding: gzip\r\n", "ok"), State::kMore, 200},
        Case{"ChunkedTwice", Ok("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
             State::kMore, 200},
        Case{"ChunkedNotLast",
             Ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", "ok"), State::kMore,
             200},
        Case{"ChunkedInHttp10",
             "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: "
             "chunked\r\n\r\n0\r\n\r\n",
             State::kDone, 200, false},
        Case{"NoContentWithLength", "HTTP/1.1 204 Done\r\nContent-Length: 9\r\n\r\n", State::kDone,
             204, false},
        Case{"NoContentWithChunks", "HTTP/1.1 204 Done\r\nTransfer-Encoding: chunked\r\n\r\n",
             State::kDone, 204, false},
        Case{"BlanksBehindChunkSize", Chunks("2 \t\r\nok\r\n0\r\n\r\n"), State::kDone, 200, false},
        Case{"BlanksBeforeExtension", Chunks("2 ;a\r\nok\r\n0\r\n\r\n"), State::kDone, 200, false},
        Case{"LineFeedsAmongChunks", Chunks("2\nok\n0\n\n"), State::kDone, 200, false},
        Case{"FramingTrailers", Chunks("0\r\nContent-Length: 2\r\n\r\n"), State::kDone, 200, false},
        Case{"ClosingTrailers", Chunks("0\r\nConnection: close\r\n\r\n"), State::kDone, 200, false},
        Case{"BadChunk", Chunks("xyz\r\n"), State::kEnough, 200},
        Case{"ChunkWithSign", Chunks("+2\r\nok\r\n"), State::kEnough, 200},
        Case{"ChunkOfHexPrefix", Chunks("0x2\r\nok\r\n"), State::kEnough, 200},
        Case{"ChunkWithoutSize", Chunks("\r\nok\r\n"), State::kEnough, 200},
        Case{"ChunkLongerThanSaid", Chunks("2\r\nokay\r\n"), State::kEnough, 200},
        Case{"ChunkBeyond64Bits", Chunks("10000000000000000\r\nok"), State::kEnough, 200}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    TooLong, ReaderCase,
    testing::Values(
        Case{"Body", Ok("Content-Length: 1000\r\n", std::string(65, 'x')), State::kEnough, 200},
        Case{"UntilCloseBody", Ok("", std::string(65, 'x')), State::kEnough, 200},
        Case{"ChunkedBody",
             "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n" +
                 Repeat("20\r\n" + std::string(32, 'x') + "\r\n", 3),
             State::kEnough, 503},
        Case{"ChunkExtension", Chunks("2;" + std::string(70, 'x')), State::kEnough, 200},
        Case{"ManyChunkExtensions", Chunks(Repeat("1;e=f\r\nx\r\n", 20)), State::kEnough, 200},
        Case{"Trailer", Chunks("0\r\nX: " + std::string(2000, 'x')), State::kEnough, 200},
        Case{"ManyTrailers", Chunks("0\r\n" + Repeat("A: b\r\n", 20)), State::kEnough, 200},
        Case{"Head", Ok("Retry-After: 4\r\n" + Repeat("X-Filler: yes\r\n", 100)), State::kEnough,
             200, false, "4"},
        Case{"Line", Ok("X: " + std::string(2000, 'x')), State::kEnough, 200},
        Case{"StatusLine", "HTTP/1.1 200 " + std::string(2000, 'x'), State::kBad},
        Case{"InterimHead", "HTTP/1.1 103 Hints\r\n" + Repeat("Link: </a>\r\n", 100), State::kBad},
        Case{"Interims", Repeat("HTTP/1.1 102 Wait\r\n\r\n", 60), State::kBad}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    NoStatus, ReaderCase,
    testing::Values(Case{"Nothing", "", State::kMore},
                    Case{"HalfAStatusLine", "HTTP/1.1 200 OK", State::kMore},
                    Case{"HalfAHead", "HTTP/1.1 200 OK\r\nContent-Len", State::kMore},
                    Case{"AllButTheEnd", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", State::kMore},
                    Case{"InterimAlone", "HTTP/1.1 100 Go\r\n\r\n", State::kMore},
                    Case{"Switching", "HTTP/1.1 101 Switching Protocols\r\n\r\n", State::kBad},
                    Case{"LettersInTheStatus", "HTTP/1.1 2x0 OK\r\n\r\n", State::kBad},
                    Case{"LowStatus", "HTTP/1.1 099 Low\r\n\r\n", State::kBad},
                    Case{"StatusOfTwoDigits", "HTTP/1.1 20\r\n\r\n", State::kBad},
                    Case{"StatusOfFourDigits", "HTTP/1.1 2000 OK\r\n\r\n", State::kBad},
                    Case{"SignedStatus", "HTTP/1.1 +20 OK\r\n\r\n", State::kBad},
                    Case{"NoStatus", "HTTP/1.1\r\n\r\n", State::kBad},
                    Case{"LongMinor", "HTTP/1.10 200 OK\r\n\r\n", State::kBad},
                    Case{"EmptyLinesFirst", "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", State::kBad},
                    Case{"LowerCase", "http/1.1 200 OK\r\n\r\n", State::kBad},
                    Case{"Http2", "HTTP/2 200\r\n\r\n", State::kBad},
                    Case{"Http2Preface", std::string("\0\0\x12\x04\0\0\0\0\0", 9), State::kBad},
                    Case{"Ssh", "SSH-2.0-OpenSSH_9.2\r\n", State::kBad}),
    NameOf);

// A field of more than is kept of a line, in a head that has room for it.
TEST(ResponseReaderTest, LongLinesAreReadAndTheirValuesNotGuessed) {
  ResponseReader reader(64 * 1024, kMaxBody);
  const std::string blanks(5000, ' ');
  const std::pair<std::string, State> cases[] = {
      {Ok("Set-Cookie: " + std::string(5000, 'c') + "\r\n" + kTwo, "ok"), State::kDone},
      {Ok("Content-Length: " + blanks + "2\r\n", "ok"), State::kEnough},
      {Ok("Content-Length: 2" + blanks + ", 3\r\n", "ok"), State::kEnough},
      {Ok("Connection: keep-alive, " + blanks + "close\r\n" + kTwo, "ok"), State::kDone},
      {Ok("Transfer-Encoding: chunked, " + blanks + "gzip\r\n", "0\r\n\r\n"), State::kDone}};
  bool reused = true;  // the first
  for (const auto& [bytes, state] : cases) {
    for (const size_t piece : {size_t{3}, size_t{2048}}) {
      reader.Reset();
      EXPECT_EQ(FeedInPieces(reader, bytes, piece), state) << bytes.substr(0, 40);
      EXPECT_EQ(reader.status(), 200);
      EXPECT_EQ(reader.keep_alive(), reused) << bytes.substr(0, 40);
    }
    reused = false;
  }
}

/// Whether a final status line stands whole in `bytes`: an opinion of its own.
bool HasWholeStatusLine(const std::string& bytes) {
  static const std::regex kLine("(^|\n)HTTP/1\\.[0-9][ \t]+[2-9][0-9][0-9](\n|[ \t\r][^\n]*\n)");
  return std::regex_search(bytes, kLine);
}

TEST(ResponseReaderTest, AnyBytesAreJudged) {
  constexpr uint64_t kSeed = 20240501;
  base::SeededRandom random(kSeed);
  const std::string seeds[] = {
      Chunks("3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n"), Chunks("0\r\n\r\n"),
      "HTTP/1.1 100\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.0 404 No\nConnection: keep-alive, close\n folded\nContent-Length: 1\n\nx",
      "HTTP/1.1 100 Go\r\n\r\nHTTP/1.0 503 No\r\nRetry-After: 1\r\nContent-Length: 3\r\n\r\nabc"};
  constexpr std::string_view kBytes("\r\n :;,=0159afHTP/.x\t\"\0\xff", 24);
  ResponseReader reader(kMaxHead, kMaxBody);
  for (int round = 0; round < 20'000; ++round) {
    SCOPED_TRACE(round);
    std::string bytes = seeds[random.Next() % std::size(seeds)];
    for (uint64_t n = random.Next() % 4; n > 0; --n) {
      const size_t at = random.Next() % bytes.size();
      bytes.replace(at, random.Next() % 3, random.Next() % 3,
                    kBytes[random.Next() % kBytes.size()]);
    }
    reader.Reset();
    const State state = FeedInPieces(reader, bytes, 1 + random.Next() % 9);
    const uint16_t status = reader.status();
    ASSERT_TRUE(status == 0 || (status >= 200 && status <= 999));
    ASSERT_TRUE(status == 0 || HasWholeStatusLine(bytes)) << bytes;
    ASSERT_EQ(state == State::kDone || state == State::kEnough,
              status != 0 && state != State::kMore);
    // However it is cut, it is the same.
    const bool keep = state == State::kDone && reader.keep_alive();
    reader.Reset();
    ASSERT_EQ(FeedInPieces(reader, bytes, bytes.size() + 1), state) << bytes;
    ASSERT_EQ(reader.status(), status) << bytes;
    ASSERT_EQ(state == State::kDone && reader.keep_alive(), keep) << bytes;
  }
}

TEST(ResponseReaderTest, LeavesWhatFollowsTheResponse) {
  ResponseReader reader(kMaxHead, kMaxBody);
  const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  size_t used = 0;
  EXPECT_EQ(reader.Feed(one + "more", used), State::kDone);
  EXPECT_EQ(used, one.size());
}

TEST(ResponseReaderTest, KeepsTheBeginningOfABody) {
  ResponseReader reader(kMaxHead, kMaxBody);
  for (const std::string& bytes : {Ok("Content-Length: 5\r\n", "hello"), Ok("", "hello"),
                                   Chunks("1\r\nh\r\n4;x\r\nello\r\n0\r\nA: b\r\n\r\n")}) {
    for (const size_t keep : {size_t{3}, size_t{9}}) {
      reader.Reset();
      reader.KeepBody(keep);
      FeedInPieces(reader, bytes, 2);
      EXPECT_EQ(reader.body(), std::string("hello").substr(0, keep));
    }
  }
  reader.Reset();
  FeedInPieces(reader, Ok(kTwo, "ok"), 2);
  EXPECT_EQ(reader.body(), "");
}

TEST(ResponseReaderTest, KeepsTheBeginningOfTheFinalHead) {
  ResponseReader reader(kMaxHead, kMaxBody);
  const std::string head = "HTTP/1.1 200 OK\r\nA:  b\r\nContent-Length: 2\r\n\r\n";
  for (const std::string interim : {"", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"}) {
    for (const size_t keep : {size_t{20}, size_t{1000}}) {
      reader.Reset();
      reader.KeepHead(keep);
      FeedInPieces(reader, interim + head + "ok", 2);
      EXPECT_EQ(reader.kept_head(), head.substr(0, keep));
    }
  }
  reader.Reset();
  FeedInPieces(reader, head + "ok", 2);
  EXPECT_EQ(reader.kept_head(), "");
}

TEST(ResponseReaderTest, SaysNothingBeforeTheHeadIsWhole) {
  ResponseReader reader(kMaxHead, kMaxBody);
  size_t used = 0;
  EXPECT_EQ(reader.Feed("HTTP/1.1 200 OK\r\nA: b\r\n", used), State::kMore);
  EXPECT_EQ(reader.status(), 0);
}

}  // namespace
}  // namespace carillon::http

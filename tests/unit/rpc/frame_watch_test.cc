#include "frame_watch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "carillon/base/random.h"

namespace carillon::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Verdict = FrameWatch::Verdict;

enum Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr uint8_t kEnd = 1;  // END_STREAM, and ACK of settings and pings

const std::string kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Frame(uint8_t type, uint32_t stream, const std::string& payload, uint8_t flags = 0) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame += static_cast<char>(payload.size() >> shift);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(stream >> shift);
  return frame + payload;
}

/// A message of gRPC, of which `sent` bytes are there.
std::string Message(size_t length, size_t sent) {
  std::string message(1, '\0');
  for (const int shift : {24, 16, 8, 0}) message += static_cast<char>(length >> shift);
  return message + std::string(sent, 'x');
}

class FrameWatchTest : public testing::Test {
 protected:
  FrameWatchTest() { EXPECT_EQ(Receive(kClientPreface), Verdict::kFine); }
  Verdict Receive(const std::string& bytes) { return watch_.Received(bytes, now_); }
  Verdict Open(uint32_t stream, size_t head = 100) {
    return Receive(Frame(kHeaders, stream, std::string(head, 'h')));
  }
  size_t Streams() const { return watch_.cost() - FrameWatch::kConnectionBytes; }
  /// How often in a row it is fine; `most`: it always was.
  size_t FineUntil(const std::string& bytes, size_t most) {
    for (size_t n = 0; n < most; ++n) {
      last_ = Receive(bytes);
      if (last_ != Verdict::kFine) return n;
    }
    return most;
  }

  FrameWatch::Limits limits_;
  FrameWatch watch_{limits_};
  base::MonoTime now_{std::chrono::hours(1)};
  Verdict last_ = Verdict::kFine;
};

TEST(FrameWatchPreface, IsTakenInPiecesAndNothingElseIs) {
  FrameWatch watch({});
  for (const char c : kClientPreface) EXPECT_EQ(watch.Received({&c, 1}, {}), Verdict::kFine);
  EXPECT_EQ(watch.Received(Frame(kSettings, 0, ""), {}), Verdict::kFine);
  for (const std::string_view other : {"GET / HTTP/1.1\r\n", "PRI * HTTP/1", "\x16\x03\x01"}) {
    FrameWatch another({});
    EXPECT_EQ(another.Received(other, {}), Verdict::kNotHttp2) << other;
  }
}

TEST_F(FrameWatchTest, ACallCostsUntilTheServerEndsIt) {
  EXPECT_EQ(watch_.cost(), FrameWatch::kConnectionBytes);
  EXPECT_EQ(Open(1), Verdict::kFine);
  EXPECT_EQ(watch_.open_streams(), 1u);
  EXPECT_EQ(Streams(), FrameWatch::kStreamBytes + 109);
  EXPECT_EQ(Receive(Frame(kData, 1, Message(10, 10), kEnd)), Verdict::kFine);
  EXPECT_EQ(watch_.open_streams(), 1u) << "it waits for its answer";
  watch_.Sent(Frame(kHeaders, 1, "answer"));
  EXPECT_EQ(watch_.open_streams(), 1u);
  watch_.Sent(Frame(kHeaders, 1, "trailers", kEnd));
  EXPECT_EQ(watch_.open_streams(), 0u);
  EXPECT_EQ(Streams(), 0u);
}

TEST_F(FrameWatchTest, ACallThatEitherSideResetsCostsNothing) {
  Open(1);
  Open(3, 4096);
  EXPECT_EQ(watch_.large_heads(), 1u);
  EXPECT_EQ(Receive(Frame(kData, 3, Message(1000, 500))), Verdict::kFine);
  EXPECT_EQ(Receive(Frame(kReset, 3, "code")), Verdict::kFine);
  EXPECT_EQ(watch_.large_heads(), 0u);
  EXPECT_EQ(watch_.open_streams(), 1u);
  watch_.Sent(Frame(kReset, 1, "code"));
  EXPECT_EQ(Streams(), 0u);
}

TEST_F(FrameWatchTest, AStreamIsOpenedOnceAndNotAfterALaterOne) {
  Open(5);
  Receive(Frame(kReset, 5, "code"));
  Open(5);
  Open(3);
  EXPECT_EQ(watch_.open_streams(), 0u);
}

TEST_F(FrameWatchTest, AMessageCostsUntilItIsComplete) {
  Open(1);
  const size_t idle = Streams();
  EXPECT_EQ(Receive(Frame(kData, 1, Message(100'000, 10'000))), Verdict::kFine);
  EXPECT_EQ(Streams(), idle + 10'005);
  EXPECT_EQ(Receive(Frame(kData, 1, std::string(80'000, 'x'))), Verdict::kFine);
  EXPECT_EQ(Streams(), idle + 90'005);
  EXPECT_EQ(
      Receive(Frame(kData, 1,
                    std::string(10'000, 'x') + Message(0, 0) + Message(7, 7) + Message(50, 20))),
      Verdict::kFine);
  EXPECT_EQ(Streams(), idle + 25) << "what is whole is gRPC's to hand on";
}

TEST_F(FrameWatchTest, WorkIsCallsThatBeginAndMessagesThatAreWhole) {
  Open(1);
  Open(1);  // trailers
  EXPECT_EQ(watch_.work(), 1u);
  Receive(Frame(kData, 1, Message(5, 5) + Message(0, 0) + Message(9, 8)));
  EXPECT_EQ(watch_.work(), 3u);
  Receive(Frame(kData, 1, "x"));
  Open(3);
  EXPECT_EQ(watch_.work(), 5u);
}

TEST_F(FrameWatchTest, APrefixMayComeInPieces) {
  Open(1);
  const size_t idle = Streams();
  const std::string message = Message(300, 300);
  Receive(Frame(kData, 1, message.substr(0, 3)));
  Receive(Frame(kData, 1, message.substr(3)));
  EXPECT_EQ(Streams(), idle);
}

TEST_F(FrameWatchTest, AHeadIsBoundedInOneFrameAndInMany) {
  EXPECT_EQ(Open(1, limits_.max_head_bytes - 9), Verdict::kFine);
  FrameWatch another(limits_);
  another.Received(kClientPreface, now_);
  EXPECT_EQ(
      another.Received(Frame(kHeaders, 1, std::string(limits_.max_head_bytes - 8, 'h')), now_),
      Verdict::kHead);
  EXPECT_EQ(Receive(Frame(kContinuation, 1, "h")), Verdict::kHead);
}

TEST_F(FrameWatchTest, EmptyContinuationsAreBoundedByTheirHeads) {
  Open(1);
  const size_t most = limits_.max_head_bytes / 9;
  EXPECT_LT(FineUntil(Frame(kContinuation, 1, ""), most), most);
  EXPECT_EQ(last_, Verdict::kHead);
}

TEST_F(FrameWatchTest, HeadsOfOneStreamAreBoundedTogether) {
  Open(1, 100'000);
  EXPECT_EQ(Receive(Frame(kHeaders, 1, std::string(40'000, 'h'), kEnd)), Verdict::kHead);
}

TEST_F(FrameWatchTest, SoIsTheHeadOfAStreamThatIsGone) {
  Open(1);
  Receive(Frame(kReset, 1, "code"));
  Open(1, 100'000);
  EXPECT_EQ(Receive(Frame(kContinuation, 1, std::string(40'000, 'h'))), Verdict::kHead);
}

TEST_F(FrameWatchTest, ResetsAreBoundedAtOnceAndInTheLongRun) {
  uint32_t stream = 1;
  const auto reset = [&] {
    Open(stream);
    const Verdict verdict = Receive(Frame(kReset, stream, "code"));
    stream += 2;
    return verdict;
  };
  // As many as it likes, but not faster.
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(reset(), Verdict::kFine) << i;
    now_ += milliseconds(1000 / limits_.resets_per_second);
  }
  now_ += seconds(60);
  for (uint32_t i = 0; i < limits_.max_resets; ++i) ASSERT_EQ(reset(), Verdict::kFine) << i;
  EXPECT_EQ(reset(), Verdict::kResets);
}

TEST_F(FrameWatchTest, FramesThatBringNothingAreBoundedUntilAnAnswer) {
  const std::vector<std::string> kinds = {
      Frame(kPing, 0, "12345678"), Frame(kSettings, 0, ""),   Frame(kWindowUpdate, 0, "1234"),
      Frame(kData, 1, ""),         Frame(kReset, 99, "code"), Frame(200, 0, "unknown")};
  for (const std::string& frame : kinds) {
    SCOPED_TRACE(static_cast<int>(static_cast<uint8_t>(frame[3])));
    FrameWatch watch(limits_);
    watch.Received(kClientPreface, now_);
    watch.Received(Frame(kHeaders, 1, "call"), now_);
    for (const uint8_t answer : {kHeaders, kData, kPing}) {
      for (uint32_t n = 0; n < limits_.max_empty_frames; ++n) {
        ASSERT_EQ(watch.Received(frame, now_), Verdict::kFine) << n;
      }
      watch.Sent(Frame(answer, 1, "12345678"));
    }
    EXPECT_EQ(watch.Received(frame, now_), Verdict::kEmptyFrames) << "a ping answers no call";
  }
}

TEST_F(FrameWatchTest, ConfirmationsAndEndsAreNotAmongThem) {
  Open(1);
  EXPECT_EQ(FineUntil(Frame(kPing, 0, "12345678", kEnd), 10'000), 10'000u);
  EXPECT_EQ(FineUntil(Frame(kSettings, 0, "", kEnd), 10'000), 10'000u);
  EXPECT_EQ(FineUntil(Frame(kData, 1, "", kEnd), 10'000), 10'000u);
}

TEST_F(FrameWatchTest, AMessageInTinyPiecesIsBounded) {
  Open(1);
  EXPECT_EQ(Receive(Frame(kData, 1, Message(1'000'000, 300))), Verdict::kFine);
  const size_t before = Streams();
  Receive(Frame(kData, 1, "x"));
  EXPECT_GT(Streams(), before + 1) << "a piece costs more than its bytes";
  EXPECT_EQ(FineUntil(Frame(kData, 1, "x"), 10'000), limits_.max_fragments - 1);
  EXPECT_EQ(last_, Verdict::kFragments);
}

TEST_F(FrameWatchTest, ManySmallMessagesAndLargePiecesAreNot) {
  Open(1);
  EXPECT_EQ(FineUntil(Frame(kData, 1, Message(1, 1)), 10'000), 10'000u);
  EXPECT_EQ(Receive(Frame(kData, 1, Message(10'000'000, 300))), Verdict::kFine);
  EXPECT_EQ(FineUntil(Frame(kData, 1, std::string(256, 'x')), 10'000), 10'000u);
}

TEST_F(FrameWatchTest, DataOfAStreamThatIsGoneCostsNothing) {
  Open(1);
  watch_.Sent(Frame(kReset, 1, "code"));
  EXPECT_EQ(Receive(Frame(kData, 1, Message(1000, 500))), Verdict::kFine);
  EXPECT_EQ(Streams(), 0u);
}

TEST_F(FrameWatchTest, AStreamThatEndsWithinADataFrameIsLetGo) {
  Open(1);
  const std::string data = Frame(kData, 1, Message(1000, 500));
  EXPECT_EQ(Receive(data.substr(0, 100)), Verdict::kFine);
  watch_.Sent(Frame(kReset, 1, "code"));
  EXPECT_EQ(Receive(data.substr(100)), Verdict::kFine);
  EXPECT_EQ(Streams(), 0u);
}

/// A conversation drawn by lot, cut anywhere: the same figures and verdicts as in whole frames.
TEST(FrameWatchPieces, HoweverTheBytesComeTheFiguresAreTheSame) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    base::SeededRandom random(seed);
    FrameWatch whole({});
    FrameWatch cut({});
    whole.Received(kClientPreface, {});
    cut.Received(kClientPreface, {});
    const auto below = [&random](uint64_t n) { return random.Next() % n; };
    uint32_t opened = 0;
    for (int step = 0; step < 60; ++step) {
      const auto stream = static_cast<uint32_t>(1 + 2 * below(opened + 1));
      const std::string some(below(400), 'x');
      std::string frame;
      bool sent = false;
      switch (below(6)) {
        case 0:
          frame = Frame(kHeaders, 1 + 2 * opened++, some);
          break;
        case 1:
          frame = Frame(kReset, stream, "code");
          break;
        case 2:
          frame = Frame(kHeaders, stream, some, static_cast<uint8_t>(below(2)));
          sent = true;
          break;
        case 3:
          frame = Frame(kData, stream, some, static_cast<uint8_t>(below(2)));
          break;
        default:
          frame = Frame(kData, stream, Message(some.size() + below(2), some.size()));
      }
      const auto feed = [sent](FrameWatch& watch, std::string_view bytes) {
        if (!sent) return watch.Received(bytes, {});
        watch.Sent(bytes);
        return Verdict::kFine;
      };
      ASSERT_EQ(feed(whole, frame), Verdict::kFine);
      for (std::string_view rest = frame; !rest.empty();) {
        const size_t n = 1 + below(rest.size());
        ASSERT_EQ(feed(cut, rest.substr(0, n)), Verdict::kFine);
        rest.remove_prefix(n);
      }
      ASSERT_EQ(whole.cost(), cut.cost());
      ASSERT_EQ(whole.open_streams(), cut.open_streams());
    }
    for (uint32_t id = 0; id < opened; ++id) cut.Sent(Frame(kReset, 1 + 2 * id, "code"));
    ASSERT_EQ(cut.cost(), FrameWatch::kConnectionBytes) << "something is left over";
    ASSERT_EQ(cut.large_heads(), 0u);
  }
}

}  // namespace
}  // namespace carillon::rpc

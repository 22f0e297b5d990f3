#include "call_places.h"

#include <gtest/gtest.h>

#include "support.h"

namespace carillon::connect {
namespace {

std::string Reason(const std::optional<Error>& error) {
  if (!error) return "";
  EXPECT_EQ(error->code(), static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(Get<google::rpc::RetryInfo>(*error).retry_delay().seconds(), 1);
  return Get<google::rpc::ErrorInfo>(*error).reason();
}

TEST(CallPlacesTest, CallsAndStreamsAreCountedApart) {
  CallPlaces all({.max_calls = 2, .max_streams = 1});
  CallPlaces::Ticket one, two, stream, refused;
  EXPECT_EQ(Reason(all.Enter(false, 1, one)), "");
  EXPECT_EQ(Reason(all.Enter(false, 1, two)), "");
  EXPECT_EQ(Reason(all.Enter(false, 1, refused)), "TOO_MANY_CALLS");
  EXPECT_EQ(Reason(all.Enter(true, 1, stream)), "");
  EXPECT_EQ(Reason(all.Enter(true, 1, refused)), "TOO_MANY_STREAMS");
  one = CallPlaces::Ticket();
  EXPECT_EQ(Reason(all.Enter(false, 1, refused)), "");
}

TEST(CallPlacesTest, BytesAreBounded) {
  CallPlaces all({.max_held_bytes = 100});
  CallPlaces::Ticket one, refused;
  {
    CallPlaces::Ticket two;
    EXPECT_EQ(Reason(all.Enter(false, 60, one)), "");
    EXPECT_EQ(Reason(all.Enter(false, 41, refused)), "TOO_MANY_WAITING_BYTES");
    EXPECT_EQ(Reason(all.Enter(false, 10, two)), "");
    EXPECT_EQ(Reason(two.Hold(41)), "TOO_MANY_WAITING_BYTES") << "expanded";
    EXPECT_EQ(Reason(two.Hold(40)), "");
    EXPECT_EQ(Reason(two.Hold(5)), "") << "it needs no less room";
    EXPECT_EQ(Reason(all.Enter(false, 1, refused)), "TOO_MANY_WAITING_BYTES");
  }
  EXPECT_EQ(Reason(all.Enter(false, 40, refused)), "");
}

}  // namespace
}  // namespace carillon::connect

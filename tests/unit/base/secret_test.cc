#include "carillon/base/secret.h"

#include <gmock/gmock.h>

#include <new>
#include <sstream>
#include <string>
#include <utility>

namespace carillon::base {
namespace {

TEST(Secret, PrintsItselfAsStars) {
  const Secret secret("hunter2");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(testing::PrintToString(secret), "***");
}

TEST(Secret, IsItsBytes) {
  EXPECT_EQ(Secret("a").Reveal(), "a");
  EXPECT_EQ(Secret("a"), Secret("a"));
  EXPECT_NE(Secret("a"), Secret("b"));
  EXPECT_TRUE(Secret().empty());
  EXPECT_FALSE(Secret("a").empty());
}

/// Whether the bytes of a secret lie where they lay.
bool Holds(const char* at, const std::string& bytes) {
  return std::string_view(at, bytes.size()) == bytes;
}

// Within its own object a short string's bytes can be looked at when it is gone.
TEST(Secret, LeavesNothingBehind) {
  const std::string bytes = "hunter2";
  alignas(Secret) char place[sizeof(Secret)] = {};
  auto* secret = new (place) Secret(bytes);
  const char* at = secret->Reveal().data();
  ASSERT_TRUE(Holds(at, bytes));
  const Secret moved(std::move(*secret));
  EXPECT_EQ(moved.Reveal(), bytes);
  EXPECT_FALSE(Holds(at, bytes));  // moved from
  *secret = moved;
  ASSERT_TRUE(Holds(at, bytes));
  *secret = Secret("x");
  EXPECT_FALSE(Holds(at + 1, bytes.substr(1)));  // replaced
  *secret = moved;
  secret->~Secret();
  EXPECT_FALSE(Holds(at, bytes));  // destroyed
}

TEST(Secret, WipesABufferToItsCapacity) {
  std::string text(1000, 'k');
  const char* at = text.data();
  text.resize(10);
  Wipe(text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), at);
  EXPECT_EQ(std::string_view(at, 1000).find('k'), std::string_view::npos);
}

TEST(Secret, IsTakenOverAndCopied) {
  std::string from(100, 's');
  const Secret secret(std::move(from));
  EXPECT_EQ(from, "");  // NOLINT: it was wiped
  Secret copy = secret;
  EXPECT_EQ(copy, secret);
  copy = *&copy;
  EXPECT_EQ(copy, secret);
  Secret other("short");
  other = std::move(copy);
  EXPECT_EQ(other, secret);
  EXPECT_TRUE(copy.empty());  // NOLINT
}

}  // namespace
}  // namespace carillon::base

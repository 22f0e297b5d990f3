#include "carillon/aip/page_token.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/aip/etag.h"

namespace carillon::aip {
namespace {

using ::testing::HasSubstr;

const base::WallTime kNow{std::chrono::seconds(1'767'225'600)};

PageTokens::Key Key(uint8_t id, char fill) { return {id, base::Secret(std::string(32, fill))}; }

ListArguments Arguments() {
  return {"carillon.v1.DestinationService/ListDestinations",
          "tenants/acme",
          "state = ACTIVE",
          "create_time desc",
          {"acme"}};
}

TEST(PageToken, GivesTheCursorBack) {
  const PageTokens tokens({Key(1, 'k')});
  for (const std::string& cursor :
       {std::string(), std::string("a\0b", 3), std::string(4000, 'x')}) {
    const std::string token = tokens.Make(cursor, Arguments(), kNow);
    EXPECT_EQ(
        token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    const auto read = tokens.Read(token, Arguments(), kNow);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, cursor);
  }
}

TEST(PageToken, IsForTheSameArgumentsOnly) {
  const PageTokens tokens({Key(1, 'k')});
  const std::string token = tokens.Make("c", Arguments(), kNow);
  std::vector<ListArguments> others(8, Arguments());
  others[0].method = "carillon.v1.DestinationService/ListDestination";
  others[1].parent = "tenants/-";
  others[2].filter = "";
  others[3].order_by = "";
  others[4].tenants = {};
  others[5].tenants = {"acme", "other"};
  others[6].parent = "tenants/acmes";  // the border between two arguments moves
  others[6].filter = "tate = ACTIVE";
  others[7].tenants = {"-"};
  for (const ListArguments& other : others) {
    const auto read = tokens.Read(token, other, kNow);
    EXPECT_EQ(ReasonOf(read.status()), v1::PAGE_TOKEN_INVALID);
  }
}

TEST(PageToken, RefusesWhatWasChanged) {
  const PageTokens tokens({Key(1, 'k')});
  const std::string token = tokens.Make("cursor", Arguments(), kNow);
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(ReasonOf(tokens.Read(changed, Arguments(), kNow).status()), v1::PAGE_TOKEN_INVALID)
        << i;
    EXPECT_FALSE(tokens.Read(token.substr(0, i), Arguments(), kNow).ok()) << i;
  }
  EXPECT_FALSE(tokens.Read(token + "A", Arguments(), kNow).ok());
  EXPECT_FALSE(tokens.Read(std::string(10'000, 'A'), Arguments(), kNow).ok());
  EXPECT_FALSE(PageTokens({Key(1, 'l')}).Read(token, Arguments(), kNow).ok());
}

TEST(PageToken, LastsADay) {
  const PageTokens tokens({Key(1, 'k')});
  const std::string token = tokens.Make("c", Arguments(), kNow);
  EXPECT_TRUE(tokens.Read(token, Arguments(), kNow + std::chrono::hours(24)).ok());
  const auto late =
      tokens.Read(token, Arguments(), kNow + std::chrono::hours(24) + std::chrono::seconds(1));
  EXPECT_EQ(ReasonOf(late.status()), v1::PAGE_TOKEN_INVALID);
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("older than 24 hours"));
  EXPECT_TRUE(tokens.Read(token, Arguments(), kNow - std::chrono::hours(1)).ok());  // a clock moved
}

TEST(PageToken, EarlierKeysStillOpen) {
  const std::string token = PageTokens({Key(1, 'k')}).Make("c", Arguments(), kNow);
  EXPECT_TRUE(PageTokens({Key(2, 'n'), Key(1, 'k')}).Read(token, Arguments(), kNow).ok());
  EXPECT_FALSE(PageTokens({Key(2, 'n')}).Read(token, Arguments(), kNow).ok());
}

TEST(PageSizeTest, IsCutAndNeverNegative) {
  EXPECT_EQ(*PageSize(0), 50u);
  EXPECT_EQ(*PageSize(1), 1u);
  EXPECT_EQ(*PageSize(1000), 1000u);
  EXPECT_EQ(*PageSize(1001), 1000u);
  EXPECT_EQ(*PageSize(INT32_MAX, 20, 500), 500u);
  EXPECT_EQ(*PageSize(0, 20, 500), 20u);
  EXPECT_EQ(ReasonOf(PageSize(-1).status()), v1::FIELD_INVALID);
}

TEST(Etag, TellsIncarnationsAndRevisionsApart) {
  const base::Secret key(std::string(32, 'k'));
  const base::Secret other(std::string(32, 'l'));
  EXPECT_EQ(MakeEtag(key, "uid", 7), MakeEtag(key, "uid", 7));
  const std::set<std::string> etags = {MakeEtag(key, "uid", 7), MakeEtag(key, "uid", 8),
                                       MakeEtag(key, "uid2", 7), MakeEtag(other, "uid", 7)};
  EXPECT_EQ(etags.size(), 4u);
  for (const std::string& etag : etags) {
    EXPECT_EQ(etag.front(), '"');
    EXPECT_EQ(etag.back(), '"');
    EXPECT_EQ(etag.size(), 18u);
  }
}

}  // namespace
}  // namespace carillon::aip

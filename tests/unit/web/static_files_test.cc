#include "carillon/web/static_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::web {
namespace {

StaticFiles Site() {
  StaticFiles files;
  files.Add("/console/", {.content_type = "text/html; charset=utf-8",
                          .bytes = "page",
                          .gzip = "page.gz",
                          .brotli = "page.br"});
  files.Add("/console/a-1.js",
            {.content_type = "text/javascript", .bytes = "js", .hashed_name = true});
  return files;
}

Response Get(const StaticFiles& files, const std::string& path, Headers headers = {}) {
  return files.Serve({.method = "GET", .path = path, .headers = std::move(headers)});
}

std::string Header(const Response& response, std::string_view name) {
  return std::string(response.headers.Find(name).value_or("-"));
}

TEST(StaticFilesTest, ServesExactPathsAlone) {
  const StaticFiles files = Site();
  EXPECT_EQ(Get(files, "/console/").bytes(), "page");
  EXPECT_EQ(Get(files, "/console/").content_type, "text/html; charset=utf-8");
  for (const char* path :
       {"/console", "/console/../a", "/console/%2e%2e/a", "", "/console/a-2.js"}) {
    EXPECT_EQ(Get(files, path).status, 404) << path;
  }
  EXPECT_EQ(files.Serve({.path = "/console/deep/link"}, "/console/").bytes(), "page");
}

TEST(StaticFilesTest, AHashedNameIsKeptAndOthersAreAskedForAgain) {
  const StaticFiles files = Site();
  EXPECT_EQ(Header(Get(files, "/console/a-1.js"), "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(Header(Get(files, "/console/"), "Cache-Control"), "no-cache");
}

TEST(StaticFilesTest, EachFormHasItsTag) {
  const StaticFiles files = Site();
  const std::string plain = Header(Get(files, "/console/"), "ETag");
  const std::string gzip = Header(Get(files, "/console/", {{"Accept-Encoding", "gzip"}}), "ETag");
  const std::string brotli = Header(Get(files, "/console/", {{"Accept-Encoding", "br"}}), "ETag");
  EXPECT_THAT(plain, testing::MatchesRegex("\"[A-Za-z0-9_-]{22}\""));
  EXPECT_THAT(gzip, testing::MatchesRegex("\"[A-Za-z0-9_-]{22}-gz\""));
  EXPECT_THAT(brotli, testing::MatchesRegex("\"[A-Za-z0-9_-]{22}-br\""));
  EXPECT_NE(plain, Header(Get(files, "/console/a-1.js"), "ETag"));
}

TEST(StaticFilesTest, TakesTheFormThatTheClientLikesBest) {
  const StaticFiles files = Site();
  const auto coding = [&](const std::string& accepted) {
    return Header(Get(files, "/console/", {{"accept-encoding", accepted}}), "Content-Encoding");
  };
  EXPECT_EQ(coding("gzip, deflate, br"), "br");
  EXPECT_EQ(coding("gzip;q=1.0, br;q=0.5"), "gzip");
  EXPECT_EQ(coding("BR"), "br");
  EXPECT_EQ(coding("br;q=0, gzip"), "gzip");
  EXPECT_EQ(coding("br;q=0, *"), "gzip");
  EXPECT_EQ(coding("br;q=x"), "-");
  EXPECT_EQ(coding("identity"), "-");
  EXPECT_EQ(coding("brotli"), "-");
  EXPECT_EQ(coding(""), "-");
  EXPECT_EQ(Header(Get(files, "/console/a-1.js", {{"Accept-Encoding", "br"}}), "Content-Encoding"),
            "-")
      << "it has no such form";
  EXPECT_EQ(Header(Get(files, "/console/"), "Vary"), "Accept-Encoding");
}

TEST(StaticFilesTest, ACopyThatIsPresentIsNotSentAgain) {
  const StaticFiles files = Site();
  const std::string tag = Header(Get(files, "/console/"), "ETag");
  for (const std::string& list : {tag, "W/" + tag, "\"other\" , " + tag, std::string("*")}) {
    const Response response = Get(files, "/console/", {{"If-None-Match", list}});
    EXPECT_EQ(response.status, 304) << list;
    EXPECT_EQ(response.bytes(), "");
    EXPECT_EQ(Header(response, "ETag"), tag);
  }
  for (const std::string& list : {std::string("\"other\""), tag.substr(0, 10), std::string("\"\""),
                                  tag.substr(1, 22), std::string(), "x" + tag}) {
    EXPECT_EQ(Get(files, "/console/", {{"If-None-Match", list}}).status, 200) << list;
  }
  EXPECT_EQ(Get(files, "/console/", {{"If-None-Match", tag}, {"Accept-Encoding", "br"}}).status,
            200)
      << "another form";
}

}  // namespace
}  // namespace carillon::web

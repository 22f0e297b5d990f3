#include "carillon/console/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pak_bytes.h"

namespace carillon::console {
namespace {

using testing::HasSubstr;
using testing::Not;

web::Response Get(const Site& site, const std::string& path, web::Headers headers = {}) {
  return site.Serve({.method = "GET", .path = path, .headers = std::move(headers)});
}

std::string Header(const web::Response& response, std::string_view name) {
  return std::string(response.headers.Find(name).value_or("-"));
}

TEST(SiteTest, FilesHaveTheirNamesAndPagesAnyOther) {
  const Site site(SamplePages(), {});
  EXPECT_EQ(Get(site, "/console/icon.svg").content_type, "image/svg+xml");
  EXPECT_EQ(Get(site, "/console/assets/a-1x.js").bytes(), "js js");
  for (const char* path :
       {"/console/", "/console/destinations", "/console/destinations/acme.inc/crm",
        "/console/event-types/order.created", "/console/p", "/console/../etc/passwd"}) {
    EXPECT_EQ(Get(site, path).bytes(), "page") << path;
  }
  for (const char* path : {"/console/assets/a-2x.js", "/console/assets/", "/console/robots.txt"}) {
    EXPECT_EQ(Get(site, path).status, 404) << path;
  }
}

TEST(SiteTest, WithoutItsSlashItLeadsThere) {
  const web::Response response = Get(Site(SamplePages(), {}), "/console");
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(Header(response, "Location"), "console/");
}

TEST(SiteTest, PagesFindTheirFilesAtAnyDepth) {
  std::vector<PakFile> files = SamplePages();
  files[0].file.bytes = "<script src=\"./assets/a-1x.js\"></script><link href=\"./icon.svg\">";
  const Site site(files, {});
  EXPECT_EQ(Get(site, "/console/tokens").bytes(), files[0].file.bytes);
  EXPECT_EQ(Get(site, "/console/destinations/acme/crm").bytes(),
            "<script src=\"../../assets/a-1x.js\"></script><link href=\"../../icon.svg\">");
  EXPECT_EQ(Get(site, "/console/tokens/").bytes(),
            "<script src=\"../assets/a-1x.js\"></script><link href=\"../icon.svg\">");
  const web::Response page = Get(site, "/console/a/b", {{"Accept-Encoding", "br"}});
  EXPECT_EQ(Header(page, "Content-Encoding"), "-");
  EXPECT_EQ(Get(site, "/console/c/d", {{"If-None-Match", Header(page, "ETag")}}).status, 304);
  EXPECT_NE(Get(site, "/console/c", {{"If-None-Match", Header(page, "ETag")}}).status, 304);
  const std::string deep = "/console/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16";
  EXPECT_EQ(Get(site, deep + "/x").status, 200);
  EXPECT_EQ(Get(site, deep + "/17/x").status, 404);
  EXPECT_EQ(Get(site, "/console/index 1").bytes(), files[0].file.bytes);
}

TEST(SiteTest, WhatMayBeKeptForHowLong) {
  const Site site(SamplePages(), {});
  EXPECT_EQ(Header(Get(site, "/console/assets/a-1x.js"), "Cache-Control"),
            "public, max-age=31536000, immutable");
  const web::Response page = Get(site, "/console/x", {{"Accept-Encoding", "br"}});
  EXPECT_EQ(Header(page, "Cache-Control"), "no-cache");
  EXPECT_EQ(Header(page, "Content-Encoding"), "br");
  EXPECT_EQ(
      Get(site, "/console/y", {{"Accept-Encoding", "br"}, {"If-None-Match", Header(page, "ETag")}})
          .status,
      304);
}

TEST(SiteTest, EveryAnswerHasThePolicy) {
  const Site site(SamplePages(), {});
  for (const char* path : {"/console", "/console/", "/console/assets/none", "/console/icon.svg",
                           "/console/settings.json"}) {
    const web::Response response = Get(site, path);
    const std::string policy = Header(response, "Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self'"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'; require-trusted-types-for 'script'"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_EQ(Header(response, "Referrer-Policy"), "no-referrer") << path;
    EXPECT_EQ(Header(response, "Cross-Origin-Opener-Policy"), "same-origin") << path;
  }
}

TEST(SiteTest, OriginsMayFrameIt) {
  const Site site(SamplePages(), {"https://a.example", "http://127.0.0.1:3000"});
  EXPECT_THAT(Header(Get(site, "/console/"), "Content-Security-Policy"),
              HasSubstr("frame-ancestors https://a.example http://127.0.0.1:3000;"));
  EXPECT_EQ(Get(site, "/console/settings.json").bytes(),
            "{\"embedOrigins\":[\"https://a.example\",\"http://127.0.0.1:3000\"]}\n");
  EXPECT_EQ(Get(Site(SamplePages(), {}), "/console/settings.json").bytes(),
            "{\"embedOrigins\":[]}\n");
}

TEST(SiteTest, WithoutPagesItSaysWhatIsMissing) {
  const Site site = Site::WithoutPages("/a/console.pak <b> cannot be read");
  for (const char* path : {"/console/", "/console/destinations", "/console/assets/a.js"}) {
    const web::Response response = Get(site, path);
    EXPECT_EQ(response.status, 503) << path;
    EXPECT_THAT(std::string(response.bytes()), HasSubstr("console.pak &lt;b&gt; cannot be read"));
    EXPECT_THAT(Header(response, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
  }
  EXPECT_EQ(Get(site, "/console").status, 308);
}

TEST(SiteTest, ItsRoutesAreThoseBelowConsole) {
  web::Routes routes;
  Site::AddTo(routes, Site(SamplePages(), {}));
  for (const char* path : {"/console", "/console/", "/console/a/b"}) {
    ASSERT_NE(routes.Find(path), nullptr) << path;
    EXPECT_TRUE(web::Allows(*routes.Find(path), "HEAD"));
    EXPECT_FALSE(web::Allows(*routes.Find(path), "POST"));
  }
  for (const char* path : {"/", "/consoles", "/metrics"}) EXPECT_EQ(routes.Find(path), nullptr);
}

}  // namespace
}  // namespace carillon::console

#include "carillon/web/routes.h"

#include <gtest/gtest.h>

namespace carillon::web {
namespace {

std::string Found(const Routes& routes, std::string_view path) {
  const Route* const route = routes.Find(path);
  return route == nullptr ? "" : route->path;
}

TEST(RoutesTest, TheLongestThatFits) {
  Routes routes;
  for (const char* path :
       {"/a", "/*", "/console/*", "/console/assets/*", "/console/x", "/console/"}) {
    routes.Add({.path = path});
  }
  EXPECT_EQ(Found(routes, "/a"), "/a");
  EXPECT_EQ(Found(routes, "/ab"), "/*");
  EXPECT_EQ(Found(routes, "/"), "/*");
  EXPECT_EQ(Found(routes, "/console/"), "/console/") << "whole paths before beginnings";
  EXPECT_EQ(Found(routes, "/console/x"), "/console/x");
  EXPECT_EQ(Found(routes, "/console/xy"), "/console/*");
  EXPECT_EQ(Found(routes, "/console/assets/a.js"), "/console/assets/*");
  EXPECT_EQ(Found(routes, "/console"), "/*");
  EXPECT_EQ(Found(routes, "*"), "");
  EXPECT_EQ(Found(routes, ""), "");
}

TEST(RoutesTest, WholePathsBeforeBeginningsOfTheirLength) {
  Routes routes;
  routes.Add({.path = "/a"});
  routes.Add({.path = "/*"});
  EXPECT_EQ(Found(routes, "/a"), "/a");
  Routes other;
  other.Add({.path = "/*"});
  other.Add({.path = "/a"});
  EXPECT_EQ(Found(other, "/a"), "/a");
}

TEST(RoutesTest, ASecondOneReplacesTheFirst) {
  Routes routes;
  routes.Add({.path = "/a", .max_body_bytes = 1});
  routes.Add({.path = "/a", .max_body_bytes = 2});
  EXPECT_EQ(routes.Find("/a")->max_body_bytes, 2u);
}

TEST(RoutesTest, HeadGoesWithGet) {
  const Route get{.path = "/"};
  EXPECT_TRUE(Allows(get, "GET"));
  EXPECT_TRUE(Allows(get, "HEAD"));
  EXPECT_FALSE(Allows(get, "get"));
  EXPECT_FALSE(Allows(get, ""));
  EXPECT_EQ(AllowedMethods(get), "GET, HEAD");
  const Route post{.path = "/", .methods = {"POST"}};
  EXPECT_FALSE(Allows(post, "HEAD"));
  EXPECT_EQ(AllowedMethods(post), "POST");
}

}  // namespace
}  // namespace carillon::web

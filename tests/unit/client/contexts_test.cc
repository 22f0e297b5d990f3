#include "carillon/client/contexts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace carillon::client {
namespace {

using testing::HasSubstr;

ContextFile Two() {
  return {.current = "prod",
          .contexts = {{.name = "prod", .server = "prod:1", .tenant = "acme", .token = "t1"},
                       {.name = "test", .server = "test:1", .token_file = "/t", .tls = true}}};
}

Environment Of(std::map<std::string, std::string> variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

std::string ErrorOf(const std::string& yaml) {
  return std::string(ParseContexts(yaml).status().message());
}

TEST(Contexts, AreReadAsTheyWereWritten) {
  const auto read = ParseContexts(FormatContexts(Two()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->current, "prod");
  ASSERT_EQ(read->contexts.size(), 2u);
  EXPECT_EQ(read->contexts[0].token, "t1");
  EXPECT_EQ(read->contexts[1].token_file, "/t");
  EXPECT_TRUE(read->contexts[1].tls);
  EXPECT_TRUE(ParseContexts("")->contexts.empty());
}

TEST(Contexts, MistakesNameTheMember) {
  EXPECT_THAT(ErrorOf("[a]"), HasSubstr("must be a mapping"));
  EXPECT_THAT(ErrorOf("contexts: [{sever: a, name: b}]"),
              HasSubstr("contexts[0]: unknown member 'sever'; did you mean 'server'?"));
  EXPECT_THAT(ErrorOf("contexts: [{server: a}]"), HasSubstr("contexts[0].name: must be set"));
  EXPECT_THAT(ErrorOf("contexts: [{name: a}, {name: a}]"), HasSubstr("twice"));
  EXPECT_THAT(ErrorOf("contexts: [{name: a, token: b, token_file: c}]"),
              HasSubstr("at most one of token, token_file"));
  EXPECT_THAT(ErrorOf("contexts: [{name: a, tls: maybe}]"),
              HasSubstr("tls: must be true or false"));
  EXPECT_THAT(ErrorOf("current: [a]"), HasSubstr("current"));
  EXPECT_THAT(ErrorOf("a: ["), HasSubstr("not YAML"));
}

TEST(Contexts, WhatIsSaidGoesBeforeTheFile) {
  Context context{.tenant = "bell"};
  ASSERT_TRUE(FillFrom(Two(), context).ok());
  EXPECT_EQ(context.server, "prod:1");
  EXPECT_EQ(context.tenant, "bell");
  EXPECT_EQ(context.token, "t1");
  Context named{.name = "test"};
  ASSERT_TRUE(FillFrom(Two(), named).ok());
  EXPECT_EQ(named.server, "test:1");
  EXPECT_TRUE(named.tls);
  Context with_token{.name = "test", .token = "mine"};
  ASSERT_TRUE(FillFrom(Two(), with_token).ok());
  EXPECT_EQ(with_token.token_file, "");
}

TEST(Contexts, AnotherServerIsNotShownTheToken) {
  Context context{.server = "elsewhere:1"};
  ASSERT_TRUE(FillFrom(Two(), context).ok());
  EXPECT_EQ(context.token, "");
}

TEST(Contexts, OneThatThereIsNot) {
  Context context{.name = "tst"};
  const absl::Status status = FillFrom(Two(), context);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("did you mean 'test'?"));
}

TEST(Contexts, WhereTheFileIs) {
  EXPECT_EQ(ContextPath(Of({{"CARILLON_CONTEXT_FILE", "/c"}, {"HOME", "/h"}})), "/c");
  EXPECT_EQ(ContextPath(Of({{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}})),
            "/x/carillon/config.yaml");
  EXPECT_EQ(ContextPath(Of({{"XDG_CONFIG_HOME", "x"}, {"HOME", "/h"}})),
            "/h/.config/carillon/config.yaml");
  EXPECT_EQ(ContextPath(Of({})), "");
}

TEST(Contexts, TheFileIsForItsOwnerOnly) {
  const std::string folder = testing::TempDir() + "/carillon-contexts";
  std::filesystem::remove_all(folder);
  const std::string path = folder + "/a/config.yaml";
  EXPECT_TRUE(LoadContexts(path)->contexts.empty());
  ASSERT_TRUE(SaveContexts(path, Two()).ok());
  ASSERT_TRUE(SaveContexts(path, Two()).ok());
  EXPECT_EQ(LoadContexts(path)->contexts.size(), 2u);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(LoadContexts(folder).ok());
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(SaveContexts("", Two()).ok());
}

}  // namespace
}  // namespace carillon::client

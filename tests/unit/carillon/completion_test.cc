#include "completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace carillon::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

/// A few commands as the program has them.
std::unique_ptr<CLI::App> MakeApp(std::string& value, std::vector<std::string>& values) {
  auto app = std::make_unique<CLI::App>("", "carillon");
  const auto leaf = [&](CLI::App& in, const char* name, const char* operand) {
    CLI::App* command = in.add_subcommand(name, std::string("About ") + name);
    if (operand != nullptr) command->add_option(operand, values);
    command->add_option("-o,--output", value, "How")->check(CLI::IsMember({"table", "json"}));
    command->add_option("--tenant", value, "Whose");
    command->add_option("--context", value, "Which");
    command->add_option("--destination", value, "Where");
    command->add_flag("--force");
    return command;
  };
  leaf(*app, "get", "NAME")->add_option("KIND", value);
  CLI::App* group = app->add_subcommand("destinations", "About them");
  leaf(*group, "delete", "NAME");
  CLI::App* keys = app->add_subcommand("keys", "About keys");
  leaf(*keys, "list", "OUTER");
  leaf(*keys, "rotate", "NAME");
  leaf(*app->add_subcommand("context", "Contexts"), "use", "NAME");
  return app;
}

std::vector<std::string> Completed(std::vector<std::string> words) {
  std::string value;
  std::vector<std::string> values;
  const auto app = MakeApp(value, values);
  const CompletionSource source{
      .names = [](const client::Kind& kind, const std::string& outer,
                  const std::map<std::string, std::string>& options) -> std::vector<std::string> {
        const auto tenant = options.find("tenant");
        const std::string suffix = tenant == options.end() ? "" : "-of-" + tenant->second;
        if (kind.plural == "keys") return {outer + "/k"};
        if (kind.plural == "destinations") return {"orders" + suffix, "bills" + suffix};
        return {"all" + suffix};
      },
      .contexts = [] { return std::vector<std::string>{"prod", "test"}; }};
  std::vector<std::string> texts;
  for (const Candidate& each : Complete(*app, std::move(words), source)) texts.push_back(each.text);
  return texts;
}

TEST(Complete, Commands) {
  EXPECT_THAT(Completed({""}), ElementsAre("get", "destinations", "keys", "context"));
  EXPECT_THAT(Completed({}), ElementsAre("get", "destinations", "keys", "context"));
  EXPECT_THAT(Completed({"de"}), ElementsAre("destinations"));
  EXPECT_THAT(Completed({"keys", ""}), ElementsAre("list", "rotate"));
  EXPECT_THAT(Completed({"bell", ""}), IsEmpty());
}

TEST(Complete, OptionsAndTheirValues) {
  EXPECT_THAT(Completed({"get", "--"}), Contains("--output"));
  EXPECT_THAT(Completed({"get", "--fo"}), ElementsAre("--force"));
  EXPECT_THAT(Completed({"get", "--output", ""}), ElementsAre("table", "json"));
  EXPECT_THAT(Completed({"get", "-o", "j"}), ElementsAre("json"));
  EXPECT_THAT(Completed({"get", "--output", "=", "j"}), ElementsAre("json"));
  EXPECT_THAT(Completed({"get", "--output", "="}), ElementsAre("table", "json"));
  EXPECT_THAT(Completed({"get", "--context", ""}), ElementsAre("prod", "test"));
  EXPECT_THAT(Completed({"get", "--destination", "o"}), ElementsAre("orders"));
  EXPECT_THAT(Completed({"get", "--tenant", ""}), ElementsAre("all"));
}

TEST(Complete, KindsAndNames) {
  EXPECT_THAT(Completed({"get", ""}),
              ElementsAre("tenants", "event-types", "destinations", "keys", "subscriptions",
                          "tokens", "portal-sessions", "events", "deliveries", "attempts",
                          "operations", "audit-entries", "notices"));
  EXPECT_THAT(Completed({"get", "destination", ""}), ElementsAre("bills", "orders"));
  EXPECT_THAT(Completed({"get", "--force", "destination", "o"}), ElementsAre("orders"));
  EXPECT_THAT(Completed({"get", "--tenant", "acme", "destination", "o"}),
              ElementsAre("orders-of-acme"));
  EXPECT_THAT(Completed({"get", "--tenant=acme", "sub", ""}), ElementsAre("all-of-acme"));
  EXPECT_THAT(Completed({"destinations", "delete", "bills", ""}), ElementsAre("bills", "orders"));
  EXPECT_THAT(Completed({"keys", "list", ""}), ElementsAre("bills", "orders"));
  EXPECT_THAT(Completed({"keys", "rotate", "or"}), ElementsAre("orders/k"));
  EXPECT_THAT(Completed({"context", "use", ""}), ElementsAre("prod", "test"));
}

TEST(Complete, HelpIsOneLine) {
  std::string value;
  std::vector<std::string> values;
  const auto app = MakeApp(value, values);
  app->get_subcommand("get")->description("First line\nsecond");
  const CompletionSource source;
  EXPECT_EQ(Complete(*app, {"g"}, source).front().help, "First line");
}

TEST(CompletionScript, OfThreeShells) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_THAT(*CompletionScript(shell), testing::HasSubstr("__complete")) << shell;
  }
  EXPECT_FALSE(CompletionScript("csh"));
}

}  // namespace
}  // namespace carillon::cli

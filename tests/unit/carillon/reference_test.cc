#include "reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace carillon::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class Reference : public testing::Test {
 protected:
  Reference() : app_("Does it all.", "carillon") {
    app_.footer("Exit codes: 0 done.");
    CLI::App* get = app_.add_subcommand("get", "Show a|b");
    get->footer("Each *line*\nExample: carillon get x; carillon get y");
    get->add_option("NAME", names_, "Which")->required();
    get->add_option("-o,--output", output_, "How")->capture_default_str();
    get->add_option("--server", server_, "Where")->envname("CARILLON_SERVER")->group("Connection");
    app_.add_subcommand("__hidden", "Not for people")->group("");
    app_.add_subcommand("keys", "Group")
        ->add_subcommand("list", ".begins with a point")
        ->add_option("--at", server_, "When")
        ->required();
  }

  CLI::App app_;
  std::vector<std::string> names_;
  std::string output_ = "table";
  std::string server_;
};

TEST_F(Reference, MarkdownHasEveryCommandAndFlag) {
  const std::string page = MarkdownReference(app_);
  EXPECT_THAT(page, HasSubstr("| [`keys list`](#carillon-keys-list) | .begins with a point |\n"));
  EXPECT_THAT(page, HasSubstr("## carillon get\n\nShow a\\|b.\n"));
  EXPECT_THAT(page, HasSubstr("carillon get NAME... [FLAGS]\n"));
  EXPECT_THAT(page, HasSubstr("| `-o, --output` | How (default: table) |\n"));
  EXPECT_THAT(page, HasSubstr("| `--server` | Where (variable: CARILLON\\_SERVER) |\n"));
  EXPECT_THAT(page, HasSubstr("| `--at` | When (required) |\n"));
  EXPECT_THAT(page, HasSubstr("```sh\ncarillon get x\ncarillon get y\n```\n"));
  EXPECT_THAT(page, HasSubstr("Each \\*line\\*\n"));
  EXPECT_THAT(page, Not(HasSubstr("hidden")));
  EXPECT_THAT(page, Not(HasSubstr("\n\n\n")));
}

TEST_F(Reference, AManualPageForEachCommand) {
  const auto pages = ManualPages(app_, "1.2.3");
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_EQ(pages[0].file, "carillon.1");
  EXPECT_EQ(pages[1].file, "carillon-get.1");
  EXPECT_EQ(pages[2].file, "carillon-keys-list.1");
  EXPECT_THAT(pages[0].text,
              HasSubstr(".BR carillon\\-keys\\-list (1)\n\\&.begins with a point\n"));
  EXPECT_THAT(pages[0].text, HasSubstr("carillon 1.2.3"));
  EXPECT_THAT(pages[1].text, HasSubstr(".TP\n.B \\-o, \\-\\-output\nHow (default: table)\n"));
  EXPECT_THAT(pages[1].text, HasSubstr(".SH CONNECTION\n.TP\n.B \\-\\-server\n"));
}

}  // namespace
}  // namespace carillon::cli

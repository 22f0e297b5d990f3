#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace carillon::cli {

/// The page docs/cli.md: every command with its flags, from the tree of commands.
std::string MarkdownReference(const CLI::App& app);

/// A manual page, in roff.
struct ManualPage {
  std::string file;  ///< `carillon-get.1`
  std::string text;
};

/// One for the program and one for each command that is no group.
std::vector<ManualPage> ManualPages(const CLI::App& app, const std::string& version);

}  // namespace carillon::cli

#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/similar.h"
#include "carillon/base/text.h"

// What programs say of arguments they don't know.
namespace carillon::arguments {

/// The first argument that is no command of `app` where one is due, or no option there; with what
/// may have been meant. Nothing when there is none such. Values of options are passed over.
inline std::string FirstUnknown(const CLI::App& app, const std::vector<std::string>& given) {
  const CLI::App* at = &app;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string& word = given[i];
    std::vector<std::string> names;
    const bool option = word.starts_with("--") && word.size() > 2;
    const std::string key = option ? word.substr(0, word.find('=')) : word;
    const CLI::Option* found = nullptr;
    if (option) {
      for (const CLI::Option* known : at->get_options()) {
        for (const std::string& name : known->get_lnames()) {
          names.push_back("--" + name);
          if (names.back() == key) found = known;
        }
      }
      if (found != nullptr) {
        if (found->get_items_expected_max() > 0 && key == word) ++i;
        continue;
      }
    } else {
      const CLI::App* next = nullptr;
      for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
        if (names.back() == word) next = command;
      }
      if (next != nullptr) {
        at = next;
        continue;
      }
      if (names.empty() || word.starts_with('-')) continue;  // an operand
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    return std::string(option ? "unknown option '" : "unknown command '") +
           base::Printable(key, 64) + "'" + base::DidYouMean(key, known);
  }
  return "";
}

/// Says what is wrong with the arguments, or what help was asked for. True when all is well.
inline bool Explain(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == 0) return app.exit(error) == 0;
  const std::string unknown = FirstUnknown(app, std::vector<std::string>(argv + 1, argv + argc));
  if (unknown.empty()) return app.exit(error) == 0;
  std::fprintf(stderr, "%s: %s\nRun with --help for more information.\n",
               app.get_name().empty() ? argv[0] : app.get_name().c_str(), unknown.c_str());
  return false;
}

}  // namespace carillon::arguments

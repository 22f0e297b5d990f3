#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/client/kinds.h"

namespace carillon::cli {

/// One way to go on.
struct Candidate {
  std::string text;
  std::string help;  ///< one line; may be empty
};

/// What only the server or the user's file knows.
struct CompletionSource {
  /// Names of a kind's resources, as `WholeName` takes them; `outer` is empty, or the resource that
  /// they are in. `options`: those that were typed, with their values. Bounded in time; empty when
  /// it is not known.
  std::function<std::vector<std::string>(const client::Kind& kind, const std::string& outer,
                                         const std::map<std::string, std::string>& options)>
      names;
  std::function<std::vector<std::string>()> contexts;
};

/// How the last of `words` can go on: commands, options, their values, kinds and names. `words` are
/// those behind the program's name, the last one as far as it is typed. Empty: nothing is known,
/// and the shell offers files. In the order of the commands; those of the server sorted.
std::vector<Candidate> Complete(const CLI::App& app, std::vector<std::string> words,
                                const CompletionSource& source);

/// The script that a shell reads: `bash`, `zsh`, `fish`; nullopt: there is none for it. It asks
/// `carillon __complete WORDS`, which prints a line `TEXT<tab>HELP` for each candidate.
std::optional<std::string> CompletionScript(std::string_view shell);

}  // namespace carillon::cli

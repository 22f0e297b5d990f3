#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api_session.h"
#include "carillon/client/kinds.h"
#include "commands.h"

namespace carillon::cli {

/// Which resources are shown.
struct GetFlags {
  ApiFlags api;
  std::string kind;                ///< a word for it; empty where the command is of one kind
  std::vector<std::string> names;  ///< empty: all, as the rest says
  std::string filter;
  std::string order_by;
  std::optional<uint64_t> limit;  ///< 0: all; nullopt: as many as are usual for the kind
  bool everywhere = false;
  bool no_tenant = false;  ///< those of no tenant
};

/// Adds --filter, --order-by, --limit and --all-tenants.
void AddListFlags(CLI::App& app, GetFlags& flags);

/// Shows those of the names, or lists. Of a kind within others, one name may be that of the outer
/// resource. Returns the exit code.
int RunGet(const client::Kind& kind, const GetFlags& flags);
/// Shows all that is known of one resource, and what belongs to it.
int RunDescribe(const client::Kind& kind, const GetFlags& flags);

/// The kind that a word means, or the one of a whole name: then the word is one of the names.
/// Null: neither; an error is said.
const client::Kind* KindOf(GetFlags& flags);

}  // namespace carillon::cli

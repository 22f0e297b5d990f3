#pragma once

namespace carillon::server {

/// Exit codes of `carillond`, as --help tells them.
enum ExitCode {
  kExitOk = 0,
  kExitFailed = 1,   ///< could not start, e.g. a port is taken
  kExitUsage = 2,    ///< wrong arguments or configuration
  kExitStore = 3,    ///< the store refused to open, or is damaged: starting again does not help
  kExitJournal = 4,  ///< a write failed and what is on disk is not known; restart to recover
};

}  // namespace carillon::server

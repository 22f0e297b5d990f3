#pragma once

namespace carillon::cli {

/// How the program ends; --help lists them.
enum ExitCode : int {
  kExitDone = 0,
  kExitRefused = 1,     ///< the server refused, or could not be reached
  kExitWrongInput = 2,  ///< arguments, input or configuration
  kExitSomeLines = 3,   ///< some lines could not be read; the others were accepted
};

inline constexpr char kExitCodeHelp[] =
    "Exit codes: 0 all done; 1 the server refused an event or could not be reached; 2 wrong "
    "arguments, input or configuration; 3 some lines could not be read (all others were accepted).";

/// Of commands that call the administration API (client::Ending).
inline constexpr char kApiExitCodeHelp[] =
    "Exit codes: 0 done; 1 refused; 2 wrong arguments or input; 4 not found; 5 not allowed; "
    "6 exists, or was changed by somebody else; 7 not reachable, no time or no room: try again.";

}  // namespace carillon::cli

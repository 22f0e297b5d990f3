#pragma once

#include <cstdio>
#include <cstdlib>

namespace carillon::sealing {

/// Ends the process when OpenSSL could not do what it always can: nothing may go out unencrypted.
inline void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "carillon: encryption is impossible: %s failed\n", what);
  std::abort();
}

}  // namespace carillon::sealing

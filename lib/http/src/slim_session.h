#pragma once

#include <cstddef>

#include "tls_session.h"

namespace carillon::http {

/// A session as it is kept to be resumed.
struct SlimSession {
  SslSessionPtr session;  ///< null when memory is short
  size_t bytes = 0;       ///< what it takes in memory, about
};

/// Makes one of `session` that lacks the peer's certificates, which are most of its bytes: nobody
/// looks at them again, since a peer that is resumed is not verified again.
SlimSession Slim(SslSessionPtr session);

}  // namespace carillon::http

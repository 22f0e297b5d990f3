#pragma once

namespace carillon::access {

/// Under which name a call's metadata says for whom it was made within the process: the address of
/// the client of the HTTP port. In calls that came over a socket it means nothing.
inline constexpr char kForwardedPeer[] = "carillon-peer";

}  // namespace carillon::access

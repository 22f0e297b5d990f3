#pragma once

namespace carillon::rpc {

/// Has the kernel report to whoever waits for `fd` that there is something to read, once more:
/// behind everything that is ready now. Returns false when there is nothing.
bool WakeSocket(int fd);

/// Whether the kernel does that (Linux from 4.18 on; others that pose as Linux may not). Tries it
/// with two sockets on the loopback device: false also when those cannot be had.
bool CanWakeSockets();

}  // namespace carillon::rpc

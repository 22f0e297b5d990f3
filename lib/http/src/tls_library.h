#pragma once

#include <openssl/types.h>

namespace carillon::http {

/// Where TLS contexts take their algorithms from: a library context whose provider hands on what
/// OpenSSL's default provider implements, but for what no client's handshake asks for (ciphers of
/// disks, readers of private keys and the like). Ciphers, groups and signatures of TLS are all
/// there. OpenSSL 3.0 copies and walks the list of all algorithms several times for each public key
/// that a peer shows, which was a quarter of a handshake.
///
/// Null, which is the process's own library context, where OpenSSL's configuration asks for other
/// providers or properties (FIPS, hardware), or where this one cannot be made. For the whole
/// process, and as long. Thread-safe.
OSSL_LIB_CTX* TlsLibrary();

}  // namespace carillon::http

#include "slim_session.h"

#include <openssl/asn1.h>
#include <openssl/err.h>

#include <string>
#include <utility>

#include "carillon/base/secret.h"

namespace carillon::http {
namespace {

constexpr size_t kObjectBytes = 1024;  // OpenSSL's object and what names it
constexpr int kPeerTag = 3;            // of the certificate in SSL_SESSION's ASN.1 form

std::string Encoded(const SSL_SESSION* session) {
  const int size = i2d_SSL_SESSION(session, nullptr);
  std::string der(size > 0 ? static_cast<size_t>(size) : 0, '\0');
  auto* into = reinterpret_cast<unsigned char*>(der.data());
  if (!der.empty()) i2d_SSL_SESSION(session, &into);
  return der;
}

/// The members of the sequence `der` but the one tagged kPeerTag; empty when that cannot be read.
std::string MembersWithoutPeer(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  long length = 0;
  int tag = 0;
  int kind = 0;
  std::string members;
  members.reserve(der.size());  // it is wiped: no other buffer may have held it
  if ((ASN1_get_object(&at, &length, &tag, &kind, end - at) & 0x80) != 0) return members;
  while (at < end) {
    const unsigned char* const begin = at;
    if ((ASN1_get_object(&at, &length, &tag, &kind, end - at) & 0x80) != 0) break;
    at += length;
    if (kind == V_ASN1_CONTEXT_SPECIFIC && tag == kPeerTag) continue;
    members.append(reinterpret_cast<const char*>(begin), static_cast<size_t>(at - begin));
  }
  return members;
}

SslSessionPtr Decoded(const std::string& members) {
  const int size = static_cast<int>(members.size());
  std::string der(static_cast<size_t>(ASN1_object_size(1, size, V_ASN1_SEQUENCE)), '\0');
  auto* into = reinterpret_cast<unsigned char*>(der.data());
  ASN1_put_object(&into, 1, size, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  members.copy(reinterpret_cast<char*>(into), members.size());
  const auto* from = reinterpret_cast<const unsigned char*>(der.data());
  SslSessionPtr session(d2i_SSL_SESSION(nullptr, &from, static_cast<long>(der.size())));
  base::Wipe(der);
  return session;
}

SslSessionPtr WithoutPeer(const SSL_SESSION* session) {
  std::string der = Encoded(session);
  std::string members = MembersWithoutPeer(der);
  SslSessionPtr slim = Decoded(members);
  base::Wipe(der);
  base::Wipe(members);
  ERR_clear_error();
  return slim;
}

}  // namespace

SlimSession Slim(SslSessionPtr session) {
  // Sessions that grew out of a slim one are slim.
  if (SSL_SESSION_get0_peer(session.get()) != nullptr) session = WithoutPeer(session.get());
  if (session == nullptr) return {};
  const unsigned char* ticket = nullptr;
  size_t ticket_bytes = 0;
  SSL_SESSION_get0_ticket(session.get(), &ticket, &ticket_bytes);
  return {std::move(session), kObjectBytes + ticket_bytes};
}

}  // namespace carillon::http

#include "certificate_facts.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "carillon/base/text.h"

namespace carillon::http {
namespace {

using model::AttemptFacts;

struct NameFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string Shown(std::string_view text) {
  return base::Printable(text, AttemptFacts::kMaxTextBytes);
}

std::optional<int64_t> SecondsOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return timegm(&parts);
}

std::string OneLine(const X509_NAME* name) {
  const std::unique_ptr<BIO, NameFree> bio(BIO_new(BIO_s_mem()));
  // As RFC 2253 has it, but for letters beyond ASCII, which stay.
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &text);
  return bytes <= 0 ? std::string() : Shown({text, static_cast<size_t>(bytes)});
}

std::string_view BytesOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

template <typename Address>
std::string AddressText(std::string_view bytes) {
  typename Address::bytes_type address;
  std::memcpy(address.data(), bytes.data(), address.size());
  return Address(address).to_string();
}

/// Empty: no name of a host.
std::string HostOf(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) return Shown(BytesOf(name.d.dNSName));
  if (name.type != GEN_IPADD) return "";
  const std::string_view bytes = BytesOf(name.d.iPAddress);
  if (bytes.size() == 4) return AddressText<boost::asio::ip::address_v4>(bytes);
  if (bytes.size() == 16) return AddressText<boost::asio::ip::address_v6>(bytes);
  return "";
}

std::vector<std::string> HostsOf(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, NameFree> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> hosts;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    if (hosts.size() >= AttemptFacts::kMaxNames) break;
    std::string host = HostOf(*sk_GENERAL_NAME_value(names.get(), i));
    if (!host.empty()) hosts.push_back(std::move(host));
  }
  return hosts;
}

/// What was refused is nobody's certificate for OpenSSL; but the chain that it looked at is kept.
const X509* ShownOver(const SSL* ssl) {
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  return sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : SSL_get0_peer_certificate(ssl);
}

}  // namespace

std::optional<model::CertificateFacts> CertificateOf(const SSL* ssl) {
  const X509* const certificate = ShownOver(ssl);
  if (certificate == nullptr) return std::nullopt;
  model::CertificateFacts facts{.not_before = SecondsOf(X509_get0_notBefore(certificate)),
                                .not_after = SecondsOf(X509_get0_notAfter(certificate)),
                                .subject = OneLine(X509_get_subject_name(certificate)),
                                .issuer = OneLine(X509_get_issuer_name(certificate)),
                                .names = HostsOf(certificate)};
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
    facts.verify_error = X509_verify_cert_error_string(verified);
  }
  return facts;
}

}  // namespace carillon::http

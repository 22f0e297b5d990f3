#include "tls_library.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace carillon::http {
namespace {

/// Whose algorithms are handed on; loaded before it is used, and never unloaded.
OSSL_PROVIDER* default_provider = nullptr;

constexpr std::array<std::string_view, 12> kKeys{"RSA",    "RSA-PSS", "EC",       "DSA",
                                                 "X25519", "X448",    "ED25519",  "ED448",
                                                 "DH",     "HKDF",    "TLS1-PRF", "HMAC"};

bool Has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

bool IsOfTls(const OSSL_ALGORITHM& cipher) {
  const std::string_view names = cipher.algorithm_names;
  return Has(names, "GCM") || Has(names, "CCM") || Has(names, "Poly1305") ||
         names.starts_with("NULL") || (Has(names, "CBC") && !Has(names, "CTS"));
}

bool IsKeyOfTls(const OSSL_ALGORITHM& key) {
  const std::string_view names = key.algorithm_names;
  return std::ranges::find(kKeys, names.substr(0, names.find(':'))) != kKeys.end();
}

/// What reads the public key in a certificate.
bool ReadsPublicKeys(const OSSL_ALGORITHM& decoder) {
  const std::string_view properties = decoder.property_definition;
  return Has(properties, "input=der") && Has(properties, "structure=SubjectPublicKeyInfo");
}

bool None(const OSSL_ALGORITHM&) { return false; }

/// Those of the default provider's algorithms for `operation` that `wanted` takes. As OpenSSL wants
/// it, an entry without a name is behind them.
std::vector<OSSL_ALGORITHM> Chosen(int operation, bool (*wanted)(const OSSL_ALGORITHM&)) {
  std::vector<OSSL_ALGORITHM> chosen;
  int no_cache = 0;
  const OSSL_ALGORITHM* all = OSSL_PROVIDER_query_operation(default_provider, operation, &no_cache);
  for (; all != nullptr && all->algorithm_names != nullptr; ++all) {
    if (wanted(*all)) chosen.push_back(*all);
  }
  chosen.push_back({});
  return chosen;
}

const OSSL_ALGORITHM* Query(void*, int operation, int* no_cache) {
  static const auto ciphers = Chosen(OSSL_OP_CIPHER, &IsOfTls);
  static const auto keys = Chosen(OSSL_OP_KEYMGMT, &IsKeyOfTls);
  static const auto decoders = Chosen(OSSL_OP_DECODER, &ReadsPublicKeys);
  static const auto none = Chosen(OSSL_OP_ENCODER, &None);
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_CIPHER:
      return ciphers.data();
    case OSSL_OP_KEYMGMT:
      return keys.data();
    case OSSL_OP_DECODER:
      return decoders.data();
    case OSSL_OP_ENCODER:
    case OSSL_OP_STORE:
      return none.data();
    default:
      return OSSL_PROVIDER_query_operation(default_provider, operation, no_cache);
  }
}

/// Among them the groups of TLS.
int Capabilities(void*, const char* capability, OSSL_CALLBACK* told, void* argument) {
  return OSSL_PROVIDER_get_capabilities(default_provider, capability, told, argument);
}

const OSSL_PARAM* ParametersThereAre(void*) {
  return OSSL_PROVIDER_gettable_params(default_provider);
}

int Parameters(void*, OSSL_PARAM parameters[]) {
  return OSSL_PROVIDER_get_params(default_provider, parameters);
}

template <typename Function>
OSSL_DISPATCH Entry(int id, Function* function) {
  return {id, reinterpret_cast<void (*)(void)>(function)};
}

/// OpenSSL's entry of a provider. The implementations find what is theirs where they always do.
int Begin(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** functions,
          void** context) {
  static const std::array table{
      Entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, &Query),
      Entry(OSSL_FUNC_PROVIDER_GET_CAPABILITIES, &Capabilities),
      Entry(OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, &ParametersThereAre),
      Entry(OSSL_FUNC_PROVIDER_GET_PARAMS, &Parameters),
      OSSL_DISPATCH{0, nullptr},
  };
  *functions = table.data();
  *context = OSSL_PROVIDER_get0_provider_ctx(default_provider);
  return 1;
}

/// Whether the process takes everything from the default provider, as it does without a
/// configuration that says otherwise.
bool IsPlain() {
  if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr) != 1) return false;
  if (EVP_default_properties_is_fips_enabled(nullptr) == 1) return false;
  const auto look = [](OSSL_PROVIDER* provider, void* plain) {
    const std::string_view name = OSSL_PROVIDER_get0_name(provider);
    *static_cast<bool*>(plain) = *static_cast<bool*>(plain) && name == "default";
    return 1;
  };
  bool plain = true;
  return OSSL_PROVIDER_do_all(nullptr, look, &plain) == 1 && plain;
}

OSSL_LIB_CTX* Make() {
  if (!IsPlain()) return nullptr;
  default_provider = OSSL_PROVIDER_load(nullptr, "default");
  OSSL_LIB_CTX* library = default_provider == nullptr ? nullptr : OSSL_LIB_CTX_new();
  if (library != nullptr && OSSL_PROVIDER_add_builtin(library, "carillon-tls", &Begin) == 1 &&
      OSSL_PROVIDER_load(library, "carillon-tls") != nullptr) {
    return library;
  }
  OSSL_LIB_CTX_free(library);
  ERR_clear_error();
  return nullptr;
}

}  // namespace

OSSL_LIB_CTX* TlsLibrary() {
  static OSSL_LIB_CTX* const library = Make();
  return library;
}

}  // namespace carillon::http

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carillon::model {

/// The certificate that a receiver showed. Texts are fit for one line, at most kMaxTextBytes each.
struct CertificateFacts {
  std::optional<int64_t> not_before;  ///< Unix seconds; not set where the time makes no sense
  std::optional<int64_t> not_after;
  std::string subject;  ///< `CN=hooks.example.com,O=Example`
  std::string issuer;
  std::vector<std::string> names;  ///< that it is good for, at most kMaxNames
  std::string verify_error;        ///< `certificate has expired`; empty: it was believed
  friend bool operator==(const CertificateFacts&, const CertificateFacts&) = default;
};

/// A host whose name led nowhere.
struct LookupFacts {
  std::string host;
  std::string code;  ///< `NXDOMAIN`: see http::LookupCode
  friend bool operator==(const LookupFacts&, const LookupFacts&) = default;
};

/// What SSRF protection refused.
struct BlockFacts {
  std::string address;  ///< empty where the rule is one of ports
  std::string rule;     ///< `10.0.0.0/8, private use`, `port 22`
  friend bool operator==(const BlockFacts&, const BlockFacts&) = default;
};

/// A bound that ended an attempt. Closed; the numbers are stored.
enum class Bound : uint8_t {
  kConnectTimeout = 0,     ///< `timeouts.connect`
  kTotalTimeout = 1,       ///< `timeouts.total`
  kResponseHeadBytes = 2,  ///< `delivery.max_response_head_bytes`
};
inline constexpr int kBoundCount = 3;

struct BoundFacts {
  Bound bound = Bound::kTotalTimeout;
  int64_t value = 0;  ///< ms or bytes
  friend bool operator==(const BoundFacts&, const BoundFacts&) = default;
};

/// What was found out where an attempt ended as it did, for programs. A value; only what applies is
/// set.
struct AttemptFacts {
  static constexpr size_t kMaxTextBytes = 256;
  static constexpr size_t kMaxNames = 16;
  static constexpr size_t kMaxUrlBytes = 2048;

  std::optional<CertificateFacts> certificate;
  std::optional<LookupFacts> lookup;
  std::optional<BlockFacts> block;
  std::optional<BoundFacts> bound;
  std::optional<std::chrono::seconds> retry_after;  ///< what the response asked for
  std::string redirect_url;                         ///< where a 3xx leads

  bool empty() const { return *this == AttemptFacts(); }
  friend bool operator==(const AttemptFacts&, const AttemptFacts&) = default;
};

}  // namespace carillon::model

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "carillon/base/shared_text.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/tls_settings.h"
#include "carillon/resource/difference.h"

namespace carillon::server {

/// When PEM texts end. Each is parsed once for as long as somebody uses it: thousands of
/// destinations may name the same bundle.
class PemEnds {
 public:
  using End = std::optional<int64_t>;  ///< Unix time in seconds; nullopt: holds no certificate
  explicit PemEnds(End (*read)(const std::string&)) : read_(read) {}

  /// One more user of `text`; returns when it ends.
  End Use(const base::SharedText& text);
  /// One user less of a text that was used.
  void Release(const base::SharedText& text);

 private:
  struct Known {
    base::SharedText text;
    End end;
    size_t users = 0;
  };
  End (*const read_)(const std::string&);
  std::map<std::string_view, Known> known_;  // by their own texts
};

/// Knows when what is held for TLS ends, one for each destination and use. A client certificate
/// counts until the first of its chain ends, a CA bundle until the last of its certificates does:
/// until then there is something to trust. What is for a destination's token server counts for the
/// destination. Used on one thread at a time.
class CertificateEnds {
 public:
  CertificateEnds();

  /// Follows a change, in time for what it changes.
  void Take(const resource::Difference& difference);
  void TakeCollector(const model::TlsSettings& collector);

  /// At most ten, those that end first in front.
  std::vector<metrics::CertificateEnd> Soonest() const;

 private:
  using End = PemEnds::End;
  using Name = std::pair<std::string, std::string>;  // tenant and name; both empty: the collector
  /// What a destination shows and trusts, so that it can be forgotten.
  struct Held {
    model::TlsSettings receiver;
    model::TlsSettings token_server;
    End client;
    End trusted;
  };

  void Hold(const Name& name, const model::TlsSettings& receiver,
            const model::TlsSettings& token_server);
  void Forget(const Name& name);

  PemEnds clients_;
  PemEnds bundles_;
  std::map<Name, Held> held_;  // of those that show or trust something of their own
  std::set<std::tuple<int64_t, metrics::CertificateUse, Name>> ends_;
};

}  // namespace carillon::server

#pragma once

#include <vector>

#include "carillon/metrics/metrics.h"
#include "carillon/model/tls_settings.h"
#include "carillon/resource/snapshot.h"

namespace carillon::server {

/// Returns when what is held for TLS ends: at most ten, one for each destination and use, those
/// that end first in front. A client certificate counts until the first of its chain ends, a CA
/// bundle until the last of its certificates does: until then there is something to trust. What is
/// for a destination's token server counts for the destination. `collector` is for that of traces.
std::vector<metrics::CertificateEnd> SoonestCertificateEnds(const resource::Snapshot& snapshot,
                                                            const model::TlsSettings& collector);

}  // namespace carillon::server

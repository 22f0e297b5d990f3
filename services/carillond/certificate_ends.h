#pragma once

#include <span>
#include <vector>

#include "carillon/metrics/metrics.h"
#include "carillon/model/destination.h"

namespace carillon::server {

/// The client certificates, shown to receivers or their token servers, that end soonest: at most
/// ten, one for each destination, those that end first in front.
std::vector<metrics::CertificateEnd> SoonestCertificateEnds(
    std::span<const model::Destination> destinations);

}  // namespace carillon::server

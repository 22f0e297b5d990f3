#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "carillon/metrics/metrics.h"

namespace carillon::metrics {

/// The families of what the program is asked for at a scrape.
std::vector<prometheus::MetricFamily> DescribeGauges(const ProcessGauges& gauges);

}  // namespace carillon::metrics

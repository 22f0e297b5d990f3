#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::metrics {

/// A label of a metric; `values` is empty where any may come.
struct Label {
  std::string_view name;
  std::span<const std::string_view> values;
};

/// A metric as lib/metrics/metrics.toml tells it; families.h has them all.
struct Family {
  std::string_view name;
  std::string_view help;
  prometheus::MetricType type;
  std::array<Label, 3> labels;  ///< those without a name are none
};

using Labels = std::vector<prometheus::ClientMetric::Label>;

/// A family without series.
inline prometheus::MetricFamily Begin(const Family& family) {
  return {std::string(family.name), std::string(family.help), family.type, {}};
}

/// `labels` and one more.
inline Labels With(Labels labels, std::string_view name, std::string_view value) {
  labels.push_back({std::string(name), std::string(value)});
  return labels;
}

/// Appends a series to a family of counters or gauges.
inline void AddSeries(prometheus::MetricFamily& family, Labels labels, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

/// A family without labels.
inline prometheus::MetricFamily Single(const Family& family, double value) {
  prometheus::MetricFamily single = Begin(family);
  AddSeries(single, {}, value);
  return single;
}

/// Appends a series for each value of the family's label `which`, behind `labels`; `value(i)` is
/// that of the i-th.
template <typename Value>
void AddEach(prometheus::MetricFamily& to, const Family& family, size_t which, const Labels& labels,
             Value value) {
  const Label& label = family.labels[which];
  for (size_t i = 0; i < label.values.size(); ++i) {
    AddSeries(to, With(labels, label.name, label.values[i]), static_cast<double>(value(i)));
  }
}

/// A family with one label whose values are known: `value(i)` is that of the i-th.
template <typename Value>
prometheus::MetricFamily Each(const Family& family, Value value) {
  prometheus::MetricFamily each = Begin(family);
  AddEach(each, family, 0, {}, value);
  return each;
}

}  // namespace carillon::metrics

#pragma once

#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

namespace carillon::metrics {

/// A scrape, read back.
struct Scrape {
  std::map<std::string, std::string> types;             ///< family -> type
  std::map<std::string, double> values;                 ///< `name{labels}` as printed -> value
  std::map<std::string, std::set<std::string>> labels;  ///< family -> label names, but for `le`

  /// The value of a series; throws when it is not there.
  double at(const std::string& series) const {
    const auto found = values.find(series);
    if (found == values.end()) throw std::out_of_range("no series " + series);
    return found->second;
  }
  bool has(const std::string& series) const { return values.count(series) > 0; }
  /// Sum and number of the series of one name.
  double Sum(const std::string& name) const {
    double sum = 0;
    for (const auto& [series, value] : values) {
      if (series.substr(0, series.find('{')) == name) sum += value;
    }
    return sum;
  }
  size_t Count(const std::string& name) const {
    size_t count = 0;
    for (const auto& [series, value] : values) count += series.substr(0, series.find('{')) == name;
    return count;
  }
};

/// Label values here hold neither quotes nor braces nor commas.
inline Scrape ReadScrape(const std::string& text) {
  Scrape scrape;
  std::istringstream in(text);
  std::string family;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# TYPE ")) {
      std::istringstream words(line.substr(7));
      words >> family;
      if (scrape.types.count(family) > 0) throw std::runtime_error("family twice: " + family);
      words >> scrape.types[family];
      scrape.labels[family];
    }
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.rfind(' ');
    const std::string series = line.substr(0, space);
    if (!scrape.values.emplace(series, std::stod(line.substr(space + 1))).second) {
      throw std::runtime_error("series twice: " + series);
    }
    for (size_t at = series.find('{'); at < series.size() && series[at] != '}';) {
      const size_t equals = series.find('=', at);
      const std::string label = series.substr(at + 1, equals - at - 1);
      if (label != "le") scrape.labels[family].insert(label);
      at = series.find_first_of(",}", equals);
    }
  }
  return scrape;
}

}  // namespace carillon::metrics

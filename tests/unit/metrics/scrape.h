#pragma once

#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace carillon::metrics {

/// A scrape, read back.
struct Scrape {
  std::map<std::string, std::string> types;             ///< family -> type
  std::map<std::string, std::string> helps;             ///< family -> HELP text
  std::map<std::string, double> values;                 ///< `name{labels}` as printed -> value
  std::map<std::string, std::set<std::string>> labels;  ///< family -> label names, but for `le`
  /// (family, label) -> its values
  std::map<std::pair<std::string, std::string>, std::set<std::string>> label_values;

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
    if (line.starts_with("# HELP ")) {
      const size_t space = line.find(' ', 7);
      scrape.helps[line.substr(7, space - 7)] = line.substr(space + 1);
    }
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
      at = series.find_first_of(",}", equals);
      if (label == "le") continue;
      scrape.labels[family].insert(label);
      scrape.label_values[{family, label}].insert(series.substr(equals + 2, at - equals - 3));
    }
  }
  return scrape;
}

}  // namespace carillon::metrics

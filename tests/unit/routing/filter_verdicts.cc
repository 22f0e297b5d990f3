// Reads cases, one a line, tab-separated: payload, value of `equals` as JSON, names of the path,
// each in hexadecimal. Writes for each `refused` when ingest does not take the payload as a
// publisher's; otherwise whether `equals` holds, `not equals` and `exists`: `1 0 1`.
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "carillon/json/members.h"
#include "carillon/json/minify.h"
#include "routing_fixtures.h"

namespace carillon::routing {
namespace {

std::string FromHex(const std::string& hex) {
  std::string text;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    text += static_cast<char>(json::HexValue(hex[i]) << 4 | json::HexValue(hex[i + 1]));
  }
  return text;
}

model::Scalar ToScalar(const std::string& value) {
  if (value == "true" || value == "false") return value == "true";
  if (auto text = json::DecodeString(value)) return *text;
  return *json::Number::Parse(value);
}

bool Wants(const model::Filter& filter, const model::Event& event) {
  const std::vector<model::Subscription> subscriptions = {MakeSubscription({"*"}, {"d"}, filter)};
  return RoutingTable::Compile({MakeDestination("d")}, subscriptions, {})->Matches(event, 0);
}

std::string Verdict(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, '\t');)
    fields.push_back(FromHex(field.substr(1)));
  std::string payload;
  if (json::MinifyJson(fields.at(0), payload)) return "refused";
  const auto event = MakeEvent("t", payload);
  const std::vector<std::string> path(fields.begin() + 2, fields.end());
  using Filter = model::Filter;
  const Filter equals =
      Check(Filter::Subject::kPayload, path, Filter::Test::kEquals, {ToScalar(fields.at(1))});
  const Filter exists = Check(Filter::Subject::kPayload, path, Filter::Test::kExists);
  const auto digit = [&](const Filter& filter) { return Wants(filter, *event) ? "1" : "0"; };
  return std::string(digit(equals)) + " " + digit(Combine(Filter::Kind::kNot, {equals})) + " " +
         digit(exists);
}

}  // namespace
}  // namespace carillon::routing

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << carillon::routing::Verdict(line) << "\n";
  }
}

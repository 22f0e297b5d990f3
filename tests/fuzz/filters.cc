#include <string>
#include <vector>

#include "carillon/json/minify.h"
#include "carillon/routing/routing_table.h"
#include "targets.h"

namespace carillon::fuzz {
namespace {

using model::Filter;

Filter Make(Choices& choices, int depth) {
  Filter filter;
  const unsigned kind = choices.Below(depth > 0 ? 5 : 2);
  if (kind >= 2) {
    filter.kind = kind == 2   ? Filter::Kind::kNot
                  : kind == 3 ? Filter::Kind::kAll
                              : Filter::Kind::kAny;
    const unsigned children = kind == 2 ? 1 : 1 + choices.Below(3);
    for (unsigned i = 0; i < children; ++i) filter.children.push_back(Make(choices, depth - 1));
    return filter;
  }
  filter.kind = Filter::Kind::kTest;
  filter.subject = kind == 0 ? Filter::Subject::kPayload : Filter::Subject::kAttribute;
  filter.test = static_cast<Filter::Test>(choices.Below(5));
  const unsigned names = kind == 0 ? 1 + choices.Below(3) : 1;
  for (unsigned i = 0; i < names; ++i) filter.path.emplace_back(choices.Until('\n'));
  const std::string_view value = choices.Until('\n');
  if (filter.test == Filter::Test::kExists || filter.test == Filter::Test::kAbsent) return filter;
  const auto number = json::Number::Parse(value);
  if (number.has_value() && filter.test != Filter::Test::kPrefix && kind == 0) {
    filter.values.emplace_back(*number);
  } else {
    filter.values.emplace_back(std::string(value));
  }
  return filter;
}

model::Destination To(std::string name) {
  model::Destination destination;
  destination.name = std::move(name);
  destination.tenant = "default";
  destination.url = "http://127.0.0.1/";
  return destination;
}

}  // namespace

void Filters(std::string_view input) {
  Choices choices(input);
  const Filter filter = Make(choices, 3);
  Filter opposite;
  opposite.kind = Filter::Kind::kNot;
  opposite.children = {filter};
  std::string payload;
  if (json::MinifyJson(choices.rest(), payload).has_value()) return;
  const std::vector<model::Subscription> subscriptions = {
      {"default", "one", {"*"}, {"wants"}, filter},
      {"default", "other", {"order.paid"}, {"wants-not"}, opposite}};
  const std::vector<std::string> types = {"order.paid"};
  const auto table =
      routing::RoutingTable::Compile({To("wants"), To("wants-not")}, subscriptions, types);
  model::Event::Parts parts;
  parts.type = "order.paid";
  parts.tenant = "default";
  parts.attributes = {{"region", "eu"}};
  parts.payload = payload;
  const auto event = model::Event::Create(parts);
  std::vector<uint32_t> wanted;
  table->Match(*event, wanted);
  Require(wanted.size() == 1);  // the filter, or its opposite
  Require(table->Matches(*event, wanted[0]) && !table->Matches(*event, 1 - wanted[0]));
}

}  // namespace carillon::fuzz

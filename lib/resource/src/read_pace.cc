#include "read_pace.h"

#include "member_rules.h"

namespace carillon::resource {
namespace {

model::Rate ToModel(v1::Rate given, const Path& path, Errors& errors) {
  CheckRange(given.per_second(), 0.01, 100'000, path.Member("per_second"), errors);
  Apply(NumberRule{"burst", 1, 100'000, 1}, given, path, errors);
  return {.per_second = given.per_second(), .burst = given.burst()};
}

}  // namespace

void ReadPace(const v1::Destination& given, model::Destination& to, const Path& path,
              Errors& errors) {
  to.adaptive = given.adaptive_concurrency();
  if (given.has_rate()) to.rate = ToModel(given.rate(), path.Member("rate"), errors);
}

}  // namespace carillon::resource

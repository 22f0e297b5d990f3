#include "read_pace.h"

#include "field_rules.h"

namespace carillon::resource {
namespace {

model::Rate ToModel(v1::Rate given, const Path& path, Errors& errors) {
  ApplyRules(given, path, errors);
  return {.per_second = given.per_second(), .burst = given.burst()};
}

}  // namespace

void ReadPace(const v1::Destination& given, model::Destination& to, const Path& path,
              Errors& errors) {
  to.adaptive = given.adaptive_concurrency();
  if (given.has_rate()) to.rate = ToModel(given.rate(), path.Member("rate"), errors);
}

}  // namespace carillon::resource

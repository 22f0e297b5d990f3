#pragma once

#include "carillon/model/attempt_facts.h"
#include "carillon/v1/delivery.pb.h"

namespace carillon::resource {

/// The facts as the API has them: bounds by their paths in the configuration, and their values as
/// they would stand there. Pure.
v1::AttemptDetail ToMessage(const model::AttemptFacts& facts);

}  // namespace carillon::resource
